"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose: the way back of a convolution as a layer of its own.

A convolution maps images to positions by P and W; its transpose maps positions to images by their adjoints. So P and Pᵀ
of :mod:`.base_conv` change places. With W (T…, K, C) as a matrix of T…·K rows, and x with a row for each position::

    (1)  z = Pᵀ(x Wᵀ) + b
    (2)  y = φ(z)
    (3)  dz = φ′(z) ⊙ dy
    (4)  db[k] = Σ dz[n,o,k]
    (5)  dW = P(dz)ᵀ x
    (6)  dx = P(dz) W

Each entry of x puts its multiple of the window into the output, s pixels after that of the entry before it:

>>> from minikeras.layers import Conv1DTranspose
>>> layer = Conv1DTranspose(1, 3, strides=2, dtype="float64")
>>> layer.build((None, 2, 1))
>>> layer.set_weights([np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1), [0.0]])
>>> layer(np.array([[[1.0], [10.0]]]), record=True)[0, :, 0]            # 1 2 3, and 10 20 30 two pixels later
array([ 1.,  2., 13., 20., 30.])
>>> layer.backward(np.array([1.0, 0.0, 1.0, 0.0, 0.0]).reshape(1, 5, 1))[0, :, 0]
array([4., 1.])
"""

from typing import Any

import numpy as np

from ... import activations
from ...windows import Geometry, product, product_backward, product_backward_kernel, sizes
from ..arguments import ALL
from ..base import Shape
from .base_conv import BaseConv


class ConvTranspose(BaseConv):
    """A transposed convolution over ``rank`` axes.

    Args (as in Keras): those of Conv without groups, and
        output_padding: how many pixels the output has beyond the smallest that the input can come from; one integer
            below the stride, or one for each axis. By default the output of "same" has s times the input's size, that
            of "valid" (S − 1) s + max(window, s).

    The kernel is (T…, K, C).

    Source: Zeiler, Krishnan, Taylor & Fergus, "Deconvolutional networks", CVPR 2010.
    """

    roles = {"kernel": ALL, "bias": ALL}

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_filters(filters)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = sizes(output_padding, self.rank, "output_padding", allow_zero=True)
            for i, (extra, stride) in enumerate(zip(self.output_padding, self.strides, strict=True)):
                if extra >= stride:
                    raise ValueError(
                        f"`output_padding` must be strictly less than `strides` for all dimensions. At dimension {i}, "
                        f"`output_padding` is {extra} but `strides` is {stride}. Received: "
                        f"output_padding={self.output_padding}, strides={self.strides}"
                    )
        self._refuse_stride_and_dilation()
        self.filters = filters
        self.activation, self.use_bias = activations.get(activation), use_bias
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        channels = self._input_channels = self._channels(input_shape)
        self.kernel = self._add("kernel", (*self.kernel_size, self.filters, channels))
        self._make_bias(self.filters)
        self.mark_built(input_shape)

    def _outputs(self, spatial: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The output's sizes."""
        return self._window.outputs(spatial, self.output_padding)

    def _output_geometry(self, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Geometry:
        return self._window.output_geometry(inputs, outputs)

    def _arrays(self, x: np.ndarray) -> dict[str, np.ndarray]:
        return {"z": self.buffer("z", (len(x), *self._outputs(x.shape[1:-1]), self.filters))}  # type: ignore[arg-type]

    def _patch_shape(self, frame: dict[str, np.ndarray]) -> tuple[int, ...]:
        return (*frame["x"].shape[1:-1], *self.kernel.shape[:-1])

    def _linear(self, b: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        geometry = self._output_geometry(b["x"].shape[1:-1], b["z"].shape[1:-1])
        product_backward(run, b["x"], self.kernel.value, b["z"], p, geometry)  # (1)

    def _linear_backward(self, b: dict[str, np.ndarray], d: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        geometry = self._output_geometry(b["x"].shape[1:-1], b["z"].shape[1:-1])
        if "kernel" in d:
            product_backward_kernel(run, b["dz"], b["x"], d["kernel"], p, geometry)  # (5)
        if "dx" in b:
            product(run, b["dz"], self.kernel.value, b["dx"], p, geometry)  # (6)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, _ = self._split(input_shape)
        return self._join(input_shape[0], self._outputs(spatial), self.filters)

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "output_padding": self.output_padding}
        return {**super().get_config(), **own, **self._window_config(), **self._roles_config()}


class Conv1DTranspose(ConvTranspose):
    """A transposed convolution over sequences (N, T, C) → (N, T′, K)."""

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """A transposed convolution over images (N, H, W, C) → (N, H′, W′, K).

    >>> Conv2DTranspose(8, 3, strides=2, padding="same").compute_output_shape((None, 7, None, 4))
    (None, 14, None, 8)
    """

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """A transposed convolution over volumes (N, D, H, W, C) → (N, D′, H′, W′, K)."""

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, strides, padding, output_padding, data_format, *args, **kwargs)
