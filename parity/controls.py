"""Planted faults. Each must be caught by at least one check, and the honest engine by none.

A fault replaces one method of the engine while a ``with`` block lasts, then the checks of gradients, update and
trajectory are repeated against the answers that Keras already gave.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np

import minikeras
from minikeras import layers, optimizers
from minikeras.metrics import Mean
from minikeras.training import data as training_data
from minikeras.training.head import Fused, Head
from minikeras.training.trainer import Trainer

from . import compare, gradients, specs, trajectory, update
from .worker import Keras

Patch = tuple[Any, str, Callable[..., Any]]

_product = layers.Dense._backward_product
_epoch = training_data.Arrays.epoch
_regularization = Trainer._regularization
_apply = optimizers.Optimizer.apply
_mean = Mean.update_state


def _scaled(factor: Callable[[int], float]) -> list[Patch]:
    def wrong(forward: Callable[..., Any]) -> Callable[..., Any]:
        def scaled(self: Any, model: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
            result = forward(self, model, x, *args, **kwargs)
            if self._gradient is not None:
                self._gradient = self._gradient * factor(len(x))
            return result

        return scaled

    return [(head, "forward", wrong(head.forward)) for head in (Head, Fused)]


def _weights_ignored() -> list[Patch]:
    def wrong(forward: Callable[..., Any]) -> Callable[..., Any]:
        def unweighted(self: Any, model: Any, x: Any, y: Any, w: Any = None, **kwargs: Any) -> Any:
            return forward(self, model, x, y, None, **kwargs)

        return unweighted

    return [(head, "forward", wrong(head.forward)) for head in (Head, Fused)]


def _mask_forgotten(self: Any, dy: Any) -> Any:
    frame = self.saved()
    dz = dy.reshape(-1, self.units)
    if self.bias is not None:
        self.bias.grad[...] = dz.sum(axis=0)
    return _product(self, frame, dz)


def _bias_averaged(self: Any, frame: Any, dz: Any) -> Any:
    self.bias.grad[...] /= len(dz)
    return _product(self, frame, dz)


def _updated_too_early(self: Any, frame: Any, dz: Any) -> Any:
    w = self.kernel.value
    kept = w.copy()
    w -= w.dtype.type(0.125) * (frame["x"].T @ dz)
    dx = _product(self, frame, dz)
    w[...] = kept
    return dx


def _row_skipped(self: Any, frame: Any, dz: Any) -> Any:
    dz = dz.copy()
    dz[-1] = 0
    return _product(self, frame, dz)


def _kernel_transposed(self: Any, frame: Any, dz: Any) -> Any:
    dx = _product(self, frame, dz)
    w = self.kernel.value
    return None if dx is None else (dz @ w.reshape(w.T.shape)).reshape(frame["shape"])


def _reversed(self: Any, workspace: Any, order: Any = None) -> Iterator[Any]:
    return _epoch(self, workspace, np.arange(len(self.x))[::-1].copy())


def _regularizer_without_gradient(self: Any, add_gradients: bool = False) -> float:
    return _regularization(self, add_gradients=False)


def _no_bias_update(self: Any, grads: Any, variables: Any = None) -> None:
    _apply(self, [g * 0 if g.ndim == 1 else g for g in grads], variables)


def _constraint_forgotten(self: Any, grads: Any, variables: Any = None) -> None:
    kept = [p.constraint for p in variables]
    for p in variables:
        p.constraint = None
    _apply(self, grads, variables)
    for p, constraint in zip(variables, kept, strict=True):
        p.constraint = constraint


def _every_batch_counts_once(self: Any, values: Any, sample_weight: Any = None) -> Any:
    return _mean(self, values, sample_weight=None if np.ndim(sample_weight) == 0 else sample_weight)


FAULTS: dict[str, list[Patch]] = {
    "gradient divided by the batch twice": _scaled(lambda n: 1 / n),
    "a fixed 1/32 instead of 1/N": _scaled(lambda n: n / 32),
    "ReLU mask forgotten": [(layers.Dense, "backward", _mask_forgotten)],
    "bias gradient averaged": [(layers.Dense, "_backward_product", _bias_averaged)],
    "bias never updated": [(optimizers.Optimizer, "apply", _no_bias_update)],
    "weights updated before the lower delta": [(layers.Dense, "_backward_product", _updated_too_early)],
    "one row skipped": [(layers.Dense, "_backward_product", _row_skipped)],
    "kernel transposed wrongly": [(layers.Dense, "_backward_product", _kernel_transposed)],
    "batches in the wrong order": [(training_data.Arrays, "epoch", _reversed)],
    "sample weights ignored": _weights_ignored(),
    "regularizer without gradient": [(Trainer, "_regularization", _regularizer_without_gradient)],
    "constraint forgotten": [(optimizers.Optimizer, "apply", _constraint_forgotten)],
    "short last batch counts in full in the logs": [(Mean, "update_state", _every_batch_counts_once)],
}
"""fault: the methods it replaces."""


@contextmanager
def planted(fault: str) -> Iterator[None]:
    """The engine with a fault, as long as the block lasts."""
    with ExitStack() as stack:
        for owner, name, wrong in FAULTS[fault]:
            stack.enter_context(mock.patch.object(owner, name, wrong))
        yield


class Answers:
    """What Keras answers to a few cases, asked once.

    Attributes:
        gradients, updates: (case, Keras's tensors).
        run: (case, Keras's run).
    """

    def __init__(self, keras: Keras) -> None:
        self.backend, dtype = keras.backend, "float64"
        cases = [gradients.case(spec) for spec in gradients.article_batches()]
        names = ("plain", "L1 and L2", "non-negative", "class weights")
        steps = [(name, update.case(name)) for name in names]
        x, y, _ = specs.batch(specs.article(seed=9), 10, rows=90)
        vx, vy, _ = specs.batch(specs.article(seed=8), 10, rows=40)
        run = trajectory.case((x, y), (vx, vy), 2)
        run["spec"] = specs.article((12, 8))
        with minikeras.config.using(floatx=dtype):
            run["weights"] = specs.weights(specs.build(minikeras, run["spec"]), 5)
        self.gradients = [(c, keras.ask("gradients", **c, dtype=dtype)) for c in cases]
        self.updates = [(name, c, keras.ask("update", **c, dtype=dtype)) for name, c in steps]
        self.run = (run, keras.ask("trajectory", **run, dtype=dtype))

    def compare(self) -> list[compare.Row]:
        """The engine as it is now beside them, in float64."""
        dtype, rows = "float64", []
        for given, theirs in self.gradients:
            mine = gradients.ours(given, dtype, self.backend)
            rows += compare.tensors("gradients", given["spec"].name, mine, theirs, dtype)
        for name, given, theirs in self.updates:
            mine = update.ours(given, dtype, self.backend)
            rows += compare.tensors("update", name, mine, theirs, dtype)
        given, theirs = self.run
        return rows + trajectory.rows(trajectory.ours(given, dtype, self.backend), theirs)


def check(keras: Keras, tick: Callable[[str], None] = lambda name: None) -> list[dict[str, Any]]:
    """Every fault, the checks that caught it, and how far the engine was off where it was furthest.

    Returns:
        dictionaries with fault, caught_by, first (the first tensor that gave it away), error and passed, the
        honest engine first.
    """
    answers = Answers(keras)
    found = []
    for fault in ("none: the honest engine", *FAULTS):
        tick(fault)
        with planted(fault) if fault in FAULTS else ExitStack(), np.errstate(all="ignore"):
            rows = answers.compare()
        bad = [row for row in rows if not row.passed]
        found.append(
            {
                "fault": fault,
                "caught_by": sorted({row.check for row in bad}),
                "tensors": f"{len(bad)} of {len(rows)}",
                "first": f"{bad[0].case}: {bad[0].tensor}" if bad else "",
                "error": max((row.error for row in bad), default=0.0),
                "passed": bool(bad) == (fault in FAULTS),
            }
        )
    return found
