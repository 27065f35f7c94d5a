"""Reshape, Permute and RepeatVector: the same numbers in another order, or several times."""

import math
from typing import Any

import numpy as np

from ...errors import ShapeError
from ..base import Layer, Shape


class Reshape(Layer):
    """The same numbers in another shape: y = x.reshape(N, …), dx = dy.reshape(x.shape).

    Args (as in Keras):
        target_shape: the shape of one sample; one size may be −1, which is what is left.

    Raises:
        ValueError: for a shape with another negative size or two of −1, and for an input of another total size.

    >>> Reshape((2, -1))(np.arange(6.0).reshape(1, 6))
    array([[[0., 1., 2.],
            [3., 4., 5.]]], dtype=float32)
    """

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)
        if any(size < -1 for size in self.target_shape):
            raise ValueError(
                f"Each dimension in `target_shape` must be a non-negative integer, or `-1` for a single unknown "
                f"dimension. Received: target_shape={self.target_shape}."
            )
        if self.target_shape.count(-1) > 1:
            raise ValueError(
                f"There must be at most one unknown dimension (-1) in `target_shape`. Received: "
                f"target_shape={self.target_shape}."
            )
        self.built = True

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.save(shape=x.shape)
        return x.reshape(self.compute_output_shape(x.shape))  # type: ignore[arg-type]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy.reshape(self.saved()["shape"])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes, known = input_shape[1:], math.prod(size for size in self.target_shape if size != -1)
        if None in sizes:
            return (input_shape[0], *(None if size == -1 else size for size in self.target_shape))
        total = math.prod(sizes)  # type: ignore[arg-type]
        rest = total // known if known else 0
        result = tuple(rest if size == -1 else size for size in self.target_shape)
        if math.prod(result) != total:
            raise ShapeError(
                f"The total size of the tensor must be unchanged, in layer '{self.name}'. Received: "
                f"input_shape={sizes}, target_shape={self.target_shape}"
            )
        return (input_shape[0], *result)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """The axes in another order: y = x with axis dims[i] in place i, counted from 1.

    Args (as in Keras):
        dims: the numbers 1, 2, … in some order.

    Raises:
        ValueError: for other numbers.

    >>> Permute((2, 1)).compute_output_shape((None, 10, 64))
    (None, 64, 10)
    """

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
                f"consecutive and start from 1. Received dims={dims}"
            )
        self.built = True

    def check_input(self, shape: tuple[int, ...]) -> None:
        _expect_ndim(self, shape, len(self.dims) + 1)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        y = self.buffer("y", tuple(x.shape[axis] for axis in (0, *self.dims)))
        np.copyto(y, x.transpose(0, *self.dims))
        self.save()
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.saved()
        moved = dy.transpose(np.argsort((0, *self.dims)))
        dx = self.buffer("dx", moved.shape)
        np.copyto(dx, moved)
        return dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """A vector n times: y[:, i] = x for i = 0 … n−1, so dx = Σᵢ dy[:, i].

    Args (as in Keras):
        n: a positive integer.

    Raises:
        TypeError, ValueError: for anything else.

    >>> RepeatVector(2)(np.array([[1.0, 2.0]]))
    array([[[1., 2.],
            [1., 2.]]], dtype=float32)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        if n <= 0:
            raise ValueError(f"Argument `n` should be a positive integer. Received: n={n}")
        self.n = n
        self.built = True

    def check_input(self, shape: tuple[int, ...]) -> None:
        _expect_ndim(self, shape, 2)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        y = self.buffer("y", (len(x), self.n, x.shape[1]))
        y[...] = x[:, None]
        self.save()
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.saved()
        dx = self.buffer("dx", (len(dy), dy.shape[-1]))
        return dy.sum(axis=1, out=dx)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}


def _expect_ndim(layer: Layer, shape: tuple[int, ...], ndim: int) -> None:
    if len(shape) != ndim:
        raise ShapeError(
            f'Input 0 of layer "{layer.name}" is incompatible with the layer: expected ndim={ndim}, found '
            f"ndim={len(shape)}. Full shape received: {shape}"
        )
