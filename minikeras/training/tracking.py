"""The running loss and metrics of an epoch, accounted row by row as Keras does."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import metrics
from ..losses.reduction import in_rank_of
from .heads import Outputs


class Tracker:
    """The mean loss, and the compiled metrics.

    The loss is a mean over rows: each batch's loss counts as often as the batch has rows, so that a short last
    batch weighs less. ``metrics`` ignore sample weights, ``weighted_metrics`` use them, as in Keras.
    """

    def __init__(self, plain: Any, weighted: Any, dtype: Any) -> None:
        for name, given in (("metrics", plain), ("weighted_metrics", weighted)):
            if isinstance(given, dict) and "class_name" in given:
                raise ValueError(f"Expected `{name}` argument to be a list, tuple, or dict. Received instead: {given}")
        self._identifiers = (plain, weighted)
        self._mean_loss = metrics.Mean(name="loss", dtype=dtype)
        self._dtype = dtype
        self._plain: list[Tracked] | None = None
        self._weighted: list[Tracked] = []
        self._losses: list[Any] = []
        self._shapes: tuple[Any, ...] = ()
        self.outputs = Outputs(0)

    def expect(self, outputs: Outputs, losses: list[Any]) -> None:
        """Notes the model's outputs, and makes the mean of each one's loss where there are several losses."""
        self.outputs = outputs
        names = [f"{part.name}_loss" for part in losses] if len(losses) > 1 else []
        if [metric.name for metric in self._losses] != names:
            self._losses = [metrics.Mean(name=name, dtype=self._dtype) for name in names]

    def _resolve(self, y_true: list[Any], y_pred: list[Any]) -> list["Tracked"]:
        """The metrics, from the shapes of the targets and outputs; a target that is missing has the shape None."""
        self._shapes = ([*y_true], [*y_pred])
        self._plain, self._weighted = (
            [
                Tracked(i, self.outputs.names[i] if self.outputs.n > 1 and self.outputs.names else "", metric)
                for i, identifiers in enumerate(self._by_output(given, name))
                for metric in (metrics.resolve(m, y_true[i] or y_pred[i], y_pred[i]) for m in identifiers)
            ]
            for given, name in zip(self._identifiers, ("metrics", "weighted_metrics"), strict=True)
        )
        for i, _, metric in (*self._plain, *self._weighted):
            metric.build(y_true[i] or y_pred[i], y_pred[i])
        return self._plain

    def _by_output(self, given: Any, name: str) -> list[list[Any]]:
        if self.outputs.n == 1 or not given:
            return [_as_list(list(given.values()) if isinstance(given, dict) else given)] * self.outputs.n
        if isinstance(given, list | tuple) and len(given) == self.outputs.n:
            return [_as_list(one) for one in given]
        if isinstance(given, dict):
            return [_as_list(one) for one in self.outputs.each(given, name)]
        raise ValueError(
            f"Invalid `{name}`: with several outputs it is a list with one entry for each, or a dict by their names "
            f"{self.outputs.names}. Received: {name}={given}"
        )

    @property
    def metrics(self) -> list[Any]:
        return [self._mean_loss, *(t.metric for t in (*(self._plain or []), *self._weighted)), *self._losses]

    def metrics_for_users(self, update: Any) -> list[Any]:
        """The metrics as ``model.metrics`` has them.

        Args:
            update: adds a batch to the compiled metrics, from x, y, y_pred and sample_weight.
        """
        compiled = [CompileMetrics(self, update)] if any(given is not None for given in self._identifiers) else []
        return [self._mean_loss, *compiled, *self._losses]

    @property
    def names(self) -> list[str]:
        own = [metric.name for metric in self._losses]
        return ["loss", *unique_names(self._plain or [], self._weighted), *own]

    def reset(self) -> None:
        """Starts an epoch."""
        for metric in self.metrics:
            metric.reset_state()

    def update(
        self,
        loss: float,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any,
        rows: int,
        masks: Any = (None,),
        losses: Any = (),
    ) -> None:
        """Adds one batch.

        Args:
            y_true, y_pred, sample_weight: of one output; lists of them with several outputs.
            masks, losses: of each output.
        """
        self._mean_loss.update_state(loss, sample_weight=rows)
        self.add_losses(losses, rows)
        if self.outputs.n == 1:
            y_true, y_pred, sample_weight = [y_true], [y_pred], [sample_weight]
        self.update_metrics(y_true, y_pred, sample_weight, masks)

    def add_loss(self, loss: Any, rows: int) -> None:
        """Adds one batch's loss to the mean loss."""
        self._mean_loss.update_state(np.sum(loss), sample_weight=rows)

    def add_losses(self, values: list[Any], rows: int) -> None:
        """Adds one batch to the mean loss of each output."""
        for metric, value in zip(self._losses, values, strict=False):
            metric.update_state(np.sum(value), sample_weight=rows)

    def update_metrics(self, y_true: list[Any], y_pred: list[Any], sample_weight: list[Any], masks: Any) -> None:
        """Adds one batch to the compiled metrics; an output without a target is left out."""
        y_true = [t if t is None else in_rank_of(t, y) for t, y in zip(y_true, y_pred, strict=True)]
        plain = self._plain
        if plain is None:
            plain = self._resolve([None if t is None else np.shape(t) for t in y_true], [np.shape(y) for y in y_pred])
        for i, _, metric in plain:
            if y_true[i] is not None:
                metric.update_state(y_true[i], y_pred[i], **_mask_for(metric, masks[i]))
        for i, _, metric in self._weighted:
            if y_true[i] is not None:
                metric.update_state(y_true[i], y_pred[i], sample_weight[i], **_mask_for(metric, masks[i]))

    def update_steps(self, losses: np.ndarray, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        """Adds several batches of one size: (steps,), (steps, N, …), (steps, N, …). A batch must have been seen."""
        rows = y_true.shape[1]
        self._mean_loss.add_sums(losses * losses.dtype.type(rows), rows)
        for _, _, metric in (*(self._plain or []), *self._weighted):
            metric.update_steps(y_true, y_pred)

    def results(self) -> dict[str, float]:
        """Name to value, sorted by name as Keras logs them; a metric of several values gives an array."""
        return results_of(dict(zip(self.names, self.metrics, strict=True)))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Puts the running metrics back to what they are now when the context ends."""
        before = {id(m): copy.deepcopy(vars(m)) for m in self.metrics}
        try:
            yield
        finally:
            for metric in self.metrics:
                if id(metric) in before:
                    vars(metric).clear()
                    vars(metric).update(before[id(metric)])
                else:
                    metric.reset_state()

    def get_state(self) -> dict[str, Any]:
        """The metrics' variables, and the shapes of targets and outputs from which "accuracy" knew which one it is."""
        return {"shapes": self._shapes, "sums": [[v.value for v in m.variables] for m in self.metrics]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from what :meth:`get_state` told."""
        if state["shapes"] and self._plain is None:
            self._resolve(*([s if s is None else tuple(s) for s in shapes] for shapes in state["shapes"]))
        for metric, sums in zip(self.metrics, state["sums"], strict=True):
            for variable, value in zip(metric.variables, sums, strict=True):
                variable.assign(value)

    def as_list(self, scores: dict[str, float]) -> Any:
        """[loss, metric, …], or the loss alone; in Keras's order: those with an output's name stand last, sorted."""
        first = [t.metric.name for t in (*(self._plain or []), *self._weighted)] if self.outputs.n > 1 else self.names
        first = ["loss", *first, *(metric.name for metric in self._losses)] if self.outputs.n > 1 else first
        return in_order(first, scores)


class CompileMetrics(metrics.Metric):
    """All compiled metrics as one, for a custom ``train_step`` that goes over ``self.metrics``."""

    def __init__(self, tracker: Tracker, update: Any) -> None:
        super().__init__(name="compile_metrics")
        self._of, self._update = tracker, update

    @property
    def metrics(self) -> list[Any]:
        """The compiled metrics, once a batch was seen."""
        return [t.metric for t in (*(self._of._plain or []), *self._of._weighted)]

    @property
    def variables(self) -> list[Any]:
        return [v for metric in self.metrics for v in metric.variables]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self._update(None, y_true, y_pred, sample_weight)

    def result(self) -> dict[str, Any]:
        """Name to value of each."""
        names = unique_names(self._of._plain or [], self._of._weighted)
        return results_of(dict(zip(names, self.metrics, strict=True)))

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()


def in_order(first: list[str], scores: dict[str, Any]) -> Any:
    """The scores of some names, then the others sorted by name; the score itself if there is one."""
    ordered = [scores[name] for name in first if name in scores]
    ordered += [scores[name] for name in sorted(scores) if name not in first]
    return ordered[0] if len(ordered) == 1 else ordered


def results_of(named: dict[str, Any]) -> dict[str, Any]:
    """Name to value, sorted by name; a metric whose result is a dictionary gives its entries."""
    found: dict[str, Any] = {}
    for name, metric in named.items():
        value = metric.result()
        found |= {k: _number(v) for k, v in value.items()} if isinstance(value, dict) else {name: _number(value)}
    return dict(sorted(found.items()))


class Tracked(NamedTuple):
    """A metric, the index of its output, and what stands before its name in the logs."""

    output: int
    prefix: str
    metric: Any


def _mask_for(metric: Any, mask: Any) -> dict[str, Any]:
    """A mask as an argument of ``update_state``, for the metrics that take it, as in Keras."""
    return {"mask": mask} if mask is not None and isinstance(metric, metrics.MeanMetricWrapper) else {}


def unique_names(plain: list[Tracked], weighted: list[Tracked]) -> list[str]:
    """What metrics are called in logs: a weighted one may be "weighted_accuracy", a second one "accuracy_1".

    >>> from minikeras.metrics import Mean
    >>> a, b = Tracked(0, "", Mean("a")), Tracked(0, "", Mean("b"))
    >>> unique_names([a, a], [a, a, b])
    ['a', 'a_1', 'weighted_a', 'weighted_a_1', 'b']
    """
    names: list[str] = []
    seen: dict[str, int] = {}
    for _, prefix, metric in (*plain, *weighted):
        before = f"{prefix}_" if prefix else ""
        name = f"{before}{metric.name}"
        if name in seen and len(names) >= len(plain):
            name = f"{before}weighted_{metric.name}"
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.append(f"{name}_{count}" if count else name)
    return names


def _number(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return [item for part in value for item in _as_list(part)] if isinstance(value, list | tuple) else [value]
