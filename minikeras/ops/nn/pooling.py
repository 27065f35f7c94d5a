"""Pooling as functions: one number for each window and channel.

The formulas' letters are those of :mod:`minikeras.layers.pooling.pooling`. All take ``data_format="channels_first"``,
too; the shapes below have the channels last.
"""

from typing import Any

import numpy as np

from ... import kernels
from ...errors import ShapeError
from ...windows import Sizes, Window, choice, each_part, sizes
from .convolution import OnImages


class Pool(OnImages):
    """What pooling functions share: how images are taken."""

    pool_size: Any
    strides: Any = None
    padding: str = "valid"
    data_format: Any = None

    def operand(self, inputs: np.ndarray) -> tuple[np.ndarray, Sizes, Window]:
        """Images with channels last, the positions of the window, and the window.

        Raises:
            ShapeError: if the images have another number of axes, or the window does not fit.
        """
        rank = inputs.ndim - 2
        if rank not in (1, 2, 3):
            raise ShapeError(f"{type(self).__name__} needs inputs of 3, 4 or 5 axes. Received: {inputs.shape}")
        size = sizes(self.pool_size, rank, "pool_size")
        strides = size if self.strides is None else sizes(self.strides, rank, "strides")
        window = Window(size, strides, (1,) * rank, choice(self.padding, ("valid", "same"), "padding"))
        x = self.last(inputs)
        return x, self.positions(window, x), window


class MaxPool(Pool):
    """y[n,o,c] = x[n,i,c], i the first largest pixel of window o;  dx[n,i,c] = Σ dy[n,o,c] over the windows i won.

    Args (as in Keras):
        inputs: x, (N, S…, C).
        pool_size, strides: one integer or one for each axis; strides are by default the size.
        padding: "valid", or "same" for windows over the edge.
        data_format: order of the axes.

    NaN is larger than all numbers.

    >>> x = np.array([1.0, 5.0, 2.0, 2.0]).reshape(1, 4, 1)
    >>> max_pool(x, 2)[0, :, 0]
    array([5., 2.])
    """

    def call(self, inputs: np.ndarray) -> np.ndarray:
        x, positions, window = self.operand(inputs)
        y = np.empty((len(x), *positions, x.shape[-1]), x.dtype)
        winner, geometry = np.empty(y.shape, np.int32), (window.size, *window.geometry(x.shape[1:-1]))
        pool = kernels.select(x.dtype).max_pool
        each_part(x, lambda n: pool(x[n], y[n], winner[n], *geometry))
        self.save(winner=winner, shape=x.shape, geometry=geometry)
        return self.given(y)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        winner, shape, geometry = (self.saved()[name] for name in ("winner", "shape", "geometry"))
        dy, dx, back = self.last(dy), np.empty(shape, dy.dtype), kernels.select(dy.dtype).max_pool_backward
        each_part(dx, lambda n: back(dy[n], winner[n], dx[n], *geometry))
        return self.given(dx)


class AveragePool(Pool):
    """y[n,o,c] = Σ x[n,i,c] / |w(o)| over the pixels i of window o;  dx[n,i,c] = Σ dy[n,o,c] / |w(o)| over its windows.

    With padding "same", |w(o)| counts the pixels inside the image only.

    Args (as in Keras): those of :func:`max_pool`.

    >>> average_pool(np.array([3.0, 6.0, 9.0]).reshape(1, 3, 1), 3, strides=1, padding="same")[0, :, 0]
    array([4.5, 6. , 7.5])
    """

    def call(self, inputs: np.ndarray) -> np.ndarray:
        x, positions, window = self.operand(inputs)
        y = np.empty((len(x), *positions, x.shape[-1]), x.dtype)
        share = window.share(x.shape[1:-1], np.empty((*positions, 1), x.real.dtype))
        geometry = (window.size, *window.geometry(x.shape[1:-1]))
        pool = kernels.select(x.dtype).average_pool
        each_part(x, lambda n: pool(x[n], share, y[n], *geometry))
        self.save(share=share, shape=x.shape, geometry=geometry)
        return self.given(y)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        share, shape, geometry = (self.saved()[name] for name in ("share", "shape", "geometry"))
        dy, dx, back = self.last(dy), np.empty(shape, dy.dtype), kernels.select(dy.dtype).average_pool_backward
        each_part(dx, lambda n: back(dy[n], share, dx[n], *geometry))
        return self.given(dx)


max_pool, average_pool = (c.function() for c in (MaxPool, AveragePool))
