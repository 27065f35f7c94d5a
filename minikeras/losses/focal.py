"""Focal cross-entropies: what is already right counts little (Lin et al., "Focal loss", 2017).

Probabilities are clipped to [ε, 1 − ε] inside logarithms, with ε = ``config.epsilon()``; beyond that the logarithm has
slope 0. From logits they are computed first and then clipped alike, as in Keras.

>>> BinaryFocalCrossentropy()([[1.0]], [[0.5]]).round(6).item()            # (1 − 0.5)² · log 2
0.173287
"""

from typing import Any

import numpy as np

from ..kernels.reference.magnitude import magnitude
from .crossentropy import BinaryCrossentropy, CategoricalCrossentropy, through_sum


class BinaryFocalCrossentropy(BinaryCrossentropy):
    """For targets t in [0, 1], each entry a question of its own; a mean over ``axis``, of K entries.

    (1) p = σ(z) from logits;  c = clip(p);  b = −t log c − (1 − t) log(1 − c)
    (2) q = t p + (1 − t)(1 − p);  f = (1 − q)^γ;  ℓ = (1/K) Σ a f b,  a = t α + (1 − t)(1 − α) if balanced, else 1
    (3) ∂b/∂p = (1 − t)/(1 − c) − t/c inside the clip, else 0;  ∂f/∂p = −γ (1 − q)^(γ−1) (2 t − 1)
    (4) ∂ℓ/∂p = a (f ∂b/∂p + b ∂f/∂p) / K;  ∂ℓ/∂z = p (1 − p) ∂ℓ/∂p

    With ``label_smoothing`` s, t ← t (1 − s) + s / 2 first.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        *_, b, q, a = self._parts(y_true, y_pred)
        return (a * (1 - q) ** self.gamma * b).mean(axis=-1)  # (2)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t, p, c, b, q, a = self._parts(y_true, y_pred)
        db = np.where(self._inside(p), (1 - t) / (1 - c) - t / c, 0)  # (3)
        f, df = (1 - q) ** self.gamma, -_power_slope(1 - q, self.gamma) * (2 * t - 1)
        dp = a * (f * db + b * df) / p.shape[-1]  # (4)
        return p * (1 - p) * dp if self.from_logits else dp

    def _parts(self, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        t = self.smoothed(t)
        p = _sigmoid(y) if self.from_logits else y  # (1)
        c = self._clipped(p)
        b = -t * np.log(c) - (1 - t) * np.log(1 - c)
        a = t * self.alpha + (1 - t) * (1 - self.alpha) if self.apply_class_balancing else np.ones_like(t)
        return t, p, c, b, t * p + (1 - t) * (1 - p), a

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "apply_class_balancing": self.apply_class_balancing,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }


class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """For targets t with one entry a class, each row a distribution. α may be one number a class.

    (1) p = softmax(z) from logits;  r = p / Σp;  c = clip(r);  ℓ = −Σₖ α tₖ (1 − cₖ)^γ log cₖ
    (2) ∂ℓ/∂rₖ = α tₖ (γ (1 − cₖ)^(γ−1) log cₖ − (1 − cₖ)^γ / cₖ) inside the clip, else 0
    (3) ∂ℓ/∂pₖ = (∂ℓ/∂rₖ − Σⱼ rⱼ ∂ℓ/∂rⱼ) / Σp;  ∂ℓ/∂zₖ = pₖ (∂ℓ/∂pₖ − Σⱼ pⱼ ∂ℓ/∂pⱼ)

    With ``label_smoothing`` s, t ← t (1 − s) + s / K first.

    >>> CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]).round(6).item()      # 0.25 · 0.5² · log 2
    0.043322
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.alpha, self.gamma = alpha, gamma

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        p = _softmax(y_pred) if self.from_logits else y_pred
        c = self._clipped(p / p.sum(axis=-1, keepdims=True))
        return -(self._weighted(y_true) * (1 - c) ** self.gamma * np.log(c)).sum(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        def dr(r: np.ndarray) -> np.ndarray:
            c = self._clipped(r)
            d = _power_slope(1 - c, self.gamma) * np.log(c) - (1 - c) ** self.gamma / c  # (2)
            return np.where(self._inside(r), self._weighted(y_true) * d, 0)

        p = _softmax(y_pred) if self.from_logits else y_pred
        dp = through_sum(dr, p)  # (3)
        return p * (dp - (p * dp).sum(axis=-1, keepdims=True)) if self.from_logits else dp

    def _weighted(self, t: np.ndarray) -> np.ndarray:
        return np.asarray(self.alpha, t.dtype) * self.smoothed(t)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "gamma": self.gamma,
        }


def _power_slope(x: np.ndarray, gamma: float) -> Any:
    """∂(x^γ)/∂x = γ x^(γ−1), and 0 everywhere for γ = 0."""
    return gamma * x ** (gamma - 1) if gamma else np.zeros_like(x)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    e = np.exp(-magnitude(z))
    return np.where(z.real < 0, e, 1) / (1 + e)


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """ℓ of :class:`BinaryFocalCrossentropy` for every sample."""
    loss = BinaryFocalCrossentropy(apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis)
    return loss.call(y_true, y_pred)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """ℓ of :class:`CategoricalFocalCrossentropy` for every sample."""
    return CategoricalFocalCrossentropy(alpha, gamma, from_logits, label_smoothing, axis).call(y_true, y_pred)
