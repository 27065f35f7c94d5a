"""UnitNormalization: each vector gets length 1.

With sums over the entries of the axes::

    (1)  r = 1/√(Σ x²), at most 10¹²;   y = x r
    (2)  dx = r (dy − y Σ dy y),        and r dy where r is at most 10¹² by force

>>> from minikeras.layers import UnitNormalization
>>> UnitNormalization(dtype="float64")(np.array([[3.0, 4.0], [0.0, 0.0]]))
array([[0.6, 0.8],
       [0. , 0. ]])
"""

from typing import Any

import numpy as np

from ... import kernels
from ..base import Layer, Shape
from .base import back_from_rows, checked_axes, rows_first

_LARGEST = 1e12


class UnitNormalization(Layer):
    """Unit normalization.

    Args (as in Keras):
        axis: one or several; what is normalized.

    Differs from Keras: dx of a vector of zeros is r dy; TensorFlow gives NaN.
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = checked_axes(axis)
        self.built = True

    def _axes(self, ndim: int) -> tuple[int, ...]:
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        return tuple(sorted(axis % ndim for axis in axes))

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.compute_output_shape(shape)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        axes = self._axes(x.ndim)
        a = rows_first(x, axes)
        square = (a * a).sum(axis=(0, 2))
        tiny = square.real < _LARGEST**-2
        r = 1 / np.sqrt(np.where(tiny, _LARGEST**-2, square))
        rows = self.buffer("h", a.shape)
        np.multiply(a, r[:, None], out=rows)  # (1)
        self.save(rows=rows, r=r, tiny=tiny)
        return back_from_rows(rows, x.shape, axes)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        axes, rows = self._axes(dy.ndim), frame["rows"]
        direction = np.where(frame["tiny"][:, None], 0, rows)
        dx = self.buffer("dx", rows.shape)
        run = kernels.select(dx.dtype)
        run.rms_normalize_backward(rows_first(dy, axes), direction, frame["r"], dx, 1.0)  # (2)
        return back_from_rows(dx, dy.shape, axes)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for axis in self.axis if isinstance(self.axis, list) else [self.axis]:
            if not -len(input_shape) <= axis < len(input_shape):
                raise ValueError(f"Axis {self.axis} is out of bounds for input shape {input_shape}.")
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
