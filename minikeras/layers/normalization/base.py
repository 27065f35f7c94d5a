"""What the normalizations share: γ and β along some axes, and y = γ h + β.

With h the normalized input, of x's shape, and γ and β broadcast over the axes that they do not have::

    (1)  y = γ h + β
    (2)  dh = γ dy        (3)  dγ = Σ dy h        (4)  dβ = Σ dy        (sums over the axes that γ does not have)
"""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...parameter import Parameter
from ..arguments import ALL, Weighted, expect_axis
from ..base import Shape

Axes = int | list[int]


def checked_axes(axis: Any) -> Any:
    """An integer or a list of integers.

    Raises:
        TypeError: for anything else.
    """
    if isinstance(axis, list | tuple):
        return list(axis)
    if isinstance(axis, int):
        return axis
    raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}")


class Normalization(Weighted):
    """A layer that ends with y = γ h + β."""

    roles = {"beta": ALL, "gamma": ALL}
    axis: Any
    gamma: Parameter | None = None
    beta: Parameter | None = None
    center = True
    scale = True

    def _axes(self, ndim: int) -> tuple[int, ...]:
        """The axes of γ and β, counted from 0 and sorted."""
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        return tuple(sorted(axis % ndim for axis in axes))

    def _add_scale_and_center(self, input_shape: Shape, gamma: str = "gamma") -> None:
        self.compute_output_shape(input_shape)
        shape = tuple(input_shape[axis] for axis in self._axes(len(input_shape)))
        if None in shape:
            raise ShapeError(
                f"Axis {self.axis} of the input of layer '{self.name}' ({type(self).__name__}) should have a defined "
                f"dimension, but the layer received an input with shape {input_shape}."
            )
        if self.scale:
            self.gamma = self._add("gamma", shape, gamma)  # type: ignore[arg-type]
        if self.center:
            self.beta = self._add("beta", shape)  # type: ignore[arg-type]

    def _spread(self, parameter: Parameter, ndim: int) -> np.ndarray:
        """A view of γ or β that broadcasts over an input."""
        shape = np.ones(ndim, int)
        shape[list(self._axes(ndim))] = parameter.shape
        return parameter.value.reshape(shape)

    def _scale_and_center(self, h: np.ndarray) -> np.ndarray:
        if self.gamma is None and self.beta is None:
            return h
        y = self.buffer("y", h.shape)
        np.multiply(h, 1 if self.gamma is None else self._spread(self.gamma, h.ndim), out=y)
        if self.beta is not None:
            y += self._spread(self.beta, h.ndim)  # (1)
        return y

    def _scale_and_center_backward(self, dy: np.ndarray, h: np.ndarray) -> np.ndarray:
        own = self._axes(h.ndim)
        others = tuple(axis for axis in range(h.ndim) if axis not in own)
        if self.beta is not None and self.trainable:
            dy.sum(axis=others, out=self.beta.grad)  # (4)
        if self.gamma is None:
            return dy
        dh = self.buffer("dh", h.shape)
        if self.trainable:
            np.multiply(dy, h, out=dh)
            dh.sum(axis=others, out=self.gamma.grad)  # (3)
        return np.multiply(dy, self._spread(self.gamma, h.ndim), out=dh)  # (2)

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.compute_output_shape(shape)
        built = self._build_shape or ()
        if len(shape) != len(built):
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected ndim={len(built)}, found '
                f"ndim={len(shape)}. Full shape received: {shape}"
            )
        for axis in self._axes(len(shape)):
            expect_axis(self, shape, axis, built[axis])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for axis in self.axis if isinstance(self.axis, list) else [self.axis]:
            if not -len(input_shape) <= axis < len(input_shape):
                raise ValueError(
                    f"Axis {axis} is out of bounds for input shape {input_shape}. Received: axis={self.axis}"
                )
        return input_shape

    def _scale_config(self) -> dict[str, Any]:
        return {"center": self.center, "scale": self.scale, **self._roles_config()}


def rows_first(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """x with these axes last and flattened: (1, R, B), R counting the others; a view where it can be one."""
    moved = np.moveaxis(x, axes, range(-len(axes), 0))
    inner = int(np.prod(moved.shape[x.ndim - len(axes) :]))
    return moved.reshape(1, x.size // inner if inner else 0, inner)


def back_from_rows(rows: np.ndarray, shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """What :func:`rows_first` made of an array of this shape, in that shape again."""
    others = [axis for axis in range(len(shape)) if axis not in axes]
    moved = rows.reshape([shape[axis] for axis in (*others, *axes)])
    return np.moveaxis(moved, range(-len(axes), 0), axes)
