"""What every loss shares: how per-sample values become one number.

A loss is L = Σ w · ℓ(t, y): values ℓ, one for each sample, times weights w. The weights are the only place where
the mean, sample weights and masks enter, so ∂L/∂y = w · ∂ℓ/∂y.

The table of the reductions, masks and sample weights: :mod:`minikeras.losses.reduction`.
"""

from typing import Any, Self

import numpy as np

from .. import config
from ..errors import DataError, ShapeError
from ..tensor import Tensor, value, wrapped
from . import recorded
from .reduction import REDUCTIONS, reduction_weights, stretchable


class Loss:
    """Base class. A custom loss defines ``call(y_true, y_pred)`` with ``ops``, or ``values`` and ``gradient``.

    Args:
        name: its name in configs.
        reduction: see :mod:`minikeras.losses.reduction`.
        dtype: of the computation, a name or a policy; default the dtype of ``y_pred``. The gradient comes back in the
            dtype of ``y_pred``.

    Raises:
        ValueError: for an unknown reduction.

    Differs from Keras: without ``dtype`` Keras casts to ``floatx``.

    >>> class Cubic(Loss):
    ...     def values(self, y_true, y_pred): return ((y_pred - y_true) ** 3).mean(axis=-1)
    ...     def gradient(self, y_true, y_pred): return 3 * (y_pred - y_true) ** 2 / y_pred.shape[-1]
    >>> Cubic()([[0.0, 0.0]], [[1.0, 2.0]]).item(), Cubic().backward([[0.0, 0.0]], [[1.0, 2.0]])
    (4.5, array([[1.5, 6. ]]))
    """

    #: The targets a loss takes: "labels" (integer classes), "one-hot", "sequences" (labels, padded by 0),
    #: or "same" (the shape of y_pred).
    targets = "same"

    #: The outputs a loss is for: "probabilities" (of classes), "fractions" (in [0, 1]), "positive" or "numbers".
    outputs = "numbers"

    #: The axis, or the axes, of y_pred that one value belongs to; None for all of them.
    axis: int | tuple[int, ...] | None = -1

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. Received: reduction={reduction}"
            )
        self.name = name or config.unique_name(type(self).__name__)
        self.reduction = reduction
        self.dtype = None if dtype is None else np.dtype(getattr(dtype, "compute_dtype", dtype)).name

    # What a loss defines. Its arrays come from ``align``: the axes of one value are the last axis of both.

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """ℓ of every sample."""
        raise NotImplementedError(f"Loss {type(self).__name__} does not implement `values(y_true, y_pred)`.")

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """∂ℓ/∂y_pred of every sample's own value, in the shape of y_pred."""
        raise NotImplementedError(self._no_derivative("values"))

    def pull(self, y_true: np.ndarray, y_pred: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Σ w · ∂ℓ/∂y_pred. A loss whose values depend on other samples defines this instead of ``gradient``."""
        g = self.gradient(y_true, y_pred)
        return g * w.reshape(w.shape + (1,) * (g.ndim - w.ndim))

    def kept(self, y_true: np.ndarray) -> np.ndarray | None:
        """The loss's own mask: True where a value counts; None if all do."""
        return None

    @property
    def has_own_call(self) -> bool:
        """True if the class defines ``call``, with ``ops``."""
        return type(self).call is not Loss.call

    # Values and gradient of a batch.

    def call(self, y_true: Any, y_pred: Any) -> np.ndarray:
        """ℓ of every sample, from any arrays."""
        if recorded.is_recorded(y_true, y_pred):
            return recorded.recorded_values(self, y_true, y_pred)
        return self.values(*self.align(y_true, y_pred))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> Any:
        """L, in the dtype of ``y_pred``.

        Args:
            y_true, y_pred: targets and outputs.
            sample_weight: one weight for each value or each row.
            mask: True where a value counts, of a shape as ``sample_weight`` may have.
        """
        if recorded.is_recorded(y_true, y_pred) or self.has_own_call:
            return recorded.recorded_loss(self, y_true, wrapped(_floats(y_pred)), sample_weight, mask)
        y_true, y_pred = self.align(y_true, self._cast(y_pred))
        values, own = self.values(y_true, y_pred), self.kept(y_true)
        weighted = values * self._weights(values.shape, values.real.dtype, sample_weight, own, mask)
        return weighted if self.reduction in (None, "none") else weighted.sum()

    def backward(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> np.ndarray:
        """∂L/∂y_pred = Σ w · ∂ℓ/∂y_pred."""
        given = _floats(y_pred)
        if self.has_own_call:
            return recorded.derivative(self, y_true, given, sample_weight, mask)
        t, y = self.align(y_true, self._cast(given))
        w = self._weights(self.values_shape(y.shape), y.real.dtype, sample_weight, self.kept(t), mask)
        return self.restore(self.pull(t, y, w), given.shape).astype(given.dtype, copy=False)

    def weights(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> np.ndarray:
        """w, in the shape of the values."""
        y_true, y_pred = self.align(y_true, self._cast(y_pred))
        return self._weights(self.values_shape(y_pred.shape), y_pred.real.dtype, sample_weight, self.kept(y_true), mask)

    def _weights(
        self, shape: tuple[int, ...], dtype: Any, sample_weight: Any, own: np.ndarray | None, mask: Any
    ) -> np.ndarray:
        if mask is not None:
            mask = np.broadcast_to(stretchable(np.asarray(mask, bool), shape, "mask"), shape)
            own = mask if own is None else mask & own.reshape(shape)
        return reduction_weights(self.reduction, shape, dtype, sample_weight, own)

    def _no_derivative(self, given: str) -> str:
        return (
            f"Loss {type(self).__name__} has no derivative: it defines `{given}(y_true, y_pred)`, but ∂ℓ/∂y_pred is "
            f"missing. Define `values(y_true, y_pred)` and `gradient(y_true, y_pred)` to train on it."
        )

    def values_shape(self, y_pred_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the values for an aligned y_pred."""
        return y_pred_shape[:-1]

    def _cast(self, y: Any) -> np.ndarray:
        y = _floats(y)
        return y if self.dtype is None or y.dtype.kind == "c" else y.astype(self.dtype, copy=False)

    # Axes.

    def align(self, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
        """Both as arrays of one shape: floats of y_pred's dtype, with the axes of one value as their last axis.

        Differs from Keras: other shapes are an error, even if one could be stretched to the other.

        Raises:
            ShapeError: for two shapes.
        """
        y_pred = self._cast(y_pred)
        y_true = np.asarray(y_true)
        if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
            y_pred = y_pred[..., None]
        elif y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
            y_true = y_true[..., None]
        if y_true.shape != y_pred.shape:
            raise ShapeError(
                f"{self.name} needs y_true and y_pred of one shape. "
                f"Received: y_true.shape={y_true.shape}, y_pred.shape={y_pred.shape}"
            )
        return self.arrange(y_true.astype(y_pred.real.dtype, copy=False)), self.arrange(y_pred)

    def arrange(self, a: np.ndarray) -> np.ndarray:
        """The array with the axes of one value moved to the end and made one."""
        if self.axis == -1:
            return a
        axes = _axes(self.axis, a.ndim)
        a = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))
        return a.reshape(*a.shape[: a.ndim - len(axes)], -1)

    def restore(self, a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The inverse of ``arrange``, into the shape that y_pred came in."""
        if self.axis == -1:
            return a.reshape(shape)
        axes = _axes(self.axis, len(shape))
        rows = [n for i, n in enumerate(shape) if i not in axes]
        a = a.reshape(*rows, *(shape[i] for i in axes))
        return np.moveaxis(a, range(len(rows), len(shape)), axes)

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        """Looks at all targets before they are used.

        Raises:
            DataError: if their shape cannot belong to such outputs, or a value is NaN or infinite.
        """
        shape = tuple(y_pred_shape)
        if not any(fits(given, expected) for given, expected in _in_one_rank(y_true.shape, shape)):
            raise DataError(
                f"{self.name} needs targets of shape {shape}, as the model's outputs. Received: y.shape={y_true.shape}"
            )
        if y_true.dtype.kind == "f" and not np.isfinite(y_true).all():
            index = tuple(map(int, np.argwhere(~np.isfinite(y_true))[0]))
            raise DataError(f"y contains {y_true[index]} at index {index}.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The loss that a config describes."""
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A loss whose values a function gives.

    Args (as in Keras):
        fn: takes y_true, y_pred and ``kwargs``, gives one value for each sample; written with :mod:`minikeras.ops`.
        reduction, name: see :class:`Loss`.
    """

    def __init__(
        self,
        fn: Any,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred, **self._fn_kwargs)


def _in_one_rank(given: tuple[int, ...], shape: Any) -> list[tuple[Any, Any]]:
    """A shape of targets and one of outputs, also with an axis of length 1 at the end of one of them."""
    return [(given, shape), ((*given, 1), shape), (given, (*shape, 1))]


def fits(given: Any, shape: Any) -> bool:
    """True if the sizes are equal where the outputs' one is known."""
    return len(given) == len(shape) and all(s in (None, n) for n, s in zip(given, shape, strict=True))


def _axes(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Axes in [0, ndim), in order."""
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tuple(sorted(i % ndim for i in axes))


def _floats(y: Any) -> np.ndarray:
    y = y if isinstance(y, Tensor) else np.asarray(value(y))
    return y if y.dtype.kind in "fc" else y.astype(config.floatx())


def clip(p: np.ndarray, low: float, high: float) -> np.ndarray:
    """min(max(p, low), high) by the real part, so that complex numbers of the complex step pass through."""
    real = p.real.dtype.type
    return np.where(p.real < real(low), real(low), np.where(p.real > real(high), real(high), p))


def inside(p: np.ndarray, low: float, high: float) -> np.ndarray:
    """True where ``clip`` leaves p as it is, and so lets a gradient pass."""
    real = p.real.dtype.type
    return (p.real >= real(low)) & (p.real <= real(high))
