"""train_step, test_step, compute_loss and compute_metrics: the parts of a step that a subclass of Model may define.

A subclass writes them in Keras's form, with :class:`~minikeras.tape.GradientTape`::

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        return self.compute_metrics(x, y, y_pred)
"""

import warnings
from inspect import signature
from typing import Any

import numpy as np

from ..layers.within import everyone, members, unique
from ..metrics import Metric
from ..structures import flat, mapped
from ..tape import GradientTape
from ..tensor import plain, wrapped
from ..workspace import Workspace
from . import compile_config, data
from .data import unpack
from .heads import Outputs, losses_of
from .tracking import in_order, results_of


class Steps:
    """The methods of a model that its subclass may define anew, and what decides who takes a step."""

    loss: Any
    optimizer: Any
    trainable_weights: Any
    losses: Any
    dtype: Any
    output_names: Any
    _tracker: Any
    _head: Any
    _graph: Any
    _prepare: Any
    _take_step: Any
    _test: Any
    _compile_arguments: Any
    __call__: Any

    @property
    def compiled(self) -> bool:
        """True if ``compile`` was called."""
        return self._tracker is not None

    @property
    def metrics(self) -> list[Any]:
        """The running metrics in Keras's order: the mean loss, all compiled metrics as one of the name
        "compile_metrics", the mean loss of each output, and those among attributes."""
        own = [] if not self.compiled else self._tracker.metrics_for_users(self.compute_metrics)
        return [*own, *self._further_metrics()]

    def _further_metrics(self) -> list[Any]:
        """The metrics among the attributes of the model and of its layers."""
        found = [
            m
            for layer in everyone(self)
            if layer is self or not isinstance(layer, Steps)
            for m in members(layer, Metric)
        ]
        return unique(found)

    def reset_metrics(self) -> None:
        """Starts all running metrics again."""
        if type(self).metrics is Steps.metrics:
            self._tracker.reset()
            further = self._further_metrics()
        else:
            further = self.metrics
        for metric in further:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """Name to value of the running metrics, sorted by name."""
        if type(self).metrics is not Steps.metrics:
            return results_of({metric.name: metric for metric in self.metrics})
        return self._tracker.results() | results_of({metric.name: metric for metric in self._further_metrics()})

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of ``compile`` in Keras's form, as a file holds them; empty before ``compile``."""
        return compile_config.describe(self) if self.compiled else {}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model as :meth:`get_compile_config` says.

        A subclass with a ``compile`` of its own has to define both methods; otherwise there is a warning, and the
        model is left uncompiled, as in Keras.
        """
        giver = next(cls for cls in type(self).__mro__ if "compile" in vars(cls))
        if not giver.__module__.startswith(f"{__package__}."):
            warnings.warn(
                f"{giver.__name__} has a `compile()` of its own, so the model is left uncompiled: call `compile()`, or "
                f"define `get_compile_config()` and `compile_from_config(config)` beside it.",
                stacklevel=2,
            )
            return
        compile_config.restore(self, config)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One training step on one batch; a subclass may define another one, with ``GradientTape``.

        Args:
            data: x, (x, y) or (x, y, sample_weight).

        Returns:
            what is logged, by name.
        """
        x, y, sample_weight = unpack(data)
        if not self._computes_its_own:
            self._take_step(*self._plain_batch(x, y, sample_weight))
            return self.get_metrics_result()
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._loss_by_user(x, y, y_pred, sample_weight, True)
        trained = self.trainable_weights
        self.optimizer.apply_gradients(zip(tape.gradient(loss, trained), trained, strict=True))
        self._tracker.add_loss(plain(loss), len(flat(x)[0]))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Loss and metrics of one batch; a subclass may define another one."""
        x, y, sample_weight = unpack(data)
        if not self._computes_its_own:
            self._test(*self._plain_batch(x, y, sample_weight))
            return self.get_metrics_result()
        y_pred = self(x, training=False)
        loss = self._loss_by_user(x, y, y_pred, sample_weight, False)
        self._tracker.add_loss(plain(loss), len(flat(x)[0]))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs of one batch; a subclass may define another one."""
        return self(unpack(data)[0], training=False)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The sum of the compiled losses, of what layers added and of the penalties; a gradient can go back through it.

        Raises:
            ValueError: if there is no loss at all.
        """
        parts, outputs = self._compiled(y_pred)
        found = list(self.losses)
        if parts:
            needed = sorted({part.output for part in parts})
            targets = outputs.each(y, "y", needed)
            weights = outputs.each(sample_weight, "sample_weight", needed, everywhere=True)
            values = []
            for (i, loss, _, _), made in zip(parts, [flat(y_pred)[part.output] for part in parts], strict=True):
                if targets[i] is None:
                    raise ValueError("The loss needs targets: y is missing.")
                values.append(loss(targets[i], made, weights[i], getattr(made, "_keras_mask", None)))
            self._tracker.add_losses([plain(value) for value in values], len(flat(y_pred)[0]))
            weighted = zip(values, parts, strict=True)
            found = [v if part.weight is None else v * part.weight for v, part in weighted] + found
        if not found:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        total = found[0]
        for loss in found[1:]:
            total = total + loss
        return total.sum() if np.ndim(total) else total

    def _loss_by_user(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """``compute_loss``, which a subclass may have without the argument ``training``."""
        if "training" in signature(self.compute_loss).parameters:
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Adds one batch to the compiled metrics, and gives all results."""
        _, outputs = self._compiled(y_pred)
        made = flat(y_pred)
        self._tracker.update_metrics(
            [mapped(plain, t) for t in outputs.each(y, "y", [0] if outputs.n == 1 else None)],
            [plain(a) for a in made],
            outputs.each(sample_weight, "sample_weight", everywhere=True),
            [getattr(a, "_keras_mask", None) for a in made],
        )
        return self.get_metrics_result()

    def _compiled(self, y_pred: Any) -> tuple[list[Any], Outputs]:
        """The compiled losses for outputs of this structure."""
        outputs = Outputs(y_pred, self.output_names if self._graph is not None else None)
        parts = losses_of(self.loss, self._compile_arguments["loss_weights"], outputs)
        self._tracker.expect(outputs, parts)
        return parts, outputs

    def _plain_batch(self, x: Any, y: Any, sample_weight: Any) -> Any:
        """A batch as the built-in steps take it."""
        if self._head is None:
            self._prepare(x, training=True)
        one = data.Arrays(mapped(plain, x), mapped(plain, y), mapped(plain, sample_weight), None, self.dtype)
        return one.batch(slice(None), Workspace())

    @property
    def _computes_its_own(self) -> bool:
        """True for a subclass that defines how a loss or the metrics are computed."""
        cls = type(self)
        return not (cls.compute_loss is Steps.compute_loss and cls.compute_metrics is Steps.compute_metrics)

    def _is_custom(self, step: str) -> bool:
        """True if ``fit`` has to call the method, since a subclass defines it or what it consists of."""
        return getattr(type(self), step) is not getattr(Steps, step) or (
            step != "predict_step" and self._computes_its_own
        )

    def _logs_of(self, step: str, batch: Any) -> dict[str, Any]:
        """Takes a step; what it logs."""
        if not self._is_custom(step):
            (self._take_step if step == "train_step" else self._test)(*batch)
            return self.get_metrics_result()
        logs = getattr(self, step)(for_users(batch))
        known = self.get_metrics_result()
        if not isinstance(logs, dict):
            raise ValueError(f"`{step}` must return a dictionary of what is logged, by name. Received: {logs!r}")
        return known if set(known) == set(logs) else _flattened(logs)

    def _in_order(self, scores: dict[str, Any]) -> Any:
        """The scores as a list, in Keras's order."""
        if type(self).metrics is Steps.metrics:
            return self._tracker.as_list(scores)
        return in_order([metric.name for metric in self.metrics], scores)


def _flattened(logs: dict[str, Any]) -> dict[str, Any]:
    """What a custom step logs; the entries of a result that is a dictionary in its place."""
    found: dict[str, Any] = {}
    for name, value in logs.items():
        found |= _flattened(value) if isinstance(value, dict) else {name: plain(value)}
    return dict(sorted(found.items()))


def for_users(batch: Any) -> Any:
    """A batch as Keras gives it to a custom step: tensors; x alone, (x, y) or (x, y, sample_weight)."""
    x, y, sample_weight = mapped(lambda a: wrapped(np.array(a)) if isinstance(a, np.ndarray) else a, tuple(batch))
    if y is None:
        return (x,) if isinstance(x, list | tuple) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
