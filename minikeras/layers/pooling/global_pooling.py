"""Global pooling: one number for each channel.

With x (N, S, C), where S counts all pixels::

    average  (1)  y[n,c] = Σₛ x[n,s,c] / S              (2)  dx[n,s,c] = dy[n,c] / S
    max      (3)  y[n,c] = maxₛ x[n,s,c]                (4)  dx[n,s,c] = dy[n,c] / k at the k largest entries, else 0

Of equally large entries each gets the same share, as in Keras (TensorFlow and JAX); a window of
:class:`~minikeras.layers.MaxPooling2D` gives all to the first.

>>> layer = GlobalMaxPooling1D(dtype="float64")
>>> layer(np.array([1.0, 3.0, 3.0]).reshape(1, 3, 1), record=True)
array([[3.]])
>>> layer.backward(np.array([[10.0]])).ravel()
array([0., 5., 5.])
"""

from typing import Any

import numpy as np

from ... import kernels
from ...windows import standard_data_format
from ..arguments import Spatial
from ..base import Shape


class GlobalPooling(Spatial):
    """Global pooling over ``rank`` axes.

    Args (as in Keras):
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).
        keepdims: True keeps the spatial axes, with size 1.
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(data_format)
        self.keepdims = keepdims
        self.built = True

    def _flat(self, x: np.ndarray, name: str) -> np.ndarray:
        """x as (N, S, C)."""
        last = self._to_last(x, name)
        return last.reshape(len(x), int(np.prod(last.shape[1:-1])), last.shape[-1])

    def _unflat(self, dx: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        spatial, channels = self._split(shape)
        return self._from_last(dx.reshape(len(dx), *spatial, channels), "dx_first")  # type: ignore[arg-type]

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.check_rank(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, channels = self._split(input_shape)
        return self._join(input_shape[0], (1,) * len(spatial) if self.keepdims else (), channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel, equations (1) and (2)."""

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        return self._mean(x)

    def _mean(self, x: np.ndarray, mask: Any = None) -> np.ndarray:
        flat = self._flat(x, "x")
        y = self.buffer("y", (len(x), flat.shape[-1]))
        share: Any = 1 / flat.shape[1] if flat.shape[1] else np.nan
        if mask is None:
            np.einsum("nsc->nc", flat, out=y)
            y *= share  # (1)
        else:
            keep = np.asarray(mask, bool)[:, :, None]
            share = keep / keep.sum(axis=1, keepdims=True)
            y[...] = np.where(keep, flat * share, 0).sum(axis=1)
        self.save(share=share, shape=x.shape, flat=flat.shape)
        return y.reshape(self.compute_output_shape(x.shape))  # type: ignore[arg-type]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        dx = self.buffer("dx", frame["flat"])
        np.multiply(dy.reshape(len(dy), 1, -1), frame["share"], out=dx)  # (2)
        return self._unflat(dx, frame["shape"])


class GlobalMaxPooling(GlobalPooling):
    """The largest entry of each channel, equations (3) and (4)."""

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        flat = self._flat(x, "x")
        y, share = self.buffer("y", (len(x), flat.shape[-1])), self.buffer("share", flat.shape)
        kernels.select(y.dtype).global_max(flat, y, share)  # (3)
        self.save(share=share, shape=x.shape)
        return y.reshape(self.compute_output_shape(x.shape))  # type: ignore[arg-type]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        dx = self.buffer("dx", frame["share"].shape)
        kernels.select(dx.dtype).global_max_backward(dy.reshape(len(dy), -1), frame["share"], dx)  # (4)
        return self._unflat(dx, frame["shape"])


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of a sequence, (N, T, C) → (N, C).

    With a mask (N, T), as Keras: the mean of the steps that the mask keeps, dx being 0 at the others.
    """

    rank = 1

    def call(self, x: np.ndarray, training: bool = False, mask: Any = None) -> np.ndarray:
        return self._mean(x, mask)

    backward = GlobalAveragePooling.backward


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of an image, (N, H, W, C) → (N, C).

    >>> GlobalAveragePooling2D()(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 4.]], dtype=float32)
    """

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of a volume, (N, D, H, W, C) → (N, C)."""

    rank = 3


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest entry of a sequence, (N, T, C) → (N, C)."""

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest entry of an image, (N, H, W, C) → (N, C)."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest entry of a volume, (N, D, H, W, C) → (N, C)."""

    rank = 3
