"""class_weight: one weight for each class, turned into one weight for each label."""

from typing import Any

import numpy as np

from ..errors import DataError


def class_weighted(
    y: Any, class_weight: dict[int, float] | None, sample_weight: Any, dtype: Any, targets: str = "same"
) -> Any:
    """Sample weights from class weights: w[n] = class_weight[label[n]], times the sample weights if there are any.

    A class without an entry weighs 1; None or {} returns ``sample_weight`` as it is.

    Args:
        y: labels (N,) or (N, 1), or one-hot rows (N, …, K).
        class_weight: from classes to weights.
        sample_weight: weights (N,) or (N, …), or None.
        dtype: of the result.
        targets: kind of the loss's targets. "labels" (integer classes): y of shape (N, T) is a sequence of labels, each
            with its own weight.

    Raises:
        ValueError: if ``class_weight`` is not a dictionary from integers to weights, or y is missing.
        DataError: for labels that are not whole numbers, and rows that are not one-hot.

    Differs from Keras: Keras cuts the label 0.9 to class 0, takes a sequence of labels for a one-hot row, and refuses
    class weights together with sample weights.

    >>> class_weighted([0, 1, 2], {1: 3.0}, None, "float32")
    array([1., 3., 1.], dtype=float32)
    >>> class_weighted([[0, 1], [1, 1]], {1: 3.0}, None, "float32", targets="labels")
    array([[1., 3.],
           [3., 3.]], dtype=float32)
    """
    if class_weight is None or (isinstance(class_weight, dict) and not class_weight):
        return sample_weight
    if not isinstance(class_weight, dict) or not all(_is_whole(label) for label in class_weight):
        raise ValueError(
            f"`class_weight` must be a dictionary from classes (integers) to weights, such as {{0: 1.0, 1: 5.0}}. "
            f"Received: class_weight={class_weight!r}"
        )
    if y is None:
        raise ValueError("`class_weight` needs labels: y is missing.")
    labels = _labels(np.asarray(y), targets)
    weights = np.ones(labels.shape, dtype)
    for label, weight in class_weight.items():
        weights[labels == label] = weight
    if sample_weight is None:
        return weights
    given = np.asarray(sample_weight, dtype)
    if given.ndim == weights.ndim + 1 and given.shape[-1] == 1:
        given = given[..., 0]
    return weights * given.reshape(given.shape + (1,) * (weights.ndim - given.ndim))


def _labels(y: np.ndarray, targets: str) -> np.ndarray:
    if y.dtype.kind not in "biuf":
        raise DataError(f"`class_weight` needs y as numbers: integer labels or one-hot rows. Received: dtype={y.dtype}")
    column = y.ndim > 1 and y.shape[-1] == 1
    if y.ndim > 1 and not column and targets != "labels":
        rows = y.reshape(-1, y.shape[-1])
        wrong = np.flatnonzero((rows < 0).any(axis=1) | ~np.isclose(rows.sum(axis=1), 1))
        if wrong.size:
            raise DataError(
                f"`class_weight` needs labels (N,) or one-hot rows (N, K), whose entries sum to 1. "
                f"Received: y.shape={y.shape}, with the row {rows[wrong[0]]}"
            )
        return y.argmax(axis=-1)
    labels = y[..., 0] if column else y
    fractions = np.flatnonzero(labels != np.floor(labels)) if y.dtype.kind == "f" else np.empty(0)
    if fractions.size:
        raise DataError(
            f"`class_weight` needs integer labels. Received: y with {labels.reshape(-1)[fractions[0]]}, at "
            f"position {fractions[0]}."
        )
    return labels


def _is_whole(label: Any) -> bool:
    return isinstance(label, int | float | np.generic) and float(label).is_integer()
