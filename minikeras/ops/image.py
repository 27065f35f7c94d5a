"""Functions of images, under the names of ``keras.ops.image``."""

from typing import Any

import numpy as np

from .. import config, kernels
from ..windows import Window
from .base import Op


class ExtractPatches(Op):
    """p[n, o] = x[n, o·s + t·d − b] for all taps t of a window, one after the other;  dx is the sum of what each gave.

    Args (as in Keras):
        images: (N, H, W, C), or (N, D, H, W, C) for a ``size`` of three numbers; or one of them, without N.
        size: of the window.
        strides: s, by default ``size``, so that the patches do not overlap.
        dilation_rate: d.
        padding: "valid", or "same" for zeros around the images.

    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> extract_patches(x, 2)[0, 0]
    array([[0., 1., 4., 5.],
           [2., 3., 6., 7.]])
    """

    size: Any
    strides: Any = None
    dilation_rate: Any = 1
    padding: str = "valid"
    data_format: Any = None

    def call(self, images: np.ndarray) -> np.ndarray:
        x = self._channels_last(images)
        size, strides, dilation = self._sizes("size"), self._sizes("strides"), self._sizes("dilation_rate")
        window = Window(size, strides, dilation, self.padding)
        positions: Any = window.positions(x.shape[1:-1])
        geometry = window.geometry(x.shape[1:-1])
        p = np.empty((len(x), *positions, *size, x.shape[-1]), x.dtype)
        kernels.select(x.dtype).patches(np.ascontiguousarray(x), p, *geometry)
        self.save(shape=x.shape, patches=p.shape, geometry=geometry, batched=images.ndim == x.ndim)
        return self._given_format(p.reshape(len(x), *positions, -1), images.ndim == x.ndim)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        dp = np.ascontiguousarray(self._channels_last(dy)).reshape(kept["patches"])
        dx = np.empty(kept["shape"], dy.dtype)
        kernels.select(dy.dtype).patches_backward(dp, dx, *kept["geometry"])
        return self._given_format(dx, kept["batched"])

    def _sizes(self, argument: str) -> tuple[int, ...]:
        """One number for each axis of the window."""
        rank = 2 if isinstance(self.size, int) else len(self.size)
        value = getattr(self, argument) or self.size
        sizes = (value,) * rank if isinstance(value, int) else tuple(value)
        if rank not in (2, 3) or len(sizes) != rank:
            raise ValueError(f"`{argument}` needs one number for each of the {rank} axes. Received: {value}")
        return sizes

    @property
    def _first(self) -> bool:
        return (self.data_format or config.image_data_format()) == "channels_first"

    def _channels_last(self, a: np.ndarray) -> np.ndarray:
        rank = len(self._sizes("size"))
        if a.ndim not in (rank + 1, rank + 2):
            raise ValueError(f"extract_patches needs images of {rank + 1} or {rank + 2} axes. Received: {a.shape}")
        if self.padding not in ("valid", "same"):
            raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={self.padding!r}")
        a = a if a.ndim == rank + 2 else a[None]
        return np.moveaxis(a, 1, -1) if self._first else a

    def _given_format(self, a: np.ndarray, batched: bool) -> np.ndarray:
        a = np.moveaxis(a, -1, 1) if self._first else a
        return a if batched else a[0]


extract_patches = ExtractPatches.function()
