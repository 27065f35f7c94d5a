"""DepthwiseConv1D, DepthwiseConv2D: each channel has kernels of its own.

With p[n,o,t,c] the patches of x as in :mod:`.base_conv`, and M = ``depth_multiplier`` outputs for each channel::

    (1)  z[n,o,cM+m] = Σₜ p[n,o,t,c] W[t,c,m] + b[cM+m]
    (2)  y = φ(z)
    (3)  dz = φ′(z) ⊙ dy
    (4)  db[k] = Σₙₒ dz[n,o,k]
    (5)  dW[t,c,m] = Σₙₒ p[n,o,t,c] dz[n,o,cM+m]
    (6)  dx = Pᵀ(dp),  dp[n,o,t,c] = Σₘ dz[n,o,cM+m] W[t,c,m]

There is no sum over channels, so nothing for BLAS to do: the kernels loop over the taps and never make patches.

>>> from minikeras.layers import DepthwiseConv1D
>>> layer = DepthwiseConv1D(2, use_bias=False, dtype="float64")
>>> layer.build((None, 3, 2))
>>> layer.set_weights([np.array([[1.0, 1.0], [1.0, -1.0]])[..., None]])      # a sum and a difference
>>> layer(np.array([[[1.0, 1.0], [2.0, 4.0], [3.0, 9.0]]]))[0]
array([[ 3., -3.],
       [ 5., -5.]])
"""

from typing import Any

import numpy as np

from ... import activations
from ..arguments import ALL
from ..base import Shape
from .base_conv import BaseConv


class DepthwiseConv(BaseConv):
    """A depthwise convolution over ``rank`` axes.

    Args (as in Keras):
        kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias: as for Conv.
        depth_multiplier: M; the output has C·M channels. The kernel is (T…, C, M).
        depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer, depthwise_constraint,
        bias_constraint: of kernel and bias.

    Source: Sifre & Mallat, "Rigid-motion scattering for texture classification", 2014; Chollet, "Xception", CVPR 2017.

    Differs from Keras: strides may differ from axis to axis, and go together with
    a dilation; TensorFlow refuses the first.
    """

    roles = {"depthwise": ALL, "bias": ALL}

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_filters(depth_multiplier, "depth_multiplier")
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.depth_multiplier = depth_multiplier
        self.activation, self.use_bias = activations.get(activation), use_bias
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        channels = self._input_channels = self._channels(input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = self._add("depthwise", (*self.kernel_size, channels, self.depth_multiplier), "kernel")
        self._make_bias(channels * self.depth_multiplier)
        self.mark_built(input_shape)

    def _arrays(self, x: np.ndarray) -> dict[str, np.ndarray]:
        outputs = x.shape[-1] * self.depth_multiplier
        return {"z": self.buffer("z", (len(x), *self._positions(x.shape[1:-1]), outputs))}  # type: ignore[arg-type]

    def _linear(self, b: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        w = self.kernel.value
        run.depthwise(b["x"], w, by_channel(b["z"], w), *self._geometry(b["x"].shape[1:-1]))  # (1)

    def _linear_backward(self, b: dict[str, np.ndarray], d: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        w, geometry = self.kernel.value, self._geometry(b["x"].shape[1:-1])
        dz = by_channel(b["dz"], w)
        if "kernel" in d:
            run.depthwise_backward_kernel(b["x"], dz, d["kernel"], *geometry)  # (5)
        if "dx" in b:
            run.depthwise_backward(dz, w, b["dx"], *geometry)  # (6)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, channels = self._split(input_shape)
        outputs = None if channels is None else channels * self.depth_multiplier
        return self._join(input_shape[0], self._positions(spatial, input_shape), outputs)

    def get_config(self) -> dict[str, Any]:
        own = {"depth_multiplier": self.depth_multiplier}
        return {**super().get_config(), **own, **self._window_config(), **self._roles_config()}


def by_channel(z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """z (N, O…, C·M) seen as (N, O…, C, M), for w (T…, C, M)."""
    return z.reshape(*z.shape[:-1], *w.shape[-2:])


class DepthwiseConv1D(DepthwiseConv):
    """A depthwise convolution over sequences (N, T, C) → (N, T′, C·M)."""

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """A depthwise convolution over images (N, H, W, C) → (N, H′, W′, C·M).

    >>> DepthwiseConv2D(3, depth_multiplier=2).compute_output_shape((None, 5, 5, 4))
    (None, 3, 3, 8)
    """

    rank = 2
