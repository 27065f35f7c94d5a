"""Metrics of numbers that are no mean of a loss, and the cosine."""

import warnings
from typing import Any

import numpy as np

from .. import config, losses
from .base import Mean, MeanMetricWrapper, Metric, same_rank


class RootMeanSquaredError(Mean):
    """√ of the mean of (y_pred − y_true)².

    >>> round(RootMeanSquaredError()([[0.0, 1.0]], [[3.0, 5.0]]), 4)       # √((9 + 16) / 2)
    3.5355
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Adds a batch of targets and outputs, with weights of shape (), (N,) or (N, …)."""
        t, y = same_rank(np.asarray(y_true, self.dtype), np.asarray(y_pred, self.dtype))
        super().update_state(np.square(y - t), sample_weight)

    def result(self) -> float:
        return float(np.sqrt(np.dtype(self.dtype).type(super().result())))


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """The cosine of the angle between targets and outputs along an axis: minus the loss of that name."""
    return -losses.cosine_similarity(y_true, y_pred, axis)


class CosineSimilarity(MeanMetricWrapper):
    """The mean of :func:`cosine_similarity`.

    Differs from Keras: the config keeps an axis other than the last, which Keras's forgets.

    >>> round(CosineSimilarity()([[3.0, 4.0]], [[4.0, 3.0]]), 4)
    0.96
    """

    _direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        result = {"name": self.name, "dtype": self.dtype}
        return result if self.axis == -1 else {**result, "axis": self.axis}


class R2Score(Metric):
    """The coefficient of determination of targets and outputs (N, K): 1 for a perfect fit, 0 for one like the mean.

    (1) total[k] = Σ w t² − (Σ w t)² / Σ w;  R²[k] = 1 − Σ w (t − y)² / total[k], and 0 where that is infinite
    (2) with p ``num_regressors`` and n numbers:  1 − (1 − R²)(n − 1)/(n − p − 1)

    Args (as in Keras):
        class_aggregation: None gives one number an output, "uniform_average" their mean, "variance_weighted_average"
            their mean weighted by total.
        num_regressors: p, for the adjusted score; 0 for the plain one.

    >>> round(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]), 6)      # 1 − 2 / (14/3)
    0.571429
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        valid = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in valid:
            raise ValueError(
                f"Invalid value for argument `class_aggregation`. Expected one of {valid}. "
                f"Received: class_aggregation={class_aggregation}"
            )
        if num_regressors < 0:
            raise ValueError(
                f"Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), name="num_samples")
        self._built = False

    def build(self, y_true_shape: tuple[int, ...], y_pred_shape: tuple[int, ...]) -> None:
        """Makes the sums, one for each output."""
        if self._built:
            return
        if len(y_pred_shape) != 2:
            raise ValueError(
                "R2Score expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                f"y_pred.shape={y_pred_shape} and y_true.shape={y_true_shape}."
            )
        shape = (y_pred_shape[-1],)
        self.squared_sum = self.add_variable(shape, name="squared_sum")
        self.sum = self.add_variable(shape, name="sum")
        self.total_mse = self.add_variable(shape, name="residual")
        self.count = self.add_variable(shape, name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of targets and outputs (N, K), with weights of shape (), (N,) or (N, K)."""
        t, y = same_rank(np.asarray(y_true, self.dtype), np.asarray(y_pred, self.dtype))
        self.build(t.shape, y.shape)
        w = np.asarray(1 if sample_weight is None else sample_weight, self.dtype)
        w = np.broadcast_to(w[:, None] if w.ndim == 1 else w, t.shape)
        self.sum.assign_add((t * w).sum(axis=0))
        self.squared_sum.assign_add((t * t * w).sum(axis=0))
        self.total_mse.assign_add((np.square(t - y) * w).sum(axis=0))
        self.count.assign_add(w.sum(axis=0))
        self.num_samples.assign_add(t.size)

    def result(self) -> Any:
        if not self._built:
            return 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            total = self.squared_sum - self.sum * (self.sum / self.count)  # (1)
            scores = 1 - self.total_mse / total
            scores = np.where(np.isinf(scores), 0, scores)
            if self.class_aggregation == "uniform_average":
                scores = scores.mean()
            elif self.class_aggregation == "variance_weighted_average":
                scores = (total * scores).sum() / total.sum()
        n, p = int(self.num_samples), self.num_regressors
        if p and p >= n - 1:
            warnings.warn(
                f"The adjusted R2 score needs more than {p} + 1 numbers. Received: {n}. Falling back to the standard "
                f"R2 score.",
                stacklevel=2,
            )
        elif p:
            scores = 1 - (1 - scores) * (n - 1) / (n - p - 1)  # (2)
        return float(scores) if np.ndim(scores) == 0 else scores

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """cov(t, y) / (σ(t) σ(y)) along an axis; NaN for a constant.

    >>> pearson_correlation([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]])
    array([1.])
    """
    t, y = _pair(y_true, y_pred)
    with np.errstate(divide="ignore", invalid="ignore"):
        t, y = ((a - a.mean(axis, keepdims=True)) / a.std(axis, keepdims=True) for a in (t, y))
    return (t * y).mean(axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """2 cov(t, y) / (var(t) + var(y) + (mean(t) − mean(y))² + ε) along an axis (Lin, 1989): 1 only for t = y.

    >>> concordance_correlation([[0.0, 2.0]], [[2.0, 4.0]]).round(4)           # 2 · 1 / (1 + 1 + 4)
    array([0.3333])
    """
    t, y = _pair(y_true, y_pred)
    dt, dy = (a - a.mean(axis, keepdims=True) for a in (t, y))
    norm = t.var(axis) + y.var(axis) + np.square(t.mean(axis) - y.mean(axis))
    return 2 * (dt * dy).mean(axis) / (norm + config.epsilon())


def _pair(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    y = np.asarray(y_pred)
    y = y if y.dtype.kind == "f" else y.astype("float32")
    return same_rank(np.asarray(y_true, y.dtype), y)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of :func:`pearson_correlation`."""

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "axis": self.axis}


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of :func:`concordance_correlation`."""

    _direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, "axis": self.axis}
