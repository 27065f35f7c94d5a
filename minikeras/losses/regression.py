"""Losses of a difference e = y − t, each a mean over the last axis of K entries.

>>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]]).item()       # (1² + 2²) / 2
2.5
>>> MeanSquaredError().backward([[0.0, 1.0]], [[1.0, 3.0]])
array([[1., 2.]])
"""

from typing import Any

import numpy as np

from .base import Loss


def _magnitude(e: np.ndarray) -> np.ndarray:
    return e * np.sign(e.real)


class MeanSquaredError(Loss):
    """ℓ = (1/K) Σₖ eₖ²,  ∂ℓ/∂yₖ = 2 eₖ / K."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.square(y_pred - y_true).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return 2 * (y_pred - y_true) / y_pred.shape[-1]


class MeanAbsoluteError(Loss):
    """ℓ = (1/K) Σₖ |eₖ|,  ∂ℓ/∂yₖ = sign(eₖ) / K, with sign(0) = 0.

    >>> MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]]).item()
    1.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return _magnitude(y_pred - y_true).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.sign((y_pred - y_true).real) / y_pred.shape[-1]


class Huber(Loss):
    """A parabola near 0, straight beyond δ (Huber, "Robust estimation of a location parameter", 1964).

    ℓ = (1/K) Σₖ h(eₖ),  h(e) = ½ e² for |e| ≤ δ, else δ |e| − ½ δ²;  ∂ℓ/∂yₖ = min(max(eₖ, −δ), δ) / K.

    Differs from Keras: the config keeps δ, which Keras's forgets.

    >>> Huber(delta=1.0)([[0.0, 0.0]], [[0.5, 3.0]]).item()     # (0.125 + 2.5) / 2
    1.3125
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = delta

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        e, delta = y_pred - y_true, y_pred.real.dtype.type(self.delta)
        near = np.abs(e.real) <= delta
        return np.where(near, np.square(e) / 2, delta * _magnitude(e) - delta * delta / 2).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.clip((y_pred - y_true).real, -self.delta, self.delta) / y_pred.shape[-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}
