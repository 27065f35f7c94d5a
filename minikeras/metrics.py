"""Metrics: running means of something that is not trained on.

Each keeps two sums over the samples seen since the last reset, in the metric's dtype as Keras does,

    total = Σ w · v,   count = Σ w,   result = total / count,

where v is a sample's value and w its weight (1 without weights).

>>> accuracy = SparseCategoricalAccuracy()
>>> accuracy.update_state([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])
>>> accuracy.result()
0.5
>>> accuracy.update_state([0], [[0.9, 0.1, 0.0]], sample_weight=[2.0])
>>> accuracy.result()                                       # (0 + 1 + 2·1) / (1 + 1 + 2)
0.75
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import config, losses
from .registry import Registry


class Metric:
    """Base class of metrics.

    Args:
        dtype: of the running sums; default ``config.floatx()``.
        name: its key in logs.
    """

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or config.unique_name(type(self).__name__)
        self.dtype = np.dtype(dtype or config.floatx()).name

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        raise NotImplementedError

    def result(self) -> float:
        raise NotImplementedError

    def reset_state(self) -> None:
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Adds values, then gives the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Metric":
        return cls(**config)


class Mean(Metric):
    """The weighted mean of what it is given.

    >>> mean = Mean()
    >>> mean.update_state([1, 3, 5, 7])
    >>> mean.update_state(10.0, sample_weight=4)
    >>> mean.result()
    7.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self._real = np.dtype(self.dtype).type
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        values = np.asarray(values, self.dtype)
        if sample_weight is None:
            n = len(values) if values.ndim else 1
            values = values.reshape(n, -1).mean(axis=1) if values.ndim > 1 else values
            self._add(values.sum(), n)
            return
        w = np.asarray(sample_weight, self.dtype)
        if w.ndim == values.ndim + 1 and w.shape[-1] == 1:
            w = w[..., 0]
        if values.ndim == w.ndim + 1 and values.shape[-1] == 1:
            values = values[..., 0]
        if values.ndim > w.ndim:
            values = values.mean(axis=tuple(range(w.ndim, values.ndim)))
        w = np.broadcast_to(w, values.shape)
        values = values * w
        if w.ndim > 1:
            w, values = (a.mean(axis=tuple(range(1, a.ndim))) for a in (w, values))
        self._add(values.sum(), w.sum())

    def _add(self, total: Any, count: Any) -> None:
        self.total = self._real(self.total + self._real(total))
        self.count = self._real(self.count + self._real(count))

    def result(self) -> float:
        return float(self.total / self.count) if self.count else 0.0

    def reset_state(self) -> None:
        self.total = self.count = self._real(0)


