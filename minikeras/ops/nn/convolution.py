"""Convolutions as functions of the images and the kernel.

P(x) are the patches of x, a row for each position of the window, and Pᵀ is its adjoint, as in
:mod:`minikeras.layers.convolutional.base_conv`. All take ``data_format="channels_first"``, too; then the channels of
inputs and outputs follow the batch axis. The shapes below have them last.
"""

import math
from typing import Any

import numpy as np

from ... import kernels
from ...errors import ShapeError
from ...windows import (
    Sizes,
    Window,
    choice,
    each_block,
    each_part,
    images_in_block,
    product,
    product_backward,
    product_backward_kernel,
    sizes,
    standard_data_format,
)
from ..base import Op


class OnImages(Op):
    """A function of images (N, S…, C), or (N, C, S…) with ``data_format="channels_first"``."""

    needs_floats = True
    data_format = None

    def last(self, a: np.ndarray, dtype: Any = None) -> np.ndarray:
        """``a`` with channels last, contiguous."""
        first = standard_data_format(self.data_format) == "channels_first"
        return np.ascontiguousarray(np.moveaxis(a, 1, -1) if first else a, dtype)

    def given(self, a: np.ndarray) -> np.ndarray:
        """``a``, which has channels last, in the order of ``data_format``."""
        return np.moveaxis(a, -1, 1) if standard_data_format(self.data_format) == "channels_first" else a

    def positions(self, window: Window, x: np.ndarray) -> Sizes:
        """O, the positions of the window.

        Raises:
            ShapeError: if there are none.
        """
        positions: Any = window.positions(x.shape[1:-1])
        if any(o <= 0 for o in positions):
            raise ShapeError(
                f"{type(self).__name__}: computed output size would be zero or negative. Received: images of size "
                f"{x.shape[1:-1]} and {window}"
            )
        return positions


class Convolution(OnImages):
    """What convolutions share: how images and kernel are taken."""

    strides: Any = 1
    padding: str = "valid"
    data_format: Any = None
    dilation_rate: Any = 1

    def operands(self, inputs: np.ndarray, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray, Window]:
        """Images with channels last and kernel, of one dtype; and the window.

        Raises:
            ShapeError: if their ranks do not fit.
        """
        if inputs.ndim != kernel.ndim or inputs.ndim not in (3, 4, 5):
            raise ShapeError(
                f"{type(self).__name__} needs inputs and a kernel of 3, 4 or 5 axes each. Received: "
                f"inputs.shape={inputs.shape}, kernel.shape={kernel.shape}"
            )
        dtype, rank = np.result_type(inputs, kernel), inputs.ndim - 2
        strides, dilation = sizes(self.strides, rank, "strides"), sizes(self.dilation_rate, rank, "dilation_rate")
        padding = choice(self.padding, ("valid", "same"), "padding")
        w = np.ascontiguousarray(kernel, dtype)
        return self.last(inputs, dtype), w, Window(w.shape[:rank], strides, dilation, padding)

    def refused(self, x: np.ndarray, w: np.ndarray, expected: str) -> ShapeError:
        """The error for channels that do not fit."""
        return ShapeError(
            f"{type(self).__name__} needs a kernel of shape {expected} for inputs with C channels. Received: "
            f"{x.shape[-1]} channels and kernel.shape={w.shape}"
        )


