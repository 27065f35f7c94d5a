"""Patches and blocks of images, and the signal-to-noise ratio."""

from typing import Any

import numpy as np

from ..base import Op
from ..numpy import elementwise, reductions

Taps = tuple[np.ndarray, np.ndarray]


class DepthToSpace(Op):
    """y[n, h b + i, w b + j, c] = x[n, h, w, (i b + j) C + c];  dx is dy put back in the same way.

    Args (as in Keras):
        x: (N, H, W, b² C), or (N, b² C, H, W) with ``data_format="channels_first"``.
        block_size: b.

    >>> depth_to_space(np.arange(4.0).reshape(1, 1, 1, 4), 2)[0, :, :, 0]
    array([[0., 1.],
           [2., 3.]])
    """

    block_size: Any
    data_format: Any = "channels_last"

    def call(self, x: np.ndarray) -> np.ndarray:
        return self._in_format(_spread, x)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self._in_format(_gathered, dy)

    def _in_format(self, f: Any, x: np.ndarray) -> np.ndarray:
        if x.ndim != 4:
            raise ValueError(f"{type(self).__name__} needs images with four axes. Received: x.shape={x.shape}")
        if self.data_format != "channels_first":
            return f(x, self.block_size)
        return np.moveaxis(f(np.moveaxis(x, 1, -1), self.block_size), -1, 1)


class SpaceToDepth(DepthToSpace):
    """The inverse of :class:`DepthToSpace`: y[n, h, w, (i b + j) C + c] = x[n, h b + i, w b + j, c].

    >>> space_to_depth(np.arange(4.0).reshape(1, 2, 2, 1), 2)
    array([[[[0., 1., 2., 3.]]]])
    """

    def call(self, x: np.ndarray) -> np.ndarray:
        return self._in_format(_gathered, x)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self._in_format(_spread, dy)


class Unfold(Op):
    """y[n, (c, i, j), (a, b)] = x[n, c, a s + i d − p, b s + j d − p];  dx is the sum of what each entry gave.

    Args (as in Keras, each one number or two):
        x: (N, C, H, W); y has the shape (N, C kH kW, patches).
        kernel_size: kH and kW.
        dilation: d.
        padding: p zeros at every end.
        stride: s.

    >>> unfold(np.arange(9.0).reshape(1, 1, 3, 3), 2)[0]
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """

    kernel_size: Any
    dilation: Any = 1
    padding: Any = 0
    stride: Any = 1

    def call(self, x: np.ndarray) -> np.ndarray:
        if x.ndim != 4:
            raise ValueError(f"Input must be a 4D tensor. Received: input.shape={x.shape}")
        self.save(shape=x.shape)
        return self._patches(x)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self._summed(dy, self.saved()["shape"])

    def _patches(self, x: np.ndarray) -> np.ndarray:
        (top, left), (rows, columns) = _two(self.padding), self._taps(x.shape[2:])
        padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
        p = padded[:, :, rows[:, None, :, None], columns[None, :, None, :]]
        return p.reshape(len(x), -1, rows.shape[1] * columns.shape[1])

    def _summed(self, p: np.ndarray, shape: Any) -> np.ndarray:
        (top, left), (rows, columns) = _two(self.padding), self._taps(shape[2:])
        n, c, h, w = shape
        padded = np.zeros((n, c, h + 2 * top, w + 2 * left), p.dtype)
        parts = p.reshape(n, c, len(rows), len(columns), rows.shape[1], columns.shape[1])
        index: Any = (slice(None), slice(None), rows[:, None, :, None], columns[None, :, None, :])
        np.add.at(padded, index, parts)
        return padded[:, :, top : top + h, left : left + w]

    def _taps(self, sizes: Any) -> Taps:
        """For both axes, the positions (taps, patches) in the padded image."""
        arguments = (self.kernel_size, self.dilation, self.padding, self.stride)
        found = []
        for size, k, d, p, s in zip(sizes, *map(_two, arguments), strict=True):
            n = (size + 2 * p - d * (k - 1) - 1) // s + 1
            if n < 1:
                raise ValueError(f"A window of {k} entries, {d} apart, does not fit into {size} with {p} at both ends.")
            found.append(np.arange(k)[:, None] * d + np.arange(n) * s)
        return found[0], found[1]


class Fold(Unfold):
    """The sum of patches at their places, the adjoint of :class:`Unfold`;  dx are the patches of dy.

    Args (as in Keras):
        x: (N, C kH kW, patches).
        output_size: H and W of y (N, C, H, W).
        kernel_size, dilation, padding, stride: as in :class:`Unfold`.

    >>> fold(np.ones((1, 4, 4)), 3, 2)[0, 0]                     # how many patches there are at each place
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """

    output_size: Any

    def call(self, x: np.ndarray) -> np.ndarray:
        if x.ndim != 3:
            raise ValueError(f"Input must be a 3D tensor. Received: input.shape={x.shape}")
        sizes = _two(self.output_size)
        rows, columns = self._taps(sizes)
        channels, rest = divmod(x.shape[1], len(rows) * len(columns))
        if rest or x.shape[2] != rows.shape[1] * columns.shape[1]:
            raise ValueError(
                f"fold to {sizes} needs (N, C · {len(rows) * len(columns)}, {rows.shape[1] * columns.shape[1]}). "
                f"Received: input.shape={x.shape}"
            )
        return self._summed(x, (len(x), channels, *sizes))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return self._patches(dy)


Fold.arguments = ("output_size", *Unfold.arguments)  # in Keras's order


def psnr(x1: Any, x2: Any, max_val: Any) -> Any:
    """20 log₁₀ max_val − 10 log₁₀ mean (x1 − x2)², in decibels.

    >>> psnr(np.array([0.0, 0.0]), np.array([0.1, 0.1]), 1.0).round(6)
    array(20.)
    """
    if np.shape(x1) != np.shape(x2):
        raise ValueError(f"Input shapes {np.shape(x1)} and {np.shape(x2)} must match for PSNR calculation.")
    error = elementwise.log10(reductions.mean(elementwise.square(x1 - x2)))
    return 20 * elementwise.log10(max_val) - 10 * error


def _spread(x: np.ndarray, b: int) -> np.ndarray:
    n, h, w, c = x.shape
    if c % (b * b):
        raise ValueError(f"The channels must be a multiple of block_size² = {b * b}. Received: x.shape={x.shape}")
    parts = x.reshape(n, h, w, b, b, c // (b * b))
    return parts.transpose(0, 1, 3, 2, 4, 5).reshape(n, h * b, w * b, -1)


def _gathered(x: np.ndarray, b: int) -> np.ndarray:
    n, h, w, c = x.shape
    if h % b or w % b:
        raise ValueError(f"Height and width must be multiples of block_size={b}. Received: x.shape={x.shape}")
    parts = x.reshape(n, h // b, b, w // b, b, c)
    return parts.transpose(0, 1, 3, 2, 4, 5).reshape(n, h // b, w // b, -1)


def _two(value: Any) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int | np.integer) else value
    return int(first), int(second)


depth_to_space, space_to_depth = DepthToSpace.function(), SpaceToDepth.function()
unfold, fold = Unfold.function(), Fold.function()
