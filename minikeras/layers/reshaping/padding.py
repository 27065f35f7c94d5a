"""ZeroPadding and Cropping: zeros around an image, or its edges cut off; each is the other's derivative.

>>> padded = ZeroPadding2D(1)(np.ones((1, 1, 2, 1)))
>>> padded[0, :, :, 0]
array([[0., 0., 0., 0.],
       [0., 1., 1., 0.],
       [0., 0., 0., 0.]], dtype=float32)
>>> Cropping2D(1)(padded)[0, :, :, 0]
array([[1., 1.]], dtype=float32)
"""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...windows import sizes, standard_data_format
from ..arguments import Spatial
from ..base import Shape


def _pairs(value: Any, rank: int, name: str) -> Any:
    """(before, after) for each axis, from one integer, one for each axis, or a pair for each axis."""
    if isinstance(value, int):
        sizes(value, rank, name, allow_zero=True)
        return ((value, value),) * rank
    if not hasattr(value, "__len__"):
        raise ValueError(
            f"`{name}` should be either an int, a tuple of {rank} ints, or a tuple of {rank} tuples of 2 ints. "
            f"Received: {name}={value}."
        )
    if len(value) != rank:
        raise ValueError(f"`{name}` should have {rank} elements. Received: {name}={value}.")
    order = ("1st", "2nd", "3rd")
    return tuple(sizes(pair, 2, f"{order[i]} entry of {name}", allow_zero=True) for i, pair in enumerate(value))


class _Edges(Spatial):
    """What padding and cropping share: (before, after) for each axis, and the part of the larger image inside them."""

    pairs: Any

    def _within(self, ndim: int) -> tuple[slice, ...]:
        index = [slice(None)] * ndim
        first = 2 if self.data_format == "channels_first" else 1
        for axis, (before, after) in enumerate(self.pairs, start=first):
            index[axis] = slice(before, -after or None)
        return tuple(index)

    def _resized(self, shape: Shape, sign: int) -> Shape:
        spatial, channels = self._split(shape)
        pairs = zip(spatial, self.pairs, strict=True)
        changed = tuple(None if size is None else size + sign * sum(pair) for size, pair in pairs)
        return self._join(shape[0], changed, channels)

    def _pad(self, x: np.ndarray, name: str) -> np.ndarray:
        y = self.buffer(name, self._resized(x.shape, 1))  # type: ignore[arg-type]
        y[...] = 0
        y[self._within(x.ndim)] = x
        return y

    def _crop(self, x: np.ndarray, name: str) -> np.ndarray:
        y = self.buffer(name, self._resized(x.shape, -1))  # type: ignore[arg-type]
        y[...] = x[self._within(x.ndim)]
        return y


class ZeroPadding(_Edges):
    """Zeros around the pixels: y[i] = x[i − before] inside, 0 outside; dx[i] = dy[i + before].

    Args (as in Keras):
        padding: how many; one integer, one for each axis, or (before, after) for each axis.
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).
    """

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(data_format)
        if self.rank == 1:
            self.padding: Any = sizes(padding, 2, "padding", allow_zero=True)
            self.pairs = (self.padding,)
        else:
            self.padding = self.pairs = _pairs(padding, self.rank, "padding")
        self.built = True

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.save()
        return self._pad(x, "y")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.saved()
        return self._crop(dy, "dx")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._resized(input_shape, 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}


class Cropping(_Edges):
    """The pixels without the edges: y[i] = x[i + before]; dx[i] = dy[i − before] inside, 0 outside.

    Args (as in Keras):
        cropping: how many pixels to cut off; one integer, one for each axis, or (before, after) for each axis.
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).

    Raises:
        ShapeError: where nothing would be left.
    """

    def __init__(self, cropping: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(data_format)
        if isinstance(cropping, int) and cropping < 0:
            raise ValueError(f"`cropping` cannot be negative. Received: cropping={cropping}.")
        self.pairs = _pairs(cropping, self.rank, "cropping")
        self.cropping: Any = self.pairs
        self.built = True

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.save()
        return self._crop(x, "y")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.saved()
        return self._pad(dy, "dx")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, _ = self._split(input_shape)
        if any(size is not None and sum(pair) >= size for size, pair in zip(spatial, self.pairs, strict=True)):
            raise ShapeError(
                f"Values in `cropping` argument should be smaller than the corresponding spatial dimension of the "
                f"input, in layer '{self.name}'. Received: input_shape={input_shape}, cropping={self.cropping}"
            )
        return self._resized(input_shape, -1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping, "data_format": self.data_format}


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a sequence, (N, T, C) → (N, T′, C).

    Args (as in Keras):
        padding: one integer, or (before, after).
    """

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around an image, (N, H, W, C) → (N, H′, W′, C).

    >>> ZeroPadding2D(((1, 0), (2, 2))).compute_output_shape((None, 5, None, 3))
    (None, 6, None, 3)
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume, (N, D, H, W, C) → (N, D′, H′, W′, C)."""

    rank = 3


class Cropping1D(Cropping):
    """A sequence without its ends, (N, T, C) → (N, T′, C).

    Args (as in Keras):
        cropping: one integer, or (before, after).
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        pair = sizes(cropping, 2, "cropping", allow_zero=True)
        super().__init__((pair,), **kwargs)
        self.cropping = pair

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["data_format"]
        return config


class Cropping2D(Cropping):
    """An image without its edges, (N, H, W, C) → (N, H′, W′, C)."""

    rank = 2

    def __init__(self, cropping: Any = 0, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """A volume without its edges, (N, D, H, W, C) → (N, D′, H′, W′, C)."""

    rank = 3