class MeanMetricWrapper(Mean):
    """The mean of ``fn(y_true, y_pred)``, one value a sample."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name or getattr(fn, "__name__", "metric"), dtype)
        self._fn, self._arguments = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        super().update_state(self._fn(y_true, y_pred, **self._arguments), sample_weight)


# What counts as right.


def _rows(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Labels of shape (N, …) beside scores (N, …, K): a trailing axis of 1 goes."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    return (y_true[..., 0] if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1 else y_true), y_pred


def accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where y_pred equals y_true.

    >>> accuracy([1, 2], [1, 3])
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = _same_rank(y_true, y_pred)
    return (y_true == y_pred).astype(config.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> np.ndarray:
    """1 where y_pred > threshold says what y_true says.

    >>> binary_accuracy([[1], [0]], [[0.9], [0.6]]).ravel()
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = _same_rank(y_true, y_pred)
    return (y_true == (y_pred > threshold)).astype(config.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where the largest of y_pred is at the largest of y_true (the first of equals).

    >>> categorical_accuracy([[0, 1]], [[0.4, 0.6]])
    array([1.], dtype=float32)
    """
    return (np.argmax(y_true, axis=-1) == np.argmax(y_pred, axis=-1)).astype(config.floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where the largest of y_pred is at the label (the first of equals).

    >>> sparse_categorical_accuracy([1, 0], [[0.4, 0.6], [0.4, 0.6]])
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = _rows(y_true, y_pred)
    return (y_true == np.argmax(y_pred, axis=-1)).astype(config.floatx())


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> np.ndarray:
    """1 where the largest of y_true is among the k largest of y_pred.

    >>> top_k_categorical_accuracy([[0, 0, 1]], [[0.5, 0.1, 0.4]], k=2)
    array([1.], dtype=float32)
    """
    return sparse_top_k_categorical_accuracy(np.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> np.ndarray:
    """1 where fewer than k scores are larger than the label's, so that ties at the border count as right.

    With ``from_sorted_ids`` y_pred holds class numbers, best first, instead of scores.

    >>> sparse_top_k_categorical_accuracy([2, 1], [[0.5, 0.1, 0.4], [0.5, 0.1, 0.4]], k=2)
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = _rows(y_true, y_pred)
    if from_sorted_ids:
        return (y_pred[..., :k] == y_true[..., None]).any(axis=-1).astype(config.floatx())
    score = np.take_along_axis(y_pred, y_true[..., None].astype(np.intp), axis=-1)
    right = ((y_pred > score).sum(axis=-1) < k) & np.isfinite(score[..., 0])
    return right.astype(config.floatx())


def _same_rank(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_pred = y_pred[..., None]
    elif y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., None]
    return y_true, y_pred


# As classes.


class Accuracy(MeanMetricWrapper):
    """The share of samples where y_pred equals y_true."""

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of entries on the right side of a threshold."""

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        if not 0 <= threshold <= 1:
            raise ValueError(f"`threshold` must lie in [0, 1]. Received: threshold={threshold}")
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "threshold": self.threshold}


class CategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose largest output is at the one-hot target."""

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose largest output is at the label."""

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        if sample_weight is None and getattr(y_true, "ndim", 0) == 1 and getattr(y_pred, "ndim", 0) == 2:
            self._add(np.count_nonzero(y_pred.argmax(axis=1) == y_true), len(y_true))  # the same, a batch at a time
        else:
            super().update_state(y_true, y_pred, sample_weight)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose one-hot target is among the k largest outputs."""

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "k": self.k}


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose label is among the k largest outputs."""

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.k, self.from_sorted_ids = k, from_sorted_ids

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "k": self.k, "from_sorted_ids": self.from_sorted_ids}


class MeanSquaredError(MeanMetricWrapper):
    """The loss of that name, as a running mean."""

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The loss of that name, as a running mean."""

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """The loss of that name, as a running mean."""

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(losses.binary_crossentropy, name, dtype, **arguments)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, **self._arguments}


class CategoricalCrossentropy(MeanMetricWrapper):
    """The loss of that name, as a running mean."""

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(losses.categorical_crossentropy, name, dtype, **arguments)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, **self._arguments}


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The loss of that name, as a running mean."""

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, from_logits=from_logits, axis=axis)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, **self._arguments}


_registry = Registry("metric", "keras.metrics")
for _metric in (
    Mean,
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    TopKCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    MeanSquaredError,
    MeanAbsoluteError,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
):
    _registry.add(_metric, config.snake_case(_metric.__name__))
_registry.add(MeanSquaredError, "mse", "MSE")
_registry.add(MeanAbsoluteError, "mae", "MAE")
_registry.add(BinaryCrossentropy, "bce", "BCE")
get, serialize, deserialize = _registry.get, _registry.serialize, _registry.deserialize


def resolve(identifier: Any, y_true_shape: tuple[int, ...], y_pred_shape: tuple[int, ...]) -> Metric:
    """The metric that ``compile(metrics=[identifier])`` means, named as Keras names it.

    "accuracy" and "acc" mean the binary accuracy for one output, the sparse one for labels without a class axis, and
    the categorical one otherwise.

    >>> type(resolve("accuracy", (32,), (32, 10))).__name__, resolve("acc", (32, 1), (32, 1)).name
    ('SparseCategoricalAccuracy', 'acc')
    """
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        if y_pred_shape[-1] == 1:
            return BinaryAccuracy(name=identifier)
        if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
            return SparseCategoricalAccuracy(name=identifier)
        return CategoricalAccuracy(name=identifier)
    metric = get(identifier)
    if not isinstance(metric, Metric):
        metric = MeanMetricWrapper(metric, name=getattr(metric, "name", None))
    if isinstance(identifier, str):
        metric.name = identifier
    return metric
