"""Identity: y = x."""

from typing import Any

from ..base import Layer


class Identity(Layer):
    """y = x;  dx = dy.

    >>> Identity()([1.0])
    array([1.], dtype=float32)
    """

    takes_arrays = supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
