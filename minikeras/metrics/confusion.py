"""Counts of true and false positives and negatives at thresholds, and what is made of them.

An entry is called positive where its prediction p is above the threshold. For T evenly spaced thresholds i/(T − 1) that
is one bucket an entry: it is positive at every i up to ⌈p (T − 1)⌉ − 1, as Keras counts it.

>>> recall = Recall(thresholds=[0.3, 0.7])
>>> recall([1, 1, 0], [0.5, 0.8, 0.9])
array([1. , 0.5], dtype=float32)
"""

from typing import Any

import numpy as np

from .. import config
from ..errors import ShapeError
from .base import Metric, MetricVariable, same_rank

#: Below every prediction: the threshold of metrics with ``top_k``, and the score of what is not among the k largest.
_LOWEST = -1e10


def parse_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """One threshold or several as a list.

    Raises:
        ValueError: for one outside [0, 1].
    """
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    invalid = [t for t in values if t is None or t < 0 or t > 1]
    if invalid:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {invalid}")
    return values


def evenly_spaced(thresholds: Any) -> bool:
    """True if the thresholds are i/(T − 1) for i = 0 … T − 1, with T ≥ 3."""
    even = np.linspace(0, 1, len(thresholds), dtype=np.float32)
    return len(thresholds) >= 3 and np.allclose(thresholds, even, atol=config.epsilon())


def count(
    variables: dict[str, MetricVariable],
    y_true: Any,
    y_pred: Any,
    thresholds: Any,
    sample_weight: Any = None,
    top_k: int | None = None,
    class_id: int | None = None,
    multi_label: bool = False,
    label_weights: Any = None,
) -> None:
    """Adds a batch's weighted counts to the variables "tp", "fp", "tn", "fn", of shape (T,) or (T, labels).

    Args:
        y_true, y_pred: of one shape (N, …); targets other than 0 count as 1.
        sample_weight: of shape (N,) or as y_true.
        top_k: only the k largest of the last axis can be positive.
        class_id: counts this entry of the last axis only.
        multi_label: keeps the last axis apart.
        label_weights: one weight for each entry of the last axis.

    Raises:
        ShapeError: for shapes that do not belong together.
        ValueError: for ``class_id`` without an axis of classes.
    """
    dtype = next(iter(variables.values())).value.dtype
    p, t = same_rank(np.asarray(y_pred, dtype), np.asarray(y_true, dtype))
    if p.shape != t.shape:
        raise ShapeError(f"Shapes {t.shape} and {p.shape} of y_true and y_pred are incompatible.")
    if top_k is not None:
        p = _only_top(p, top_k)
    if class_id is not None:
        if p.ndim == 1:
            raise ValueError(
                "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found "
                f"shape: {p.shape}"
            )
        t, p = t[..., class_id, None], p[..., class_id, None]
    w = _weights(sample_weight, p.shape, dtype)
    if label_weights is not None:
        w = w * np.asarray(label_weights, dtype)
    labels = p.shape[-1] if multi_label else 1
    t, p, w = (a.reshape(-1, labels) for a in (t != 0, p, w))
    thresholds = np.asarray(thresholds)
    inner = np.clip(thresholds, 0, 1)  # those of AUC reach ε beyond 0 and 1
    if evenly_spaced(inner):
        found = _by_buckets(t, p, w, len(thresholds), lowest=0 if thresholds[0] < 0 else -1)
    else:
        above = p > thresholds.astype(dtype)[:, None, None]
        found = {kind: np.where(above & mine, w, 0).sum(axis=1) for kind, mine in (("tp", t), ("fp", ~t))}
    found["fn"] = np.where(t, w, 0).sum(axis=0) - found["tp"]
    found["tn"] = np.where(t, 0, w).sum(axis=0) - found["fp"]
    for kind, variable in variables.items():
        variable.assign_add(found[kind].reshape(variable.shape))


def _by_buckets(t: np.ndarray, p: np.ndarray, w: np.ndarray, thresholds: int, lowest: int) -> dict[str, np.ndarray]:
    buckets = np.ceil(np.clip(p, 0, 1) * p.dtype.type(thresholds - 1)) - 1
    buckets = np.maximum(buckets, lowest).astype(np.intp)
    found = {}
    for kind, mine in (("tp", t), ("fp", ~t)):
        sums = np.zeros((thresholds + 1, t.shape[1]), p.dtype)  # the last row takes what is in bucket −1
        np.add.at(sums, (buckets, np.arange(t.shape[1])), np.where(mine, w, 0))
        found[kind] = np.cumsum(sums[-2::-1], axis=0)[::-1]
    return found


def _only_top(p: np.ndarray, k: int) -> np.ndarray:
    """The k largest of each row, the first of equals; the others are ``_LOWEST``."""
    top = np.argsort(-p, axis=-1, kind="stable")[..., :k]
    kept = np.zeros(p.shape, bool)
    np.put_along_axis(kept, top, True, axis=-1)
    return np.where(kept, p, p.dtype.type(_LOWEST))


def _weights(sample_weight: Any, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    if sample_weight is None:
        return np.ones(shape, dtype)
    w = np.asarray(sample_weight, dtype)
    if w.ndim == len(shape) + 1 and w.shape[-1] == 1:
        w = w[..., 0]
    try:
        return np.broadcast_to(w.reshape(w.shape + (1,) * (len(shape) - w.ndim)), shape)
    except ValueError:
        raise ShapeError(
            f"sample_weight needs the shape of the predictions or one weight a row. "
            f"Received: y_pred.shape={shape}, sample_weight.shape={np.shape(sample_weight)}"
        ) from None


def ratio(a: Any, b: Any) -> np.ndarray:
    """a / b, and 0 where b is 0."""
    a, b = np.asarray(a), np.asarray(b)
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape), b.dtype), where=b != 0)


