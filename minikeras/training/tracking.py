"""The running loss and metrics of an epoch, accounted row by row as Keras does."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import metrics


class Tracker:
    """The mean loss, and the compiled metrics.

    The loss is a mean over rows: each batch's loss counts as often as the batch has rows, so that a short last
    batch weighs less. ``metrics`` ignore sample weights, ``weighted_metrics`` use them, as in Keras.
    """

    def __init__(self, plain: Any, weighted: Any, dtype: Any) -> None:
        self._identifiers = (_as_list(plain), _as_list(weighted))
        self._mean_loss = metrics.Mean(name="loss", dtype=dtype)
        self._plain: list[Any] | None = None
        self._weighted: list[Any] = []
        self._shapes: tuple[tuple[int, ...], ...] = ()

    def _resolve(self, y_true: tuple[int, ...], y_pred: tuple[int, ...]) -> list[Any]:
        plain, weighted = ([metrics.resolve(m, y_true, y_pred) for m in ms] for ms in self._identifiers)
        self._plain, self._weighted, self._shapes = plain, weighted, (y_true, y_pred)
        for metric in (*plain, *weighted):
            metric.build(y_true, y_pred)
        return plain

    @property
    def metrics(self) -> list[Any]:
        return [self._mean_loss, *(self._plain or []), *self._weighted]

    @property
    def names(self) -> list[str]:
        return ["loss", *unique_names(self._plain or [], self._weighted)]

    def reset(self) -> None:
        """Starts an epoch."""
        for metric in self.metrics:
            metric.reset_state()

    def update(self, loss: float, y_true: Any, y_pred: np.ndarray, sample_weight: Any, rows: int) -> None:
        """Adds one batch."""
        self._mean_loss.update_state(loss, sample_weight=rows)
        y_true = metrics.in_rank_of(y_true, y_pred)
        plain = self._plain if self._plain is not None else self._resolve(np.shape(y_true), np.shape(y_pred))
        for metric in plain:
            metric.update_state(y_true, y_pred)
        for metric in self._weighted:
            metric.update_state(y_true, y_pred, sample_weight)

    def update_steps(self, losses: np.ndarray, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        """Adds several batches of one size: (steps,), (steps, N, …), (steps, N, …). A batch must have been seen."""
        rows = y_true.shape[1]
        self._mean_loss.add_sums(losses * losses.dtype.type(rows), rows)
        for metric in (*(self._plain or []), *self._weighted):
            metric.update_steps(y_true, y_pred)

    def results(self) -> dict[str, float]:
        """Name to value, sorted by name as Keras logs them; a metric of several values gives an array."""
        return dict(sorted((name, _number(m.result())) for name, m in zip(self.names, self.metrics, strict=True)))

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
            self._resolve(*map(tuple, state["shapes"]))
        for metric, sums in zip(self.metrics, state["sums"], strict=True):
            for variable, value in zip(metric.variables, sums, strict=True):
                variable.assign(value)

    def as_list(self, scores: dict[str, float]) -> Any:
        """[loss, metric, …], or the loss alone."""
        ordered = [scores[name] for name in self.names]
        return ordered if len(ordered) > 1 else ordered[0]


def unique_names(plain: list[Any], weighted: list[Any]) -> list[str]:
    """What metrics are called in logs: a weighted one may be "weighted_accuracy", a second one "accuracy_1".

    >>> from minikeras.metrics import Mean
    >>> unique_names([Mean("a"), Mean("a")], [Mean("a"), Mean("a"), Mean("b")])
    ['a', 'a_1', 'weighted_a', 'weighted_a_1', 'b']
    """
    names: list[str] = []
    seen: dict[str, int] = {}
    for metric in (*plain, *weighted):
        name = metric.name
        if name in seen and len(names) >= len(plain):
            name = f"weighted_{name}"
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.append(f"{name}_{count}" if count else name)
    return names


def _number(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
