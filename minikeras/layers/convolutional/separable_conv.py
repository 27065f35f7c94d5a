"""SeparableConv1D, SeparableConv2D: a depthwise convolution, then a Dense layer at each pixel.

With D(x) the depthwise convolution of :mod:`.depthwise_conv` without bias, and V (C·M, K) the pointwise kernel::

    (1)  a = D(x);  z = a V + b              (2)  y = φ(z)
    (3)  dz = φ′(z) ⊙ dy                     (4)  db[k] = Σₙₒ dz[n,o,k]
    (5)  dV = aᵀ dz;  da = dz Vᵀ             (6)  dW and dx from da, as for the depthwise convolution
"""

from typing import Any

import numpy as np

from ... import activations
from ...parameter import Parameter
from ..arguments import ALL
from ..base import Shape
from .base_conv import BaseConv
from .depthwise_conv import by_channel


class SeparableConv(BaseConv):
    """A separable convolution over ``rank`` axes.

    Args (as in Keras):
        filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias: as for Conv.
        depth_multiplier: M, the outputs of each channel in between.
        depthwise_…, pointwise_…, bias_initializer, …_regularizer, …_constraint: of the two kernels, (T…, C, M) and
            (1…, C·M, K), and the bias.

    Source: Chollet, "Xception: deep learning with depthwise separable convolutions", CVPR 2017.
    """

    roles = {"depthwise": ALL, "pointwise": ALL, "bias": ALL}
    depthwise_kernel: Parameter
    pointwise_kernel: Parameter

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_filters(filters)
        self._set_filters(depth_multiplier, "depth_multiplier")
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.filters, self.depth_multiplier = filters, depth_multiplier
        self.activation, self.use_bias = activations.get(activation), use_bias
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        channels = self._input_channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        between = channels * self.depth_multiplier
        self.depthwise_kernel = self._add(
            "depthwise", (*self.kernel_size, channels, self.depth_multiplier), "depthwise_kernel"
        )
        self.pointwise_kernel = self._add("pointwise", (*(1,) * self.rank, between, self.filters), "pointwise_kernel")
        self._make_bias(self.filters)
        self.mark_built(input_shape)

    def _arrays(self, x: np.ndarray) -> dict[str, np.ndarray]:
        shape: Any = (len(x), *self._positions(x.shape[1:-1]))
        between = x.shape[-1] * self.depth_multiplier
        return {"a": self.buffer("a", (*shape, between)), "z": self.buffer("z", (*shape, self.filters))}

    def _linear(self, b: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        w, v, a = self.depthwise_kernel.value, self._matrix(self.pointwise_kernel.value), b["a"]
        run.depthwise(b["x"], w, by_channel(a, w), *self._geometry(b["x"].shape[1:-1]))  # (1)
        run.matmul(self._matrix(a), v, self._matrix(b["z"]))

    def _linear_backward(self, b: dict[str, np.ndarray], d: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        w, v, a = self.depthwise_kernel.value, self._matrix(self.pointwise_kernel.value), b["a"]
        geometry, dz = self._geometry(b["x"].shape[1:-1]), self._matrix(b["dz"])
        if "pointwise_kernel" in d:
            run.matmul(self._matrix(a).T, dz, self._matrix(d["pointwise_kernel"]))  # (5)
        run.matmul(dz, v.T, self._matrix(a))  # (5): a is not needed any more, da takes its place
        da = by_channel(a, w)
        if "depthwise_kernel" in d:
            run.depthwise_backward_kernel(b["x"], da, d["depthwise_kernel"], *geometry)  # (6)
        if "dx" in b:
            run.depthwise_backward(da, w, b["dx"], *geometry)  # (6)

    @staticmethod
    def _matrix(a: np.ndarray) -> np.ndarray:
        return a.reshape(-1, a.shape[-1])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, _ = self._split(input_shape)
        return self._join(input_shape[0], self._positions(spatial, input_shape), self.filters)

    def get_config(self) -> dict[str, Any]:
        own = {"depth_multiplier": self.depth_multiplier, "filters": self.filters}
        return {**super().get_config(), **own, **self._window_config(), **self._roles_config()}


class SeparableConv1D(SeparableConv):
    """A separable convolution over sequences (N, T, C) → (N, T′, K)."""

    rank = 1


class SeparableConv2D(SeparableConv):
    """A separable convolution over images (N, H, W, C) → (N, H′, W′, K).

    >>> layer = SeparableConv2D(8, 3)
    >>> layer.build((None, 5, 5, 4))
    >>> [w.shape for w in layer.get_weights()]
    [(3, 3, 4, 1), (1, 1, 4, 8), (8,)]
    """

    rank = 2
