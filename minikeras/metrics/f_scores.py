"""F-scores: precision and recall as one number."""

from typing import Any

import numpy as np

from .. import config
from .base import Metric


class FBetaScore(Metric):
    """The weighted harmonic mean of precision and recall, for targets (N, K) of 0 and 1.

    (1) positive: the largest entries of each row, but for zeros; or those above ``threshold``
    (2) P = tp / (tp + fp + ε);  R = tp / (tp + fn + ε);  F = (1 + β²) P R / (β² P + R + ε)

    Args (as in Keras):
        average: None gives one number a class, "micro" counts all classes together, "macro" is the mean over classes,
            "weighted" the mean weighted by how often a class is true.
        beta: β, a float above 0: how much recall counts against precision.
        threshold: a float in (0, 1].

    >>> FBetaScore(beta=2.0, threshold=0.5)([[1, 1], [1, 0]], [[0.2, 0.6], [0.9, 0.6]]).round(4)
    array([0.5556, 0.8333], dtype=float32)
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(
                "Invalid `average` argument value. Expected one of: (None, 'micro', 'macro', 'weighted'). "
                f"Received: average={average}"
            )
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"Invalid `beta` argument value. It should be a Python float > 0. Received: beta={beta}")
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float that verifies 0 < threshold <= 1. "
                f"Received: threshold={threshold}"
            )
        self.average, self.beta, self.threshold = average, beta, threshold
        self._built = False

    def build(self, y_true_shape: tuple[int, ...], y_pred_shape: tuple[int, ...]) -> None:
        """Makes the counts, one for each class unless ``average`` is "micro"."""
        if self._built:
            return
        if len(y_pred_shape) != 2 or len(y_true_shape) != 2:
            raise ValueError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                f"y_pred.shape={y_pred_shape} and y_true.shape={y_true_shape}."
            )
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, name="intermediate_weights")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and predictions (N, K), with weights (N,)."""
        t, y = np.asarray(y_true, self.dtype), np.asarray(y_pred, self.dtype)
        self.build(t.shape, y.shape)
        if self.threshold is None:
            p = (y >= y.max(axis=-1, keepdims=True)) & (np.abs(y) > 1e-9)  # (1)
        else:
            p = y > y.dtype.type(self.threshold)
        p = p.astype(t.dtype)
        w = 1 if sample_weight is None else np.asarray(sample_weight, self.dtype).reshape(-1, 1)
        axis = None if self.average == "micro" else 0
        for variable, counted in zip(self.variables, (p * t, p * (1 - t), (1 - p) * t, t), strict=True):
            variable.assign_add((counted * w).sum(axis=axis))

    def result(self) -> Any:
        if not self._built:
            return 0.0
        tp, fp, fn, often = (variable.value for variable in self.variables)
        epsilon, b = config.epsilon(), self.beta**2
        precision, recall = tp / (tp + fp + epsilon), tp / (tp + fn + epsilon)
        score = precision * recall / (b * precision + recall + epsilon) * (1 + b)  # (2)
        if self.average is None:
            return score
        return float((score * (often / (often.sum() + epsilon))).sum() if self.average == "weighted" else score.mean())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """:class:`FBetaScore` with β = 1: 2 P R / (P + R).

    >>> F1Score(average="micro", threshold=0.5)([[1, 1], [1, 0]], [[0.2, 0.6], [0.9, 0.6]])    # P = R = 2/3
    0.6666...
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
