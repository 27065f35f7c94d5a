"""Losses of numbers, with e = y − t; all but the cosine are a mean over the last axis of K entries.

>>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]]).item()       # (1² + 2²) / 2
2.5
>>> MeanSquaredError().backward([[0.0, 1.0]], [[1.0, 3.0]])
array([[1., 2.]])
"""

from typing import Any

import numpy as np

from .. import config
from ..kernels.reference.magnitude import magnitude
from .base import Loss, clip, inside


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
        return magnitude(y_pred - y_true).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.sign(y_pred - y_true) / y_pred.shape[-1]


class MeanAbsolutePercentageError(Loss):
    """ℓ = (100/K) Σₖ |eₖ| / dₖ,  dₖ = max(|tₖ|, ε);  ∂ℓ/∂yₖ = (100/K) sign(eₖ) / dₖ.  ε is ``config.epsilon()``.

    >>> MeanAbsolutePercentageError()([[4.0, 2.0]], [[5.0, 2.0]]).item()       # 100 · (1/4 + 0) / 2
    12.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return 100 * magnitude((y_pred - y_true) / self._scale(y_true)).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return 100 * np.sign(y_pred - y_true) / self._scale(y_true) / y_pred.shape[-1]

    def _scale(self, t: np.ndarray) -> np.ndarray:
        return np.maximum(np.abs(t), t.dtype.type(config.epsilon()))


class MeanSquaredLogarithmicError(Loss):
    """A relative error, for numbers above 0; smaller ones are taken for ε, ``config.epsilon()``.

    (1) aₖ = log(1 + max(yₖ, ε)) − log(1 + max(tₖ, ε));  ℓ = (1/K) Σₖ aₖ²
    (2) ∂ℓ/∂yₖ = 2 aₖ / (K (1 + yₖ)) for yₖ ≥ ε, else 0

    >>> MeanSquaredLogarithmicError()([[0.0]], [[np.e - 1]]).round(6).item()
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.square(self._difference(y_true, y_pred)).mean(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        d = 2 * self._difference(y_true, y_pred) / (1 + clip(y_pred, config.epsilon(), np.inf))  # (2)
        return np.where(inside(y_pred, config.epsilon(), np.inf), d, 0) / y_pred.shape[-1]

    def _difference(self, t: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.log(clip(y, config.epsilon(), np.inf) + 1) - np.log(clip(t, config.epsilon(), np.inf) + 1)


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
        return np.where(near, np.square(e) / 2, delta * magnitude(e) - delta * delta / 2).mean(axis=-1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.clip(y_pred - y_true, -self.delta, self.delta) / y_pred.shape[-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}


class LogCosh(Loss):
    """e² / 2 near 0, |e| − log 2 far from it.

    (1) ℓ = (1/K) Σₖ log cosh eₖ = (1/K) Σₖ |eₖ| + log(1 + exp(−2 |eₖ|)) − log 2, which cannot overflow
    (2) ∂ℓ/∂yₖ = tanh(eₖ) / K

    >>> LogCosh()([[0.0]], [[1000.0]]).round(4).item()
    999.3069
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "log_cosh", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        e = magnitude(y_pred - y_true)
        return (e + np.log1p(np.exp(-2 * e)) - e.real.dtype.type(np.log(2))).mean(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.tanh(y_pred - y_true) / y_pred.shape[-1]  # (2)


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between targets and outputs, vectors along ``axis``: −1 where they agree.

    (1) n(v) = max(‖v‖, ε), with ε = ``config.epsilon()``;  c = Σₖ tₖ yₖ / (n(t) n(y));  ℓ = −c
    (2) ∂ℓ/∂yₖ = −(tₖ / n(t) − c yₖ / n(y)) / n(y), without the second term where ‖y‖ < ε

    Differs from Keras: the config keeps an axis other than the last, which Keras's forgets.

    >>> CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]).round(6).item()     # −(0 + 1) / 2
    -0.5
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return -(y_true / _norm(y_true) * (y_pred / _norm(y_pred))).sum(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t, n = y_true / _norm(y_true), _norm(y_pred)
        y = np.where(n > config.epsilon(), y_pred / n, 0)
        return ((t * y).sum(axis=-1, keepdims=True) * y - t) / n  # (2)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() if self.axis == -1 else {**super().get_config(), "axis": self.axis}


def _norm(v: np.ndarray) -> np.ndarray:
    return clip(np.sqrt(np.square(v).sum(axis=-1, keepdims=True)), config.epsilon(), np.inf)


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`MeanSquaredError` for every sample."""
    return MeanSquaredError().call(y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`MeanAbsoluteError` for every sample."""
    return MeanAbsoluteError().call(y_true, y_pred)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`MeanAbsolutePercentageError` for every sample."""
    return MeanAbsolutePercentageError().call(y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`MeanSquaredLogarithmicError` for every sample."""
    return MeanSquaredLogarithmicError().call(y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> np.ndarray:
    """ℓ of :class:`Huber` for every sample."""
    return Huber(delta).call(y_true, y_pred)


def log_cosh(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`LogCosh` for every sample."""
    return LogCosh().call(y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """ℓ of :class:`CosineSimilarity` for every sample: minus the cosine."""
    return CosineSimilarity(axis).call(y_true, y_pred)
