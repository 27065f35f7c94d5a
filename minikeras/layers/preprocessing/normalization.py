"""Normalization: y = (x − mean)/max(√variance, ε), with the mean and variance of the data that ``adapt`` saw."""

import math
from typing import Any

import numpy as np

from ... import config
from ...errors import ShapeError
from ...tensor import wrapped
from ..base import Layer, Shape


class Normalization(Layer):
    """Shifts and scales each feature to mean 0 and variance 1, both learned by ``adapt`` or given.

    ::

        (1) σ = max(√variance, ε)
        (2) y = (x − mean)/σ          dx = dy/σ
        (3) y = mean + x σ            dx = dy σ          with ``invert``

    ``adapt`` on an iterable merges the batches; with n rows seen and m new ones, w = m/(n + m)::

        (4) mean' = (1 − w) mean + w mean_batch
        (5) variance' = (1 − w)(variance + (mean − mean')²) + w (variance_batch + (mean_batch − mean')²)

    Args (as in Keras):
        axis: the axis or axes that keep statistics of their own; None for one mean and variance of all.
        mean, variance: given instead of learned; both or neither.
        invert: (3) instead of (2).

    Raises:
        ValueError: for one of mean and variance alone, for shapes of them that do not fit, or for an axis that the
            input lacks; from ``adapt`` for no data and for data of another shape.

    >>> layer = Normalization(dtype="float64")
    >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> layer(np.array([[3.0, 20.0]]), record=True)
    array([[1., 0.]])
    >>> layer.backward(np.ones((1, 2)))
    array([[1. , 0.1]])
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        if (mean is not None) != (variance is not None):
            raise ValueError(
                f"When setting values directly, both `mean` and `variance` must be set. "
                f"Received: mean={mean} and variance={variance}"
            )
        if mean is not None and np.shape(mean) != np.shape(variance):
            raise ValueError(
                f"When setting values directly, `mean` and `variance` must have the same shape. Received: mean shape "
                f"{np.shape(mean)} and variance shape {np.shape(variance)}"
            )
        if mean is not None and np.ndim(mean) > len(self.axis):
            raise ValueError(
                f"The rank of `mean` must be less than or equal to the number of axes ({len(self.axis)}). "
                f"Received: mean shape {np.shape(mean)} for axis {self.axis}"
            )
        self.input_mean, self.input_variance, self.invert = mean, variance, invert

    def build(self, input_shape: Shape) -> None:
        n = len(input_shape)
        if any(not -n <= a < n for a in self.axis):
            raise ShapeError(
                f"All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim={n}, "
                f"while axis={self.axis}"
            )
        self._keep = tuple(sorted(a % n for a in self.axis))
        if any(input_shape[a] is None for a in self._keep):
            raise ShapeError(
                f"All `axis` values to be kept must have a known shape. Received axis={self.axis}, "
                f"inputs.shape={input_shape}"
            )
        self._reduce = tuple(a for a in range(n) if a not in self._keep)
        self._broadcast: Any = [input_shape[a] if a in self._keep else 1 for a in range(n)]
        if self.input_mean is None:
            shape: Any = tuple(input_shape[a] for a in self._keep)
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")
        self.mark_built(input_shape)

    @property
    def mean(self) -> Any:
        """The mean, of a shape that broadcasts to x; None before the layer is built."""
        return wrapped(self._statistic("adapt_mean", self.input_mean))

    @property
    def variance(self) -> Any:
        """The variance, likewise."""
        return wrapped(self._statistic("adapt_variance", self.input_variance))

    def _statistic(self, learned: str, given: Any) -> Any:
        if not self.built:
            return None
        if given is None:
            return getattr(self, learned).value.reshape(self._broadcast)
        shape = [1] * len(self._broadcast)
        for axis, size in zip(reversed(self._keep), reversed(np.shape(given)), strict=False):
            shape[axis] = size
        return np.broadcast_to(np.asarray(given, self._dtype).reshape(shape), self._broadcast)

    def adapt(self, data: Any) -> None:
        """Learns mean and variance of an array, or of an iterable of batches, (4) and (5)."""
        seen, mean, variance = 0, np.float64(0), np.float64(0)
        for batch in [data] if hasattr(data, "shape") else data:
            batch = batch[0] if isinstance(batch, tuple) else batch
            if not hasattr(batch, "shape"):
                raise TypeError(
                    f"adapt() expects an array, or an iterable of arrays with a `.shape`. Received an element of type "
                    f"{type(batch).__name__}."
                )
            x = np.asarray(batch)
            if not self.built:
                self.build(x.shape)
            if x.ndim != len(self._broadcast) or any(x.shape[a] != self._broadcast[a] for a in self._keep):
                raise ShapeError(
                    f"Layer '{self.name}' was built for inputs of shape {self._build_shape}, but adapt() is being "
                    f"called with data of an incompatible shape {x.shape}."
                )
            new = math.prod(x.shape[a] for a in self._reduce)
            batch_mean, batch_variance = x.mean(axis=self._reduce), x.var(axis=self._reduce)
            seen += new
            w = new / seen
            before, mean = mean, (1 - w) * mean + w * batch_mean  # (4)
            variance = (1 - w) * (variance + (before - mean) ** 2) + w * (batch_variance + (batch_mean - mean) ** 2)
        if not seen:
            raise ValueError("adapt() received no data. Expected an array, or an iterable of at least one batch.")
        if self.input_mean is None:
            self.adapt_mean.assign(np.reshape(mean, self.adapt_mean.shape))
            self.adapt_variance.assign(np.reshape(variance, self.adapt_variance.shape))

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        mean, sigma = self._statistic("adapt_mean", self.input_mean), self._sigma()
        self.save(sigma=sigma)
        return mean + x * sigma if self.invert else (x - mean) / sigma  # (3), (2)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        sigma = self.saved()["sigma"]
        return dy * sigma if self.invert else dy / sigma

    def _sigma(self) -> np.ndarray:
        variance = self._statistic("adapt_variance", self.input_variance)
        return np.maximum(np.sqrt(variance), np.asarray(config.epsilon(), variance.dtype))  # (1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": np.array(self.input_mean).tolist(),
            "variance": np.array(self.input_variance).tolist(),
        }
