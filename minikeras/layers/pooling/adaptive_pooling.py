"""Adaptive pooling as layers; the formulas stand in :mod:`minikeras.ops.nn.adaptive_pooling`.

>>> AdaptiveAveragePooling1D(2)(np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1)).ravel()      # pixels 0 and 1, 1 and 2
array([1.5, 4. ], dtype=float32)
"""

from typing import Any, ClassVar

import numpy as np

from ...ops.nn.adaptive_pooling import AdaptiveAveragePool, AdaptiveMaxPool
from ...windows import standard_data_format
from ..arguments import Spatial
from ..base import Shape


class AdaptivePooling(Spatial):
    """Adaptive pooling over ``rank`` axes.

    Args (as in Keras):
        output_size: O, one integer or one for each axis.
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).

    Raises:
        TypeError: for another ``output_size``.

    Differs from Keras on TensorFlow: of several largest entries of a 3-D window the first gets the gradient, where
    TensorFlow gives all of it to each. For one output of an axis, Keras also pools with a window that is one pixel
    larger than the axis, and TensorFlow leaves the gradient of that empty result uninitialized: dx has random entries.
    """

    takes_arrays = True
    operation: ClassVar[Any]

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        values = (output_size,) * self.rank if isinstance(output_size, int) else output_size
        if not isinstance(values, tuple | list) or len(values) != self.rank:
            raise TypeError(
                f"`output_size` must be an integer or a tuple of {self.rank} integers. Received: {output_size} of "
                f"type {type(output_size)}"
            )
        if min(values) <= 0:
            raise ValueError(f"`output_size` must be positive. Received: {output_size}")
        self.output_size = tuple(values)
        self.data_format = standard_data_format(data_format)
        self.built = True

    def call(self, x: np.ndarray, training: bool = False) -> Any:
        return self.operation(self.output_size, self.data_format)(x)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        _, channels = self._split(input_shape)
        return self._join(input_shape[0], self.output_size, channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window."""

    operation = AdaptiveAveragePool


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest entry of each window, the first of several; NaN is larger than all numbers."""

    operation = AdaptiveMaxPool


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The means of the parts of a sequence, (N, T, C) → (N, O, C)."""

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The means of the parts of an image, (N, H, W, C) → (N, O, O′, C)."""

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The means of the parts of a volume, (N, D, H, W, C) → (N, O, O′, O″, C)."""

    rank = 3


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest entries of the parts of a sequence, (N, T, C) → (N, O, C)."""

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest entries of the parts of an image, (N, H, W, C) → (N, O, O′, C)."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest entries of the parts of a volume, (N, D, H, W, C) → (N, O, O′, O″, C)."""

    rank = 3
