"""Losses of distributions beside the cross-entropies: divergence, counts, and a cross-entropy that forgives.

ε is ``config.epsilon()``.
"""

from typing import Any

import numpy as np

from .. import config
from .base import Loss, clip, inside
from .labels import LabelLoss


class KLDivergence(Loss):
    """Kullback and Leibler's divergence of the outputs from the targets ("On information and sufficiency", 1951).

    (1) tₖ and yₖ are clipped to [ε, 1];  ℓ = Σₖ tₖ log(tₖ / yₖ)
    (2) ∂ℓ/∂yₖ = −tₖ / yₖ inside the clip, else 0

    >>> KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]).round(6).item()       # (log 2 + log 2/3) / 2
    0.143841
    """

    outputs = "probabilities"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "kl_divergence", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        t = clip(y_true, config.epsilon(), 1)
        return (t * np.log(t / clip(y_pred, config.epsilon(), 1))).sum(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        d = -clip(y_true, config.epsilon(), 1) / clip(y_pred, config.epsilon(), 1)
        return np.where(inside(y_pred, config.epsilon(), 1), d, 0)  # (2)


class Poisson(Loss):
    """−log of the probability of counts t under Poisson distributions of mean y, up to a constant of t.

    (1) ℓ = (1/K) Σₖ yₖ − tₖ log(yₖ + ε);  (2) ∂ℓ/∂yₖ = (1 − tₖ / (yₖ + ε)) / K

    >>> Poisson()([[2.0]], [[1.0]]).round(5).item()
    1.0
    """

    outputs = "positive"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "poisson", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):  # a mean below 0 gives NaN
            return (y_pred - y_true * np.log(y_pred + config.epsilon())).mean(axis=-1)  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return (1 - y_true / (y_pred + config.epsilon())) / y_pred.shape[-1]  # (2)


class CategoricalGeneralizedCrossEntropy(LabelLoss):
    """Between cross-entropy (q → 0) and 1 − p (q = 1), for labels of which some are wrong (Zhang and Sabuncu, 2018).

    (1) ℓ = (1 − pₜ^q) / q for the label t;  (2) ∂ℓ/∂pₖ = −1[k = t] pₜ^(q−1)

    Raises:
        ValueError: unless 0 < q < 1.

    Differs from Keras: a label outside [0, K) is an error, not a class of probability 0.

    >>> CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]).item()       # (1 − √0.25) / 0.5
    1.0
    """

    outputs = "probabilities"

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if not 0 < q < 1:
            raise ValueError(f"q must be in the interval (0, 1). Received: q={q}")
        self.q = q

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        p = np.take_along_axis(y_pred, y_true[..., None].astype(np.intp), axis=-1)[..., 0]
        return (1 - p**self.q) / self.q  # (1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        label = y_true[..., None].astype(np.intp)
        d = np.zeros_like(y_pred)
        np.put_along_axis(d, label, -(np.take_along_axis(y_pred, label, axis=-1) ** (self.q - 1)), axis=-1)  # (2)
        return d

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "q": self.q}


def kl_divergence(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`KLDivergence` for every sample."""
    return KLDivergence().call(y_true, y_pred)


def poisson(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`Poisson` for every sample."""
    return Poisson().call(y_true, y_pred)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> np.ndarray:
    """ℓ of :class:`CategoricalGeneralizedCrossEntropy` for every sample."""
    return CategoricalGeneralizedCrossEntropy(q).call(y_true, y_pred)
