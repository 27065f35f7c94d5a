"""Conv1D, Conv2D, Conv3D: y = activation(P(x) W + b). The equations are in :mod:`.base_conv`.

With relu or no activation, and one group, equations (1) to (6) are one kernel for some images, which keeps patches, z
and dz in the cache. The batch has the same :data:`PARTS` on any number of cores.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations, kernels, threads
from ...running import running
from ...windows import product, product_backward, product_backward_kernel
from ..arguments import ALL, refuse
from ..base import Shape
from .base_conv import BaseConv

#: Into how many parts of some images the kernels take a batch.
PARTS = 16
#: Bytes of the patches and of dz that a part has in the cache at a time.
CACHED = 1 << 20


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

    # In one kernel.

    @property
    def _is_one_kernel(self) -> bool:
        """True unless z is read: by other activations, or by a trace."""
        call = running()
        alone = call is None or not call.over.notes
        return alone and self.groups == 1 and self.activation in (activations.relu, activations.linear)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if not self._is_one_kernel:
            return super().call(x)
        x = np.ascontiguousarray(self._to_last(x, "x"))
        y = self.buffer("y", (len(x), *self._positions(x.shape[1:-1]), self.filters))  # type: ignore[arg-type]
        w, b, relu = self.kernel.value, _value(self.bias, y), self.activation is activations.relu
        convolve, geometry = kernels.select(y.dtype).convolve, self._geometry(x.shape[1:-1])

        def part(n: slice, _: int, p: np.ndarray, dz: np.ndarray) -> None:
            convolve(x[n], w, b, y[n], p, relu, *geometry)  # (1), (2)

        self._each_part(y, part)
        self.save(x=x, y=y, w=w, relu=relu)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        return self._backward_in_parts(frame, dy) if "relu" in frame else self._backward_in_blocks(frame, dy)

    def _backward_in_parts(self, frame: dict[str, Any], dy: np.ndarray) -> Any:
        x, y, w, relu = (frame[name] for name in ("x", "y", "w", "relu"))
        dy = np.ascontiguousarray(self._to_last(dy, "dy"))
        none = np.empty((0, *x.shape[1:]), x.dtype)
        dx = self.buffer("dx", x.shape) if self.wants_dx else none
        dws = self.buffer("dkernel_parts", (PARTS, *w.shape))[:, : len(w) if self.trainable else 0]
        dbs = self.buffer("dbias_parts", (PARTS, self.filters if self.bias is not None else 0))
        back, geometry = kernels.select(y.dtype).convolve_backward, self._geometry(x.shape[1:-1])

        def part(n: slice, i: int, p: np.ndarray, dz: np.ndarray) -> None:
            back(x[n], w, dy[n], y[n], dx[n], dws[i], dbs[i], p, dz, relu, *geometry)  # (3) to (6)

        count = self._each_part(y, part)
        if self.trainable:
            dws[:count].sum(axis=0, out=self.kernel.grad)
        if self.bias is not None:
            dbs[:count].sum(axis=0, out=self.bias.grad)
        return self._from_last(dx, "dx_first") if self.wants_dx else None

    def _each_part(self, y: np.ndarray, work: Callable[[slice, int, np.ndarray, np.ndarray], None]) -> int:
        """Calls work(images, number of the part, memory for patches, memory for dz) on all cores; gives the number."""
        n, across, window = len(y), y.shape[-2], self.kernel.shape[:-1]
        step = max(1, -(-n // PARTS))
        starts = range(0, n, step)
        among = max(1, min(len(starts), threads.workers()))
        line = y.itemsize * across * (math.prod(window) + self.filters)
        lines = min(max(1, CACHED // line), step * math.prod(y.shape[1:-2]))
        p = self.buffer("patches", (among, lines, across, *window))
        dz = self.buffer("dz", (among, lines, across, self.filters))

        def one(i: int, worker: int) -> None:
            work(slice(starts[i], starts[i] + step), i, p[worker], dz[worker])

        threads.share(one, len(starts), among)
        return len(starts)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, _ = self._split(input_shape)
        return self._join(input_shape[0], self._positions(spatial, input_shape), self.filters)

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "groups": self.groups}
        return {**super().get_config(), **own, **self._window_config(), **self._roles_config()}


def _value(parameter: Any, like: np.ndarray) -> np.ndarray:
    """The value, or an array without entries."""
    return np.empty(0, like.dtype) if parameter is None else parameter.value


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
