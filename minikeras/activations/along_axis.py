"""Activations of whole vectors, which lie along an axis: the softmaxes, sparsemax and glu."""

import math

import numpy as np

from .. import kernels
from .base import Activation

Axis = int | tuple[int, ...] | None


class AlongAxis(Activation):
    """softmax, log_softmax and sparsemax (x, axis=-1): functions of whole vectors, which lie along the axis.

    For the two softmaxes ``axis`` may be a tuple, whose axes span the block that is one vector, or None for the whole
    array, as in Keras.

    Sources: Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990; Martins &
    Astudillo, "From softmax to sparsemax", ICML 2016.

    Differs from Keras: a vector with NaN or +∞ in it gives NaN throughout; TensorFlow gives 0 in some places. And
    sparsemax sums to 1, as in the paper; Keras 3.15.1 adds up the running sums where the last of them belongs, so its
    results do not sum to 1 where more than one entry is positive.

    >>> from minikeras.activations import softmax, sparsemax
    >>> softmax(np.array([[0.0, math.log(3.0)]]))
    array([[0.25, 0.75]])
    >>> softmax(np.array([[0.0], [math.log(3.0)]]), axis=0).ravel()
    array([0.25, 0.75])
    >>> sparsemax(np.array([[0.5, 1.0, -3.0]]))
    array([[0.25, 0.75, 0.  ]])
    """

    def forward(self, z: np.ndarray, y: np.ndarray, axis: Axis = -1) -> None:
        k = kernels.select(z.dtype)
        rows = _rows(y, axis)
        getattr(k, self.__name__)(_rows(z, axis), rows)
        _put_rows(rows, y, axis)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, axis: Axis = -1) -> None:
        k = kernels.select(z.dtype)
        rows = _rows(dz, axis)
        getattr(k, f"{self.__name__}_backward")(_rows(dy, axis), _rows(y, axis), rows)
        _put_rows(rows, dz, axis)


class GLU(Activation):
    """glu(x, axis=-1): x is cut into halves a and g along the axis; a · sigmoid(g), half as long as x.

    Source: Dauphin, Fan, Auli & Grangier, "Language modeling with gated convolutional networks", ICML 2017.

    Raises:
        ValueError: for an axis of odd size, and inside a layer whose output must be as wide as its
            pre-activation, such as Dense: there an ``Activation("glu")`` layer of its own is what works.

    >>> from minikeras.activations import glu
    >>> glu(np.array([[4.0, 0.0]]))                       # 4 · sigmoid(0)
    array([[2.]])
    """

    def output_shape(self, shape: tuple[int, ...], axis: int = -1) -> tuple[int, ...]:
        if shape[axis] % 2:
            raise ValueError(f"axis size must be divisible by 2. Received: x.shape={shape} with axis={axis}")
        axis %= len(shape)
        return (*shape[:axis], shape[axis] // 2, *shape[axis + 1 :])

    def forward(self, z: np.ndarray, y: np.ndarray, axis: int = -1) -> None:
        if y.shape != self.output_shape(z.shape, axis):
            raise ValueError(
                f"glu makes {self.output_shape(z.shape, axis)} of {z.shape}, and got {y.shape} to write to. Give it a "
                f"layer of its own, Activation('glu'), after the layer that makes its input."
            )
        rows = _rows(y, axis)
        kernels.select(z.dtype).glu(_rows(z, axis), rows)
        _put_rows(rows, y, axis)

    def backward(self, dy: np.ndarray, z: np.ndarray, y: np.ndarray, dz: np.ndarray, axis: int = -1) -> None:
        rows = _rows(dz, axis)
        kernels.select(z.dtype).glu_backward(_rows(dy, axis), _rows(z, axis), rows)
        _put_rows(rows, dz, axis)


def _moved(a: np.ndarray, axis: Axis) -> tuple[np.ndarray, int]:
    """A view of ``a`` with the axes last, and how many entries they span."""
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return np.moveaxis(a, axes, tuple(range(-len(axes), 0))), math.prod(a.shape[i] for i in axes)


def _rows(a: np.ndarray, axis: Axis) -> np.ndarray:
    """``a`` as a matrix whose rows lie along the axis: a view if it can be one, else a copy."""
    if axis == -1 and a.ndim == 2:
        return a
    moved, size = _moved(a, axis)
    return moved.reshape(a.size // size if size else 0, size)


def _put_rows(rows: np.ndarray, a: np.ndarray, axis: Axis) -> None:
    """Writes into ``a`` the matrix that :func:`_rows` made of it, if that was a copy."""
    if not np.may_share_memory(rows, a):
        moved, _ = _moved(a, axis)
        moved[...] = rows.reshape(moved.shape)
