"""Adaptive pooling: windows that share an axis of any size into a given number of outputs.

Of O outputs over S pixels of an axis, output i has the pixels from ⌊i S / O⌋ up to ⌈(i + 1) S / O⌉. Several axes are
pooled one after the other: the mean of means over equally many pixels is the mean of the block, the largest of the
largest is the largest of the block. For each axis, with w(i) these pixels::

    average  y[i] = Σ x[s] / |w(i)| over w(i)         dx[s] = Σ dy[i] / |w(i)| over the outputs i with s in w(i)
    max      y[i] = x[s], s the first largest of w(i)    dx[s] = Σ dy[i] over the outputs i that s is the winner of

>>> AdaptiveAveragePooling1D(2)(np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1)).ravel()      # pixels 0 and 1, 1 and 2
array([1.5, 4. ], dtype=float32)
"""

from typing import Any

import numpy as np

from ...windows import adaptive, standard_data_format
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
    TensorFlow gives all of it to each.
    """

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

    def _pool(self, window: np.ndarray, y: np.ndarray) -> Any:
        """Writes y (N, C…) for a window (N, w, C…); returns what :meth:`_pool_backward` needs."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `_pool()` method implemented.")

    def _pool_backward(self, dy: np.ndarray, kept: Any, dwindow: np.ndarray) -> None:
        """Adds to ∂L/∂window."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `_pool_backward()` method implemented.")

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        y, kept = self._to_last(x, "x"), []
        for axis, outputs in enumerate(self.output_size, start=1):
            before, shape = y, list(y.shape)
            shape[axis] = outputs
            y = self.buffer(f"y{axis}", tuple(shape))
            a, b = np.moveaxis(before, axis, 1), np.moveaxis(y, axis, 1)
            for i, part in enumerate(adaptive(before.shape[axis], outputs)):
                kept.append(self._pool(a[:, part], b[:, i]))
        self.save(kept=kept, shape=x.shape)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        kept, spatial = frame["kept"], self._split(frame["shape"])[0]
        dx = self._to_last(dy, "dy")
        for axis, outputs in reversed(list(enumerate(self.output_size, start=1))):
            after, shape = dx, list(dx.shape)
            shape[axis] = size = spatial[axis - 1]  # type: ignore[call-overload]
            dx = self.buffer(f"dx{axis}", tuple(shape))
            dx[...] = 0
            a, b = np.moveaxis(dx, axis, 1), np.moveaxis(after, axis, 1)
            for i, part in reversed(list(enumerate(adaptive(size, outputs)))):  # type: ignore[arg-type]
                self._pool_backward(b[:, i], kept.pop(), a[:, part])
        return self._from_last(dx, "dx_first")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        _, channels = self._split(input_shape)
        return self._join(input_shape[0], self.output_size, channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window."""

    def _pool(self, window: np.ndarray, y: np.ndarray) -> Any:
        np.mean(window, axis=1, out=y)

    def _pool_backward(self, dy: np.ndarray, kept: Any, dwindow: np.ndarray) -> None:
        dwindow += dy[:, None] / dwindow.shape[1]


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest entry of each window, the first of several; NaN is larger than all numbers."""

    def _pool(self, window: np.ndarray, y: np.ndarray) -> Any:
        winner = np.argmax(window.real, axis=1)[:, None]
        y[...] = np.take_along_axis(window, winner, axis=1)[:, 0]
        return winner

    def _pool_backward(self, dy: np.ndarray, kept: Any, dwindow: np.ndarray) -> None:
        here = np.take_along_axis(dwindow, kept, axis=1)
        np.put_along_axis(dwindow, kept, here + dy[:, None], axis=1)


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