class Conv(Convolution):
    """z = P(x) W;  dW = P(x)ᵀ dz,  dx = Pᵀ(dz Wᵀ).

    With G groups of channels, each of the groups of C/G channels and K/G filters is a convolution of its own.

    Args (as in Keras):
        inputs: x, (N, S…, C).
        kernel: W, (T…, C/G, K).
        strides, dilation_rate: one integer or one for each axis.
        padding: "valid", or "same" for zeros around the images.
        data_format: order of the axes.

    Returns:
        z, (N, O…, K).

    Raises:
        ShapeError: for shapes that do not fit.

    Differs from Keras: strides go together with a dilation; TensorFlow refuses that.

    >>> x = np.array([1.0, 2.0, 4.0, 7.0]).reshape(1, 4, 1)
    >>> conv(x, np.array([-1.0, 1.0]).reshape(2, 1, 1))[0, :, 0]
    array([1., 2., 3.])
    """

    def call(self, inputs: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        x, w, window = self.operands(inputs, kernel)
        groups, odd = divmod(x.shape[-1], w.shape[-2])
        if odd or not groups or w.shape[-1] % groups:
            raise self.refused(x, w, "(T…, C/G, K), with K a multiple of G,")
        z = np.empty((len(x), *self.positions(window, x), w.shape[-1]), x.dtype)
        run, geometry = kernels.select(x.dtype), window.geometry(x.shape[1:-1])
        _in_blocks(z, w, lambda n, p, _: product(run, x[n], w, z[n], p, geometry))
        self.save(x=x, w=w, geometry=geometry)
        return self.given(z)

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, w, geometry = (self.saved()[name] for name in ("x", "w", "geometry"))
        dz, dx, run = self.last(dy, x.dtype), np.empty_like(x), kernels.select(x.dtype)
        parts = np.empty((-(-len(x) // _step(dz, w)), *w.shape), w.dtype)

        def block(n: slice, p: np.ndarray, number: int) -> None:
            product_backward_kernel(run, x[n], dz[n], parts[number], p, geometry)
            product_backward(run, dz[n], w, dx[n], p, geometry)

        _in_blocks(dz, w, block)
        return self.given(dx), parts.sum(axis=0)


class ConvTranspose(Convolution):
    """z = Pᵀ(x Wᵀ);  dW = P(dz)ᵀ x,  dx = P(dz) W.

    Args (as in Keras): those of :func:`conv` with a kernel (T…, K, C), and
        output_padding: pixels beyond the smallest output, below the stride.

    Returns:
        z, (N, O…, K).

    Differs from Keras: strides go together with a dilation; TensorFlow refuses that.

    >>> x, w = np.array([1.0, 10.0]).reshape(1, 2, 1), np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    >>> conv_transpose(x, w, strides=2)[0, :, 0]
    array([ 1.,  2., 13., 20., 30.])
    """

    strides: Any = 1
    padding: str = "valid"
    output_padding: Any = None
    data_format: Any = None
    dilation_rate: Any = 1

    def call(self, inputs: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        x, w, window = self.operands(inputs, kernel)
        if x.shape[-1] != w.shape[-1]:
            raise self.refused(x, w, "(T…, K, C)")
        outputs: Any = window.outputs(x.shape[1:-1], self._extras(window))
        z = np.empty((len(x), *outputs, w.shape[-2]), x.dtype)
        run, geometry = kernels.select(x.dtype), window.output_geometry(x.shape[1:-1], outputs)
        _in_blocks(x, w, lambda n, p, _: product_backward(run, x[n], w, z[n], p, geometry))
        self.save(x=x, w=w, geometry=geometry)
        return self.given(z)

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, w, geometry = (self.saved()[name] for name in ("x", "w", "geometry"))
        dz, dx, run = self.last(dy, x.dtype), np.empty_like(x), kernels.select(x.dtype)
        parts = np.empty((-(-len(x) // _step(x, w)), *w.shape), w.dtype)

        def block(n: slice, p: np.ndarray, number: int) -> None:
            product_backward_kernel(run, dz[n], x[n], parts[number], p, geometry)
            product(run, dz[n], w, dx[n], p, geometry)

        _in_blocks(x, w, block)
        return self.given(dx), parts.sum(axis=0)

    def _extras(self, window: Window) -> Sizes | None:
        if self.output_padding is None:
            return None
        extras = sizes(self.output_padding, len(window.size), "output_padding", allow_zero=True)
        if any(extra >= s for extra, s in zip(extras, window.strides, strict=True)):
            raise ValueError(
                f"`output_padding` must be strictly less than `strides` for all dimensions. Received: "
                f"output_padding={extras}, strides={window.strides}"
            )
        return extras


class DepthwiseConv(Convolution):
    """z[n,o,cM+m] = Σₜ p[n,o,t,c] W[t,c,m], with p = P(x);  dW and dx as below.

    dW[t,c,m] = Σₙₒ p[n,o,t,c] dz[n,o,cM+m];  dx = Pᵀ(dp), dp[n,o,t,c] = Σₘ dz[n,o,cM+m] W[t,c,m].

    Args (as in Keras): those of :func:`conv`, with a kernel (T…, C, M).

    Returns:
        z, (N, O…, C·M).

    >>> x = np.array([[[1.0, 1.0], [2.0, 4.0], [3.0, 9.0]]])
    >>> depthwise_conv(x, np.array([[1.0, 1.0], [1.0, -1.0]])[..., None])[0]         # a sum and a difference
    array([[ 3., -3.],
           [ 5., -5.]])
    """

    def call(self, inputs: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        x, w, window = self.operands(inputs, kernel)
        if x.shape[-1] != w.shape[-2]:
            raise self.refused(x, w, "(T…, C, M)")
        z = np.empty((len(x), *self.positions(window, x), *w.shape[-2:]), x.dtype)
        run, geometry = kernels.select(x.dtype), window.geometry(x.shape[1:-1])
        each_part(x, lambda n: run.depthwise(x[n], w, z[n], *geometry))
        self.save(x=x, w=w, shape=z.shape, geometry=geometry)
        return self.given(z.reshape(*z.shape[:-2], -1))

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, w, shape, geometry = (self.saved()[name] for name in ("x", "w", "shape", "geometry"))
        dz, dx, dw = self.last(dy, x.dtype).reshape(shape), np.empty_like(x), np.empty_like(w)
        run = kernels.select(x.dtype)
        run.depthwise_backward_kernel(x, dz, dw, *geometry)
        each_part(x, lambda n: run.depthwise_backward(dz[n], w, dx[n], *geometry))
        return self.given(dx), dw


conv, conv_transpose, depthwise_conv = (c.function() for c in (Conv, ConvTranspose, DepthwiseConv))


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """The depthwise convolution, then at each pixel a product with the pointwise kernel (1…, C·M, K)."""
    between = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(between, pointwise_kernel, data_format=data_format)


def _step(rows: np.ndarray, w: np.ndarray) -> int:
    """Images in a block, with a patch of the size of w for each of the rows (N, O…, K)."""
    return images_in_block(len(rows), w.itemsize * math.prod(rows.shape[1:-1]) * math.prod(w.shape[:-1]))


def _in_blocks(rows: np.ndarray, w: np.ndarray, work: Any) -> None:
    """Calls work(images, memory for their patches, number of the block) on all cores."""
    shape = (_step(rows, w), *rows.shape[1:-1], *w.shape[:-1])
    each_block(len(rows), shape[0], lambda among: np.empty((among, *shape), w.dtype), work)
