"""Shares of right answers: as functions that give 1 or 0 for every sample, and as running means of them.

==============  ==========  ==============================================================
y_pred          (N, …, K)   one score a class; (N, …) for :func:`accuracy` and the binary one
y_true          (N, …)      labels; also (N, …, 1); (N, …, K) one-hot for the categorical ones
result          (N, …)      1 or 0, in ``config.floatx()``
==============  ==========  ==============================================================
"""

from typing import Any

import numpy as np

from .. import config, kernels
from ..errors import ShapeError
from .base import MeanMetricWrapper, same_rank


def accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where y_pred equals y_true.

    >>> accuracy([1, 2], [1, 3])
    array([1., 0.], dtype=float32)
    """
    y_true, y_pred = same_rank(np.asarray(y_true), np.asarray(y_pred))
    return (y_true.astype(y_pred.dtype, copy=False) == y_pred).astype(config.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> np.ndarray:
    """1 where 1[y_pred > threshold] equals y_true; exactly at the threshold is a 0.

    >>> binary_accuracy([[1], [0], [0]], [[0.9], [0.6], [0.5]]).ravel()
    array([1., 0., 1.], dtype=float32)
    """
    y_true, y_pred = same_rank(np.asarray(y_true), np.asarray(y_pred))
    return (y_true == (y_pred > threshold)).astype(config.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where the largest of y_pred is at the largest of y_true.

    >>> categorical_accuracy([[0, 1]], [[0.4, 0.6]])
    array([1.], dtype=float32)
    """
    return sparse_categorical_accuracy(np.argmax(y_true, axis=-1), y_pred)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where the largest of y_pred is at the label.

    The first of equals is the largest, NaN never is, and −0 < 0, as in Keras on TensorFlow.

    >>> sparse_categorical_accuracy([1, 0, 0], [[0.4, 0.6], [0.4, 0.6], [0.5, 0.5]])
    array([1., 0., 1.], dtype=float32)

    Raises:
        ShapeError: if the shapes do not belong together, as with one-hot y_true.
    """
    labels, scores = _labels_and_scores(y_true, y_pred)
    matches = np.empty(labels.size, config.floatx())
    rows = scores.reshape(-1, scores.shape[-1])
    kernels.select(scores.dtype).sparse_matches(labels.reshape(-1), rows, matches)
    return matches.reshape(labels.shape)


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

    A label outside [0, K) is wrong, and so is every label of a row with a NaN or an infinity.
    With ``from_sorted_ids`` y_pred holds class numbers, best first, instead of scores.

    >>> sparse_top_k_categorical_accuracy([2, 1], [[0.5, 0.1, 0.4], [0.5, 0.1, 0.4]], k=2)
    array([1., 0.], dtype=float32)
    """
    labels, scores = _labels_and_scores(y_true, y_pred)
    if from_sorted_ids:
        return (scores[..., :k] == labels[..., None]).any(axis=-1).astype(config.floatx())
    labels = labels.astype(np.int32)[..., None]
    inside = (labels >= 0) & (labels < scores.shape[-1])
    score = np.take_along_axis(scores, np.where(inside, labels, 0), axis=-1)
    right = (scores > score).sum(axis=-1) < k
    return (right & inside[..., 0] & np.isfinite(scores).all(axis=-1)).astype(config.floatx())


def _labels_and_scores(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Labels (N, …) beside scores (N, …, K); a last axis of 1 behind the labels goes."""
    labels, scores = np.asarray(y_true), np.asarray(y_pred)
    if labels.ndim == scores.ndim and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.shape != scores.shape[:-1]:
        raise ShapeError(
            f"Labels need the shape of the outputs without their last axis. "
            f"Received: y_true.shape={np.shape(y_true)}, y_pred.shape={scores.shape}"
        )
    return labels, scores


class Accuracy(MeanMetricWrapper):
    """The mean of :func:`accuracy`."""

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


class BinaryAccuracy(MeanMetricWrapper):
    """The mean of :func:`binary_accuracy`."""

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "threshold": self.threshold}


class CategoricalAccuracy(MeanMetricWrapper):
    """The mean of :func:`categorical_accuracy`."""

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The mean of :func:`sparse_categorical_accuracy`: what "accuracy" means for labels."""

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)

    def update_steps(self, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        if y_true.ndim > 2 or type(self) is not SparseCategoricalAccuracy:
            super().update_steps(y_true, y_pred)
        else:  # sums of zeros and ones are exact in any order
            self.add_sums(sparse_categorical_accuracy(y_true, y_pred).sum(axis=1), y_true.shape[1])

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The mean of :func:`top_k_categorical_accuracy`."""

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "k": self.k}


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The mean of :func:`sparse_top_k_categorical_accuracy`."""

    _direction = "up"

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
        config = {"name": self.name, "dtype": self.dtype, "k": self.k}
        return {**config, "from_sorted_ids": True} if self.from_sorted_ids else config
