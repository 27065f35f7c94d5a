"""Adaptive pooling: windows that share an axis of any size into a given number of outputs.

Of O outputs over S pixels of an axis, output i has the pixels from ⌊i S / O⌋ up to ⌈(i + 1) S / O⌉. Several axes are
pooled one after the other: the mean of means over equally many pixels is the mean of the block, the largest of the
largest is the largest of the block. For each axis, with w(i) these pixels::

    average  y[i] = Σ x[s] / |w(i)| over w(i)            dx[s] = Σ dy[i] / |w(i)| over the outputs i with s in w(i)
    max      y[i] = x[s], s the first largest of w(i)    dx[s] = Σ dy[i] over the outputs i that s is the winner of
"""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...windows import sizes
from .convolution import OnImages


class AdaptivePool(OnImages):
    """Adaptive pooling over one to three axes; a subclass pools one window."""

    output_size: Any
    data_format: Any = None

    def pool(self, window: np.ndarray, y: np.ndarray) -> Any:
        """Writes y (N, C…) for a window (N, w, C…); returns what :meth:`pool_backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} does not have a `pool()` method implemented.")

    def pool_backward(self, dy: np.ndarray, kept: Any, dwindow: np.ndarray) -> None:
        """Adds to ∂L/∂window."""
        raise NotImplementedError(f"{type(self).__name__} does not have a `pool_backward()` method implemented.")

    def call(self, inputs: np.ndarray) -> np.ndarray:
        if inputs.ndim not in (3, 4, 5):
            raise ShapeError(f"{type(self).__name__} needs inputs of 3, 4 or 5 axes. Received: {inputs.shape}")
        y, kept, shapes = self.last(inputs), [], []
        for axis, outputs in enumerate(sizes(self.output_size, inputs.ndim - 2, "output_size"), start=1):
            x = y
            y = np.empty((*x.shape[:axis], outputs, *x.shape[axis + 1 :]), x.dtype)
            a, b = np.moveaxis(x, axis, 1), np.moveaxis(y, axis, 1)
            kept.append([self.pool(a[:, part], b[:, i]) for i, part in enumerate(_parts(x.shape[axis], outputs))])
            shapes.append(x.shape)
        self.save(kept=kept, shapes=shapes)
        return self.given(y)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept, shapes, dx = self.saved()["kept"], self.saved()["shapes"], self.last(dy)
        for axis in reversed(range(1, len(shapes) + 1)):
            dy, dx = dx, np.zeros(shapes[axis - 1], dx.dtype)
            a, b = np.moveaxis(dx, axis, 1), np.moveaxis(dy, axis, 1)
            for i, part in enumerate(_parts(dx.shape[axis], dy.shape[axis])):
                self.pool_backward(b[:, i], kept[axis - 1][i], a[:, part])
        return self.given(dx)


class AdaptiveAveragePool(AdaptivePool):
    """The mean of each window.

    Args (as in Keras):
        inputs: (N, S…, C).
        output_size: O, one integer or one for each axis.
        data_format: "channels_last", or "channels_first" for (N, C, S…).

    >>> adaptive_average_pool(np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1), 2).ravel()      # pixels 0 and 1, 1 and 2
    array([1.5, 4. ])
    """

    def pool(self, window: np.ndarray, y: np.ndarray) -> None:
        np.mean(window, axis=1, out=y)

    def pool_backward(self, dy: np.ndarray, kept: None, dwindow: np.ndarray) -> None:
        dwindow += dy[:, None] / dwindow.shape[1]


class AdaptiveMaxPool(AdaptivePool):
    """The largest entry of each window, the first of several; NaN is larger than all numbers.

    Args (as in Keras): those of :func:`adaptive_average_pool`.

    >>> adaptive_max_pool(np.array([1.0, 2.0, 6.0]).reshape(1, 3, 1), 2).ravel()
    array([2., 6.])
    """

    def pool(self, window: np.ndarray, y: np.ndarray) -> np.ndarray:
        winner = np.argmax(window.real, axis=1)[:, None]
        y[...] = np.take_along_axis(window, winner, axis=1)[:, 0]
        return winner

    def pool_backward(self, dy: np.ndarray, kept: np.ndarray, dwindow: np.ndarray) -> None:
        here = np.take_along_axis(dwindow, kept, axis=1)
        np.put_along_axis(dwindow, kept, here + dy[:, None], axis=1)


adaptive_average_pool, adaptive_max_pool = AdaptiveAveragePool.function(), AdaptiveMaxPool.function()


def _parts(size: int, outputs: int) -> list[slice]:
    """The pixels of each output.

    >>> _parts(3, 2)
    [slice(0, 2, None), slice(1, 3, None)]
    """
    return [slice(i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs)]
