"""Planted faults. Each must be caught by at least one check, and the honest engine by none.

A fault replaces methods of the engine while a ``with`` block lasts, then the checks of gradients, update and
trajectory are repeated against the answers that Keras already gave.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

import numpy as np

import minikeras
from minikeras import optimizers
from minikeras.bugs import mutant
from minikeras.bugs.zoo import Patch
from minikeras.metrics import Mean
from minikeras.training import data as training_data

from . import compare, gradients, specs, trajectory, update
from .worker import Keras

_epoch = training_data.Arrays.epoch
_apply = optimizers.Optimizer.apply
_mean = Mean.update_state


def _reversed(self: Any, workspace: Any, order: Any = None, taken: int = 0) -> Iterator[Any]:
    return _epoch(self, workspace, np.arange(len(self.x))[::-1].copy(), taken)


def _constraint_forgotten(self: Any, grads: Any, variables: Any = None) -> None:
    kept = [p.constraint for p in variables]
    for p in variables:
        p.constraint = None
    _apply(self, grads, variables)
    for p, constraint in zip(variables, kept, strict=True):
        p.constraint = constraint


def _every_batch_counts_once(self: Any, values: Any, sample_weight: Any = None) -> Any:
    return _mean(self, values, sample_weight=None if np.ndim(sample_weight) == 0 else sample_weight)


ZOO = {
    "gradient divided by the batch twice": "divided_twice",
    "a fixed 1/32 instead of 1/N": "fixed_32",
    "ReLU mask forgotten": "relu_mask_forgotten",
    "bias gradient averaged": "bias_averaged",
    "bias never updated": "bias_never_updated",
    "weights updated before the lower delta": "updated_before_delta",
    "one row skipped": "last_row_skipped",
    "kernel transposed wrongly": "kernel_not_transposed",
    "sample weights ignored": "sample_weights_ignored",
    "regularizer without gradient": "regularizer_forgotten",
    "shared layer's gradient lost": "shared_gradient_lost",
    "branch forgotten": "branch_forgotten",
    "kernel not flipped in dx": "kernel_not_flipped",
    "padding lost": "padding_lost",
    "stride ignored in dW": "stride_ignored",
    "pool's gradient to all ties": "gradient_to_all_ties",
    "average pool not divided": "average_not_divided",
    "gamma forgotten": "gamma_forgotten",
    "share of the mean forgotten": "share_of_the_mean_forgotten",
    "moving variance unbiased": "moving_variance_unbiased",
    "another gate's bias": "bias_of_another_gate",
    "gradient cut at the last step": "cut_at_the_last_step",
    "state's gradient forgotten": "state_gradient_forgotten",
    "mask ignored": "mask_ignored",
    "h and c swapped": "h_and_c_swapped",
    "embedding overwritten": "embedding_overwritten",
    "softmax over the wrong axis": "softmax_over_the_wrong_axis",
    "scale of the scores forgotten": "score_scale_forgotten",
    "causal mask off by one": "causal_mask_off_by_one",
    "statistics moved by a check": "statistics_moved",
}
"""fault: its name in the bug zoo."""

OWN: dict[str, Patch] = {
    "batches in the wrong order": (training_data.Arrays, "epoch", _reversed),
    "constraint forgotten": (optimizers.Optimizer, "apply", _constraint_forgotten),
    "short last batch counts in full in the logs": (Mean, "update_state", _every_batch_counts_once),
}
"""fault: the method it replaces. Single gradients show nothing of these; only updates and whole epochs do."""

FAULTS = (*ZOO, *OWN)


def planted(fault: str) -> AbstractContextManager[Any]:
    """The engine with a fault, as long as the ``with`` block lasts."""
    return mutant(ZOO[fault]) if fault in ZOO else mock.patch.object(*OWN[fault])


class Answers:
    """What Keras answers to a few cases, asked once.

    Attributes:
        gradients, updates: (case, Keras's tensors).
        run: (case, Keras's run).
    """

    def __init__(self, keras: Keras) -> None:
        self.backend, dtype = keras.backend, "float64"
        cases = [gradients.case(spec) for spec in gradients.article_batches() + specs.breadth()]
        names = ("plain", "L1 and L2", "non-negative", "class weights", "convnet")
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

    def compare(self) -> list[compare.Comparison]:
        """The engine as it is now beside them, in float64."""
        dtype, rows = "float64", []
        for given, theirs in self.gradients:
            mine = gradients.ours(given, dtype, self.backend)
            precision = specs.arithmetic(given["spec"], self.backend, dtype)
            rows += compare.tensors("gradients", given["spec"].name, mine, theirs, precision)
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
        with planted(fault) if fault in FAULTS else nullcontext(), np.errstate(all="ignore"):
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
