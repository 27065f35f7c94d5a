"""Conv1D, Conv2D, Conv3D: y = activation(P(x) W + b). The equations are in :mod:`.base_conv`."""

from typing import Any

import numpy as np

from ... import activations
from ..arguments import ALL, refuse
from ..base import Shape
from .base_conv import BaseConv, product, product_backward, product_backward_kernel


class Conv(BaseConv):
    """A convolution over ``rank`` axes, which in Keras and here is a cross-correlation: the kernel is not flipped.

    Args (as in Keras):
        filters: K, the number of outputs for each position.
        kernel_size: the window, one integer or one for each axis.
        strides: how far it moves; not above 1 together with a dilation above 1.
        padding: "valid" (none), "same" (zeros around, so that O = S / s, rounded up), and for Conv1D "causal" (zeros
            before, so that no output depends on a later input).
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).
        dilation_rate: how far the window's taps are apart.
        groups: G; filter k sees only the C/G channels of its group. The kernel is (T…, C/G, K).
        activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
        kernel_constraint, bias_constraint: as for Dense.

    Raises:
        ValueError: for arguments that Keras refuses.
        ShapeError: for channels that the groups do not divide, and for an image smaller than the window.

    Source: LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998.

    Differs from Keras: ``lora_rank`` is refused.
    """

    roles = {"kernel": ALL, "bias": ALL}

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        refuse(type(self).__name__, lora_rank=lora_rank, lora_alpha=lora_alpha)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._set_filters(filters)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        if groups <= 0:
            raise ValueError(f"The number of groups must be a positive integer. Received: groups={groups}.")
        if filters % groups:
            raise ValueError(
                f"The number of filters must be evenly divisible by the number of groups. Received: "
                f"groups={groups}, filters={filters}."
            )
        self._refuse_stride_and_dilation()
        self.filters, self.groups = filters, groups
        self.activation, self.use_bias = activations.get(activation), use_bias
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        channels = self._input_channels = self._channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"The number of input channels must be evenly divisible by the number of groups. Received "
                f"groups={self.groups}, but the input has {channels} channels (full input shape is {input_shape})."
            )
        self.compute_output_shape(input_shape)
        self.kernel = self._add("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self._make_bias(self.filters)
        self.mark_built(input_shape)

    def _arrays(self, x: np.ndarray) -> dict[str, np.ndarray]:
        return {"z": self.buffer("z", (len(x), *self._positions(x.shape[1:-1]), self.filters))}  # type: ignore[arg-type]

    def _patch_shape(self, frame: dict[str, np.ndarray]) -> tuple[int, ...]:
        return (*frame["z"].shape[1:-1], *self.kernel.shape[:-1])

    def _linear(self, b: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        product(run, b["x"], self.kernel.value, b["z"], p, self._geometry(b["x"].shape[1:-1]))  # (1)

    def _linear_backward(self, b: dict[str, np.ndarray], d: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        geometry = self._geometry(b["x"].shape[1:-1])
        if "kernel" in d:
            product_backward_kernel(run, b["x"], b["dz"], d["kernel"], p, geometry)  # (5)
        if "dx" in b:
            product_backward(run, b["dz"], self.kernel.value, b["dx"], p, geometry)  # (6)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, _ = self._split(input_shape)
        return self._join(input_shape[0], self._positions(spatial, input_shape), self.filters)

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "groups": self.groups}
        return {**super().get_config(), **own, **self._window_config(), **self._roles_config()}


class Conv1D(Conv):
    """A convolution over sequences (N, T, C) → (N, T′, K).

    >>> layer = Conv1D(1, 2, padding="causal", kernel_initializer="ones")
    >>> layer(np.array([[[1.0], [2.0], [3.0]]]))[0, :, 0]               # each entry and the one before it
    array([1., 3., 5.], dtype=float32)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """A convolution over images (N, H, W, C) → (N, H′, W′, K).

    >>> Conv2D(32, 3, strides=2, padding="same").compute_output_shape((None, 28, None, 1))
    (None, 14, None, 32)
    """

    rank = 2


class Conv3D(Conv):
    """A convolution over volumes (N, D, H, W, C) → (N, D′, H′, W′, K).

    >>> Conv3D(4, (1, 2, 3)).compute_output_shape((None, 5, 5, 5, 1))
    (None, 5, 4, 3, 4)
    """

    rank = 3