class _AtThresholds(Metric):
    """Base class of metrics with counts of shape (T,), made by ``_count_at`` under Keras's names."""

    def _count_at(self, thresholds: list[float], *kinds: str) -> None:
        self.thresholds = thresholds
        self._counts = {kind: self.add_variable((len(thresholds),), name=_NAMES[kind]) for kind in kinds}
        for kind, variable in self._counts.items():
            setattr(self, _NAMES[kind], variable)

    def _alone(self, values: Any) -> Any:
        """A number if there is one threshold only."""
        return float(values[0]) if len(self.thresholds) == 1 else np.array(values)


_NAMES = {"tp": "true_positives", "fp": "false_positives", "tn": "true_negatives", "fn": "false_negatives"}


class _Count(_AtThresholds):
    _kind = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.init_thresholds, self.thresholds = thresholds, parse_thresholds(thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        count({self._kind: self.accumulator}, y_true, y_pred, self.thresholds, sample_weight)

    def result(self) -> Any:
        return self._alone(self.accumulator.value)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Σ w over entries with target 1 that are above the threshold.

    >>> TruePositives()([0, 1, 1], [0.9, 0.9, 0.1])
    1.0
    """

    _kind = "tp"


class FalsePositives(_Count):
    """Σ w over entries with target 0 that are above the threshold."""

    _kind = "fp"


class TrueNegatives(_Count):
    """Σ w over entries with target 0 that are not above the threshold."""

    _kind = "tn"


class FalseNegatives(_Count):
    """Σ w over entries with target 1 that are not above the threshold."""

    _kind = "fn"


class _Share(_AtThresholds):
    _direction = "up"
    _wrong = ""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self._count_at(parse_thresholds(thresholds, 0.5 if top_k is None else _LOWEST), "tp", self._wrong)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        count(self._counts, y_true, y_pred, self.thresholds, sample_weight, self.top_k, self.class_id)

    def result(self) -> Any:
        right, wrong = (variable.value for variable in self._counts.values())
        return self._alone(ratio(right, right + wrong))

    def get_config(self) -> dict[str, Any]:
        config = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **config}


class Precision(_Share):
    """tp / (tp + fp), and 0 if nothing is positive.

    Args (as in Keras):
        thresholds: one or several; default 0.5, or none with ``top_k``.
        top_k: only the k largest of a row can be positive.
        class_id: the class that is looked at; default all.

    >>> Precision()([0, 1, 1], [0.9, 0.9, 0.1])
    0.5
    """

    _wrong = "fp"


class Recall(_Share):
    """tp / (tp + fn), and 0 if no target is 1; arguments as for :class:`Precision`.

    >>> Recall(top_k=1)([[0, 1, 1]], [[0.1, 0.9, 0.8]])
    0.5
    """

    _wrong = "fn"


class _At(_AtThresholds):
    """The largest of one rate over all thresholds where another one is at least a value; 0 if it nowhere is."""

    _direction = "up"
    _argument = ""

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any
    ) -> None:
        if value < 0 or value > 1:
            raise ValueError(
                f"Argument `{self._argument}` must be in the range [0, 1]. Received: {self._argument}={value}"
            )
        if num_thresholds <= 0:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 0. Received: num_thresholds={num_thresholds}"
            )
        super().__init__(dtype, name)
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        even = [i / (num_thresholds - 1) for i in range(num_thresholds)] if num_thresholds > 1 else [0.5]
        self._count_at(even, "tp", "fp", "tn", "fn")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions, with weights of shape (N,) or as y_true."""
        count(self._counts, y_true, y_pred, self.thresholds, sample_weight, class_id=self.class_id)

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is held to the value, and what is made large."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `_rates()`.")

    def result(self) -> float:
        held, wanted = self._rates(*(variable.value for variable in self._counts.values()))
        return float(np.max(np.where(held >= held.dtype.type(self.value), wanted, 0), initial=0))

    def get_config(self) -> dict[str, Any]:
        config = {"num_thresholds": self.num_thresholds, self._argument: self.value, "class_id": self.class_id}
        return {**super().get_config(), **config}


class SensitivityAtSpecificity(_At):
    """The best sensitivity tp/(tp + fn) where the specificity tn/(tn + fp) is at least ``specificity``.

    >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    _argument = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tn, tn + fp), ratio(tp, tp + fn)


class SpecificityAtSensitivity(_At):
    """The best specificity tn/(tn + fp) where the sensitivity tp/(tp + fn) is at least ``sensitivity``."""

    _argument = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tp, tp + fn), ratio(tn, tn + fp)


class PrecisionAtRecall(_At):
    """The best precision tp/(tp + fp) where the recall tp/(tp + fn) is at least ``recall``."""

    _argument = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tp, tp + fn), ratio(tp, tp + fp)


class RecallAtPrecision(_At):
    """The best recall tp/(tp + fn) where the precision tp/(tp + fp) is at least ``precision``."""

    _argument = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def _rates(self, tp: np.ndarray, fp: np.ndarray, tn: np.ndarray, fn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ratio(tp, tp + fp), ratio(tp, tp + fn)
