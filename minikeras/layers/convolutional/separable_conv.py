"""SeparableConv1D, SeparableConv2D: a depthwise convolution, then a Dense layer at each pixel.

With D(x) the depthwise convolution of :mod:`.depthwise_conv` without bias, and V (C·M, K) the pointwise kernel::

    (1)  a = D(x);  z = a V + b              (2)  y = φ(z)
    (3)  dz = φ′(z) ⊙ dy                     (4)  db[k] = Σₙₒ dz[n,o,k]
    (5)  dV = aᵀ dz;  da = dz Vᵀ             (6)  dW and dx from da, as for the depthwise convolution
"""

from typing import Any

import numpy as np

from ... import activations, kernels
from ...parameter import Parameter
from ..arguments import ALL, refuse
from ..base import Shape
from .base_conv import BaseConv
from .depthwise_conv import depthwise, depthwise_backward


class SeparableConv(BaseConv):
    """A separable convolution over ``rank`` axes.

    Args (as in Keras):
        filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias: as for Conv.
        depth_multiplier: M, the outputs of each channel in between.
        depthwise_…, pointwise_…, bias_initializer, …_regularizer, …_constraint: of the two kernels, (T…, C, M) and
            (1…, C·M, K), and the bias.

    Source: Chollet, "Xception: deep learning with depthwise separable convolutions", CVPR 2017.

    Differs from Keras: ``activity_regularizer`` is refused.
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
        refuse(type(self).__name__, activity_regularizer=activity_regularizer)
        super().__init__(**kwargs)
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

    @property
    def _matrix(self) -> np.ndarray:
        """V."""
        return self.pointwise_kernel.value.reshape(-1, self.filters)

    def _linear(self, x: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        a = depthwise(self, x, self.depthwise_kernel.value, "a")
        z = self.buffer("z", (*a.shape[:-1], self.filters))
        kernels.select(z.dtype).matmul(a.reshape(-1, a.shape[-1]), self._matrix, z.reshape(-1, self.filters))  # (1)
        return z, {"x": x, "a": a}

    def _linear_backward(self, dz: np.ndarray, kept: dict[str, np.ndarray]) -> np.ndarray | None:
        run, a, dz = kernels.select(dz.dtype), kept["a"], dz.reshape(-1, self.filters)
        if self.trainable:
            dv = self.pointwise_kernel.grad.reshape(self._matrix.shape)
            run.matmul(a.reshape(-1, a.shape[-1]).T, dz, dv)  # (5)
        elif not self.wants_dx:
            return None
        da = self.buffer("da", a.shape)
        run.matmul(dz, self._matrix.T, da.reshape(-1, a.shape[-1]))  # (5)
        return depthwise_backward(self, kept["x"], da, self.depthwise_kernel, self.wants_dx)  # (6)

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
