"""Hinge losses: 0 once the right side has won by a margin of 1 (Cortes and Vapnik, "Support-vector networks", 1995).

Targets are −1 and 1; a batch of nothing but 0 and 1 is read as −1 and 1. Exactly on the corner, where the margin is 1,
the slope is that of the losing side, as in Keras on TensorFlow.

>>> Hinge()([[0.0, 1.0]], [[-0.5, 3.0]]).item()         # (0.5 + 0) / 2
0.25
"""

from typing import Any

import numpy as np

from .base import Loss


class Hinge(Loss):
    """(1) mₖ = 1 − tₖ yₖ;  ℓ = (1/K) Σₖ max(mₖ, 0);  (2) ∂ℓ/∂yₖ = −tₖ / K for mₖ ≥ 0, else 0."""

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "hinge", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        m = 1 - _signs(y_true) * y_pred
        return np.where(m.real < 0, 0, m).mean(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = _signs(y_true)
        return np.where(1 - t * y_pred < 0, 0, -t) / y_pred.shape[-1]  # (2)


class SquaredHinge(Loss):
    """(1) mₖ = max(1 − tₖ yₖ, 0);  ℓ = (1/K) Σₖ mₖ²;  (2) ∂ℓ/∂yₖ = −2 tₖ mₖ / K.

    >>> SquaredHinge()([[-1.0, 1.0]], [[-0.5, 3.0]]).item()     # (0.5² + 0) / 2
    0.125
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "squared_hinge", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        m = 1 - _signs(y_true) * y_pred
        return np.square(np.where(m.real < 0, 0, m)).mean(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = _signs(y_true)
        return -2 * t * np.maximum(1 - t * y_pred, 0) / y_pred.shape[-1]  # (2)


class CategoricalHinge(Loss):
    """The right class has to beat the best wrong one by 1; targets are one-hot.

    (1) m = maxₖ (1 − tₖ) yₖ − Σₖ tₖ yₖ + 1;  ℓ = max(m, 0)
    (2) ∂ℓ/∂yₖ = (1 − tₖ) 1[k is the maximum] − tₖ for m ≥ 0, else 0; equal maxima share it

    >>> CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 0.75, 0.25]]).item()      # 0.5 − 0.75 + 1
    0.75
    """

    targets = "one-hot"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "categorical_hinge", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        m = _margin(y_true, y_pred)
        return np.where(m.real < 0, 0, m)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        wrong = (1 - y_true) * y_pred
        best = wrong == wrong.max(axis=-1, keepdims=True)
        share = best / best.sum(axis=-1, keepdims=True, dtype=y_pred.dtype)
        won = _margin(y_true, y_pred) < 0
        return np.where(won[..., None], 0, (1 - y_true) * share - y_true)  # (2)


def _margin(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    wrong = (1 - t) * y
    best = np.take_along_axis(wrong, wrong.real.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    return best - (t * y).sum(axis=-1) + 1


def _signs(t: np.ndarray) -> np.ndarray:
    """Targets −1 and 1 from 0 and 1; others stay as they are."""
    return 2 * t - 1 if np.all((t == 0) | (t == 1)) else t


def hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`Hinge` for every sample."""
    return Hinge().call(y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`SquaredHinge` for every sample."""
    return SquaredHinge().call(y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`CategoricalHinge` for every sample."""
    return CategoricalHinge().call(y_true, y_pred)
