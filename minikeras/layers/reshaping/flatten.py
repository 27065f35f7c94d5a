"""Flatten: each sample becomes one row."""

import math
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...windows import standard_data_format
from ..base import Layer, Shape


class Flatten(Layer):
    """Makes each sample one row: (N, a, b, …) → (N, a·b·…).

    y[n, :] = x[n].ravel(), so dx = dy.reshape(x.shape): the numbers only change places. The output is a view.

    Args (as in Keras):
        data_format: "channels_first" moves the channels of (N, C, a, …) to the end first.

    >>> layer = Flatten()
    >>> layer(np.zeros((2, 28, 28)), record=True).shape
    (2, 784)
    >>> layer.backward(np.ones((2, 784))).shape
    (2, 28, 28)
    """

    quantities = {
        "y": ("y[n] = x[n].ravel()", r"y_n = \mathrm{vec}(x_n)"),
        "dx": ("dx = dy, in the shape of x", r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}"),
    }

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(data_format)

    def check_input(self, shape: tuple[int, ...]) -> None:
        if len(shape) < 1:
            raise ShapeError(f'Input 0 of layer "{self.name}" needs a batch axis. Received a scalar.')

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if self.data_format == "channels_first" and x.ndim > 1:
            x = np.moveaxis(x, 1, -1)
        self.save(shape=x.shape)
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx = dy.reshape(self.saved()["shape"])
        return np.moveaxis(dx, -1, 1) if self.data_format == "channels_first" and dx.ndim > 1 else dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else math.prod(s for s in sizes if s is not None))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
