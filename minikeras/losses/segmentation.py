"""Losses of overlap, for masks of images: 1 minus a share of common pixels.

Each value belongs to all entries along ``axis``: None is the whole batch (one value), (1, 2, 3) one value an image.

>>> Dice()([[0.0, 1.0]], [[0.5, 0.5]]).round(6).item()         # 1 − 2 · 0.5 / (1 + 1)
0.5
"""

from typing import Any

import numpy as np

from .. import config
from .base import Loss


class Tversky(Loss):
    """1 − the share of common pixels, with weights for both errors (Salehi et al., "Tversky loss function", 2017).

    (1) I = Σ t y;  D = I + α Σ t (1 − y) + β Σ (1 − t) y + ε, with ε = ``config.epsilon()``;  ℓ = 1 − I / D
    (2) ∂D/∂y = t − α t + β (1 − t);  ∂ℓ/∂y = (I ∂D/∂y / D − t) / D

    >>> Tversky(alpha=1.0, beta=0.0)([[0.0, 1.0]], [[0.5, 0.5]]).round(6).item()      # 1 − 0.5 / (0.5 + 0.5)
    0.5
    """

    outputs = "fractions"

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: int | tuple[int, ...] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha, self.beta, self.axis = alpha, beta, axis

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        common, whole = self._sums(y_true, y_pred)
        return 1 - common / whole  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        common, whole = (s[..., None] for s in self._sums(y_true, y_pred))
        dwhole = y_true - self.alpha * y_true + self.beta * (1 - y_true)  # (2)
        return (common / whole * dwhole - y_true) / whole

    def _sums(self, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        common = np.asarray((t * y).sum(axis=-1))
        missed, added = ((1 - y) * t).sum(axis=-1), (y * (1 - t)).sum(axis=-1)
        return common, common + self.alpha * missed + self.beta * added + config.epsilon()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta, "axis": self.axis}


class Dice(Loss):
    """1 − Dice's coefficient (Dice, "Measures of the amount of ecologic association", 1945).

    (1) I = Σ t y;  D = Σ t + Σ y + ε, with ε = ``config.epsilon()``;  ℓ = 1 − 2 I / D
    (2) ∂ℓ/∂y = 2 (I / D − t) / D
    """

    outputs = "fractions"

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: int | tuple[int, ...] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        common, whole = self._sums(y_true, y_pred)
        return 1 - 2 * common / whole  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        common, whole = (s[..., None] for s in self._sums(y_true, y_pred))
        return 2 * (common / whole - y_true) / whole  # (2)

    def _sums(self, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.asarray((t * y).sum(axis=-1)), t.sum(axis=-1) + y.sum(axis=-1) + config.epsilon()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def dice(y_true: Any, y_pred: Any, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """ℓ of :class:`Dice` for everything along ``axis``."""
    return Dice(axis=axis).call(y_true, y_pred)


def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: int | tuple[int, ...] | None = None
) -> np.ndarray:
    """ℓ of :class:`Tversky` for everything along ``axis``."""
    return Tversky(alpha, beta, axis=axis).call(y_true, y_pred)
