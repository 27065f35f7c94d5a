"""Rescaling: y = scale · x + offset, dx = scale · dy."""

from typing import Any

import numpy as np

from ..base import Layer, Shape


class Rescaling(Layer):
    """y = scale · x + offset, such as pixels from 0 … 255 to 0 … 1.

    Args (as in Keras):
        scale, offset: numbers, or arrays that broadcast to the last axes of x.

    Input and output (N, …). Backward: dx = scale · dy.

    >>> layer = Rescaling(1 / 127.5, offset=-1.0, dtype="float64")
    >>> layer(np.array([[0, 127.5, 255]]), record=True)
    array([[-1.,  0.,  1.]])
    >>> layer.backward(np.full((1, 3), 127.5))
    array([[1., 1., 1.]])
    """

    _casts_inputs = False  # integers, such as pixels, are cast here

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = _plain(scale), _plain(offset)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.save()
        return np.asarray(x, self._dtype) * np.asarray(self.scale, self._dtype) + np.asarray(self.offset, self._dtype)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.saved()
        return dy * np.asarray(self.scale, self._dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": _packed(self.scale), "offset": _packed(self.offset)}


def _plain(value: Any) -> Any:
    """A number or an array, also from Keras's config of an array."""
    if isinstance(value, dict):
        return np.array(value["config"]["value"], value["config"]["dtype"])
    return value


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    return value
