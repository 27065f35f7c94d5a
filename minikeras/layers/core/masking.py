"""Masking: time steps whose features all have one value do not count."""

from typing import Any

import numpy as np

from ..base import Layer


class Masking(Layer):
    """y = x, but 0 where all features of a time step are ``mask_value``; that step is masked for what follows.

    Forward and backward, with m[n, t] = 1 if some x[n, t, c] ≠ mask_value::

        y = m x        dx = m dy

    Input and output (N, T, C), mask (N, T).

    >>> layer = Masking(mask_value=-1.0, dtype="float64")
    >>> layer(np.array([[[1.0, -1.0], [-1.0, -1.0]]]))
    array([[[ 1., -1.],
            [ 0.,  0.]]])
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, previous_mask: Any) -> np.ndarray:
        return (np.asarray(inputs) != self.mask_value).any(-1)

    def call(self, inputs: np.ndarray) -> np.ndarray:
        m = self.compute_mask(inputs, None)[..., None]
        self.save(m=m)
        return np.where(m, inputs, inputs.dtype.type(0))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return np.where(self.saved()["m"], dy, dy.dtype.type(0))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
