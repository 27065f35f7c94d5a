"""Functions that normalize arrays.

With h the normalized x, r what it is multiplied by, and sums over all entries that share a mean, a scale or an offset.
"""

from typing import Any

import numpy as np

from ... import config
from ...errors import ShapeError
from ...tensor import wrapped
from ..base import Op, normal_axes, summed_to
from ..linalg import norm
from ..numpy import arithmetic, reductions


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """x / max(‖x‖, ε), the norm along an axis."""
    length = norm(x, order, axis, keepdims=True)
    return arithmetic.divide(x, arithmetic.maximum(length, config.epsilon() if epsilon is None else epsilon))


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Mean and variance along axes."""
    return reductions.mean(x, axes, keepdims), reductions.var(x, axes, keepdims)


class BatchNormalization(Op):
    """h = (x − μ) r with r = 1/√(v + ε);  y = γ h + β.

    dβ = Σ dy;  dγ = Σ dy h;  dh = γ dy;  dx = r dh;  dμ = −r Σ dh;  dv = −½ r² Σ dh h.
    """

    needs_floats = True
    axis: int
    epsilon: float = 1e-3

    def call(self, x: Any, mean: Any, variance: Any, offset: Any = None, scale: Any = None) -> Any:
        vectors = {"mean": mean, "variance": variance, "offset": offset, "scale": scale}
        for name, vector in vectors.items():
            if vector is not None and vector.shape != (x.shape[self.axis],):
                raise ShapeError(
                    f"batch_normalization needs `{name}` to be a vector of length x.shape[axis]. Expected: "
                    f"{(x.shape[self.axis],)}. Received: {vector.shape}"
                )
        r = 1 / np.sqrt(self._seen(variance, x) + self.epsilon)
        h = (x - self._seen(mean, x)) * r
        self.save(h=h, r=r, scale=scale, offset=offset)
        return _scaled(h, self._seen(scale, x), self._seen(offset, x))

    def backward(self, dy: np.ndarray) -> tuple[Any, ...]:
        h, r, scale, offset = (self.saved()[name] for name in ("h", "r", "scale", "offset"))
        dh = dy if scale is None else dy * self._seen(scale, dy)
        d_mean, d_variance = self._summed(-r * dh), self._summed(-(r**2) / 2 * dh * h)
        d_scale = None if scale is None else self._summed(dy * h)
        return r * dh, d_mean, d_variance, None if offset is None else self._summed(dy), d_scale

    def _seen(self, vector: Any, x: np.ndarray) -> Any:
        """A vector along the axis of x."""
        return None if vector is None else vector.reshape(_shape(x, normal_axes(self.axis, x.ndim)))

    def _summed(self, d: np.ndarray) -> np.ndarray:
        own = normal_axes(self.axis, d.ndim)
        return d.sum(axis=tuple(a for a in range(d.ndim) if a not in own))


class LayerNormalization(Op):
    """h = (x − μ) r with μ the mean of x, v that of (x − μ)², r = 1/√(v + ε);  y = γ h + β.

    dβ = Σ dy;  dγ = Σ dy h;  dh = γ dy;  dx = r (dh − mean dh − h · mean(dh h)).

    Args (as in Keras):
        x: any shape.
        gamma, beta: γ and β, of the shape of the axes, or of one that is stretched to that of x.
        axis: one or several, over which the means are taken.
        epsilon: ε, by default ``config.epsilon()``.

    Source: Ba, Kiros & Hinton, "Layer normalization", 2016.

    Differs from Keras: there is no ``rms_scaling``, which Keras has deprecated.

    >>> layer_normalization(np.array([1.0, 3.0, 5.0]), epsilon=0.0) * np.sqrt(8 / 3)
    array([-2.,  0.,  2.])
    """

    needs_floats = True
    axis: Any = -1
    epsilon: Any = None

    def call(self, x: Any, gamma: Any = None, beta: Any = None) -> Any:
        axes = normal_axes(self.axis, x.ndim)
        precise = _precise(x)
        centered = precise - precise.mean(axis=axes, keepdims=True)
        r = 1 / np.sqrt((centered * centered).mean(axis=axes, keepdims=True) + _epsilon(self))
        h = centered * r
        self.save(h=h, r=r, axes=axes, gamma=gamma, beta=beta)
        return _as(_scaled(h, _along(gamma, x, axes), _along(beta, x, axes)), x)

    def backward(self, dy: np.ndarray) -> tuple[Any, Any, Any]:
        h, r, axes, gamma, beta = (self.saved()[name] for name in ("h", "r", "axes", "gamma", "beta"))
        dh = dy if gamma is None else dy * _along(gamma, dy, axes)
        dx = r * (dh - dh.mean(axis=axes, keepdims=True) - h * (dh * h).mean(axis=axes, keepdims=True))
        return _as(dx, dy), _gradient(dy * h, gamma, axes), _gradient(dy, beta, axes)


class RmsNormalization(Op):
    """h = x r with r = (mean of x² + ε)^(−½);  y = γ h.

    dγ = Σ dy h;  dh = γ dy;  dx = r (dh − h · mean(dh h)).

    Args (as in Keras):
        x: any shape.
        scale: γ, stretched to the shape of x.
        axis: one or several, over which the mean is taken.
        epsilon: ε, by default ``config.epsilon()``.

    Source: Zhang & Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    >>> rms_normalization(np.array([3.0, 4.0]), epsilon=0.0) * np.sqrt(12.5)
    array([3., 4.])
    """

    needs_floats = True
    axis: Any = -1
    epsilon: Any = None

    def call(self, x: Any, scale: Any = None) -> Any:
        axes = normal_axes(self.axis, x.ndim)
        precise = _precise(x)
        r = 1 / np.sqrt((precise * precise).mean(axis=axes, keepdims=True) + _epsilon(self))
        h = precise * r
        self.save(h=h, r=r, axes=axes, scale=scale)
        return _as(_scaled(h, scale, None), x)

    def backward(self, dy: np.ndarray) -> tuple[Any, Any]:
        h, r, axes, scale = (self.saved()[name] for name in ("h", "r", "axes", "scale"))
        dh = dy if scale is None else dy * scale
        dx = r * (dh - h * (dh * h).mean(axis=axes, keepdims=True))
        return _as(dx, dy), None if scale is None else summed_to(dy * h, scale)


def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    """scale (x − mean) / √(variance + ε) + offset, with vectors along one axis; mean and variance are given.

    Raises:
        ShapeError: for a vector of another length than that of the axis.

    >>> batch_normalization(np.array([[1.0, 2.0]]), [0.0, 1.0], [1.0, 4.0], -1, epsilon=0.0)
    array([[1. , 0.5]])
    """
    return wrapped(BatchNormalization(axis, epsilon)(x, mean, variance, offset, scale))


layer_normalization, rms_normalization = LayerNormalization.function(), RmsNormalization.function()


def _epsilon(op: Any) -> float:
    return config.epsilon() if op.epsilon is None else op.epsilon


def _precise(x: np.ndarray) -> np.ndarray:
    """x in float32 at least."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def _as(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """y with the dtype of x, if it is real."""
    return y.astype(x.dtype, copy=False) if y.dtype.kind == "f" else y


def _scaled(h: np.ndarray, scale: Any, offset: Any) -> np.ndarray:
    """y = γ h + β, without what is None."""
    y = h if scale is None else h * scale
    return y if offset is None else y + offset


def _shape(x: np.ndarray, axes: tuple[int, ...]) -> list[int]:
    """The shape of x with 1 for all other axes."""
    return [size if a in axes else 1 for a, size in enumerate(x.shape)]


def _along(vector: Any, x: np.ndarray, axes: tuple[int, ...]) -> Any:
    """An array of the shape of some axes, or one of the rank of x, along these."""
    return vector if vector is None or vector.ndim == x.ndim else vector.reshape(_shape(x, axes))


def _gradient(d: np.ndarray, vector: Any, axes: tuple[int, ...]) -> Any:
    return None if vector is None else summed_to(d, _along(vector, d, axes)).reshape(vector.shape)
