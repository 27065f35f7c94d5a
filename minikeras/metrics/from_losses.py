"""Losses as metrics: running means of the per-sample values of :mod:`minikeras.losses`."""

from typing import Any

import numpy as np

from .. import losses
from .base import MeanMetricWrapper


class _LossMetric(MeanMetricWrapper):
    _direction = "down"

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype, **self._fn_kwargs}


class MeanSquaredError(_LossMetric):
    """The mean of ``losses.mean_squared_error``.

    >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]])
    0.5
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(_LossMetric):
    """The mean of ``losses.mean_absolute_error``.

    >>> MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 1.0]])
    0.5
    """

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(_LossMetric):
    """The mean of ``losses.mean_absolute_percentage_error``."""

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(_LossMetric):
    """The mean of ``losses.mean_squared_logarithmic_error``."""

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class LogCoshError(_LossMetric):
    """The mean of ``losses.log_cosh``."""

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(losses.log_cosh, name, dtype)


class Hinge(_LossMetric):
    """The mean of ``losses.hinge``."""

    def __init__(self, name: str | None = "hinge", dtype: Any = None) -> None:
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(_LossMetric):
    """The mean of ``losses.squared_hinge``."""

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None) -> None:
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(_LossMetric):
    """The mean of ``losses.categorical_hinge``."""

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None) -> None:
        super().__init__(losses.categorical_hinge, name, dtype)


class KLDivergence(_LossMetric):
    """The mean of ``losses.kl_divergence``."""

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None) -> None:
        super().__init__(losses.kl_divergence, name, dtype)


class Poisson(_LossMetric):
    """The mean of ``losses.poisson``."""

    def __init__(self, name: str | None = "poisson", dtype: Any = None) -> None:
        super().__init__(losses.poisson, name, dtype)


class BinaryCrossentropy(_LossMetric):
    """The mean of ``losses.binary_crossentropy``.

    >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.8], [0.5]]), 4)
    0.4581
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(losses.binary_crossentropy, name, dtype, **arguments)


class CategoricalCrossentropy(_LossMetric):
    """The mean of ``losses.categorical_crossentropy``.

    >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
    0.6931
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(losses.categorical_crossentropy, name, dtype, **arguments)


class SparseCategoricalCrossentropy(_LossMetric):
    """The mean of ``losses.sparse_categorical_crossentropy``.

    Args:
        ignore_class: a label whose samples have the value 0. As in Keras they still count in the mean, unless
            there are sample weights.

    >>> round(SparseCategoricalCrossentropy()([1, 0], [[0.2, 0.8], [0.5, 0.5]]), 4)
    0.4581
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        arguments = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, **arguments)
        self.ignore_class = ignore_class

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        if sample_weight is not None and self.ignore_class is not None:
            counted = (np.asarray(y_true) != self.ignore_class).reshape(np.shape(y_pred)[:-1])
            weights = np.asarray(sample_weight, self.dtype)
            if weights.ndim == counted.ndim + 1 and weights.shape[-1] == 1:
                weights = weights[..., 0]
            sample_weight = weights * counted
        super().update_state(y_true, y_pred, sample_weight, mask)
