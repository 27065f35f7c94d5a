"""Windows that slide over images: their arguments, their geometry, and products with the patches that they see.

The window stands at positions o = 0, 1, … of each axis, and its tap t meets pixel o·s + t·d − b there (stride s,
dilation d, and b zeros before the image).

>>> window = Window((3,), (2,), (1,), "same")
>>> window.positions((5,)), window.geometry((5,))
((3,), ((2,), (1,), (1,)))
>>> sizes(3, 2, "kernel_size"), sizes([1, 2], 2, "strides")
((3, 3), (1, 2))
>>> sizes(0, 2, "strides")
Traceback (most recent call last):
...
ValueError: The `strides` argument must be a tuple of 2 integers. Received strides=0, including values {0} that do not
satisfy `value > 0`
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from . import config, threads

#: Bytes of patches and what goes with them that a block of images has: about what stays in one core's cache.
BLOCK = 1 << 20

#: With fewer pixels than this, one thread is quicker than several.
WORTH = 200_000

Sizes = tuple[int, ...]
Unknown = tuple[int | None, ...]
Geometry = tuple[Sizes, Sizes, Sizes]


# Arguments.


def sizes(value: Any, n: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """n integers, from one or from n of them.

    Raises:
        ValueError: for anything else, and for values below 1 (below 0 with ``allow_zero``).
    """
    message = f"The `{name}` argument must be a tuple of {n} integers. Received {name}={value}"
    values = (value,) * n if isinstance(value, int | np.integer) else tuple(value) if np.iterable(value) else ()
    if len(values) != n:
        raise ValueError(message)
    for v in values:
        if not isinstance(v, int | np.integer):
            raise ValueError(f"{message}, including element {v} of type {type(v)}")
    wrong = {v for v in values if v < (0 if allow_zero else 1)}
    if wrong:
        raise ValueError(
            f"{message}, including values {wrong} that do not satisfy `value {'>= 0' if allow_zero else '> 0'}`"
        )
    return tuple(map(int, values))


def choice(value: Any, allowed: tuple[str, ...], name: str) -> str:
    """One of some words, in small letters.

    Raises:
        ValueError: for another one.
    """
    word = str(value).lower()
    if word not in allowed:
        raise ValueError(f"The `{name}` argument must be one of {allowed}. Received: {name}={value}")
    return word


def standard_data_format(value: Any) -> str:
    """ "channels_last" or "channels_first"; None is ``config.image_data_format()``."""
    if value is None:
        return config.image_data_format()
    return choice(value, ("channels_first", "channels_last"), "data_format")


def same_padding(size: int, window: int, stride: int) -> int:
    """The zeros before the first pixel with padding "same"; an odd one out goes to the end, as in TensorFlow.

    >>> same_padding(5, 3, 1), same_padding(4, 2, 1), same_padding(5, 3, 2)
    (1, 0, 1)
    """
    return max((-(-size // stride) - 1) * stride + window - size, 0) // 2


# Geometry.


class Window(NamedTuple):
    """A window of ``size`` taps on each axis, and how it moves; padding is "valid", "same" or "causal"."""

    size: Sizes
    strides: Sizes
    dilation: Sizes
    padding: str

    @property
    def span(self) -> Sizes:
        """The pixels that it spans on each axis, those between its taps included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))

    def positions(self, spatial: Unknown) -> Unknown:
        """O, the number of its positions on each axis; below 1 where it does not fit."""
        valid = self.padding == "valid"
        return tuple(
            None if size is None else (size - span) // s + 1 if valid else -(-size // s)
            for size, span, s in zip(spatial, self.span, self.strides, strict=True)
        )

    def geometry(self, spatial: Sizes) -> Geometry:
        """Strides, dilation, and the zeros before the image: what the kernels take."""
        if self.padding == "same":
            before = tuple(map(same_padding, spatial, self.span, self.strides))
        else:
            before = tuple(span - 1 if self.padding == "causal" else 0 for span in self.span)
        return self.strides, self.dilation, before

    def outputs(self, spatial: Unknown, extras: Sizes | None) -> Unknown:
        """The sizes that a transposed convolution gives; ``extras`` is its ``output_padding``."""
        result: list[int | None] = []
        sides = zip(spatial, self.span, self.strides, extras or (None,) * len(spatial), strict=True)
        for size, span, stride, extra in sides:
            if size is None:
                result.append(None)
            elif self.padding == "valid":
                result.append((size - 1) * stride + (max(span, stride) if extra is None else span + extra))
            else:
                result.append(size * stride if extra is None else (size - 1) * stride + span % 2 + extra)
        return tuple(result)

    def output_geometry(self, spatial: Sizes, outputs: Sizes) -> Geometry:
        """That of the patches of a transposed convolution's output, of which each belongs to a pixel of the input."""
        before = (0,) * len(spatial)
        if self.padding == "same":
            sides = zip(spatial, outputs, self.span, self.strides, strict=True)
            before = tuple(max((size - 1) * s + span - out, 0) // 2 for size, out, span, s in sides)
        return self.strides, self.dilation, before

    def share(self, spatial: Sizes, share: np.ndarray) -> np.ndarray:
        """1 / the number of pixels that it meets at each position. Writes share (O…, 1)."""
        share[...] = 1
        sides = zip(share.shape[:-1], spatial, self.size, self.strides, self.geometry(spatial)[2], strict=True)
        for axis, (outputs, size, window, stride, before) in enumerate(sides):
            first = np.arange(outputs) * stride - before
            inside = np.minimum(first + window, size) - np.maximum(first, 0)
            share /= np.expand_dims(inside, tuple(range(1, share.ndim - axis)))
        return share


# Blocks of images.


def images_in_block(images: int, bytes_of_one: int) -> int:
    """How many images make a block of about :data:`BLOCK` bytes."""
    return max(1, min(images, BLOCK // max(1, bytes_of_one)))


def each_block(
    images: int, step: int, memory: Callable[[int], np.ndarray], work: Callable[[slice, np.ndarray, int], None]
) -> None:
    """Calls work(images of a block, memory for their patches, number of the block) on all cores.

    Args:
        images: of the batch.
        step: images in a block.
        memory: for a number of workers, an array of theirs, each with the patches of ``step`` images.
    """
    starts = range(0, images, step)
    among = max(1, min(len(starts), threads.workers()))
    patches = memory(among)

    def one(number: int, worker: int) -> None:
        block = slice(starts[number], min(starts[number] + step, images))
        work(block, patches[worker, : block.stop - block.start], number)

    threads.share(one, len(starts), among)


def each_part(images: np.ndarray, work: Callable[[slice], None]) -> None:
    """Calls work(slice) for parts of the images, on all cores if they are large; no image depends on another."""
    threads.share_rows(work, len(images), WORTH // max(1, math.prod(images.shape[1:])))


# Products with patches, for convolutions and their transposes; p (N, O…, T…, C/G) is memory for the patches of a group.


def product(run: Any, x: np.ndarray, w: np.ndarray, z: np.ndarray, p: np.ndarray, geometry: Geometry) -> None:
    """z = P(x) W. Writes z and p."""
    for x_g, w_g, z_g, p_g in _groups(x, w, z, p):
        run.patches(x_g, p, *geometry)
        run.matmul(p_g, w_g, z_g)


def product_backward_kernel(
    run: Any, x: np.ndarray, dz: np.ndarray, dw: np.ndarray, p: np.ndarray, geometry: Geometry
) -> None:
    """dW = P(x)ᵀ dz. Writes dw and p."""
    for x_g, dw_g, dz_g, p_g in _groups(x, dw, dz, p):
        run.patches(x_g, p, *geometry)
        run.matmul(p_g.T, dz_g, dw_g)


def product_backward(
    run: Any, dz: np.ndarray, w: np.ndarray, dx: np.ndarray, p: np.ndarray, geometry: Geometry
) -> None:
    """dx = Pᵀ(dz Wᵀ). Writes dx and p."""
    for dx_g, w_g, dz_g, p_g in _groups(dx, w, dz, p):
        run.matmul(dz_g, w_g.T, p_g)
        run.patches_backward(p, dx_g, *geometry)


def _groups(x: np.ndarray, w: np.ndarray, z: np.ndarray, p: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """For each group: its channels of x, and its parts of W, z and p as matrices; all are views."""
    channels, columns = p.shape[-1], math.prod(w.shape[:-1])
    groups = x.shape[-1] // channels
    filters = w.shape[-1] // groups
    w, z, p = w.reshape(columns, -1), rows(z), p.reshape(-1, columns)
    for g in range(groups):
        own = slice(g * filters, (g + 1) * filters)
        yield x[..., g * channels : (g + 1) * channels], w[:, own], z[:, own], p


def rows(a: np.ndarray) -> np.ndarray:
    """``a`` as a matrix with the rows of its last axis."""
    return a.reshape(-1, a.shape[-1])
