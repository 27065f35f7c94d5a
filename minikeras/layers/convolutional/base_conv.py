"""Convolution: a Dense layer on patches.

================  ==================  =====================================================================
x, dx             (N, S…, C)          input, ∂L/∂x; S are one to three spatial sizes, such as H and W
p = P(x), dp      (N·O…, T…·C)        patches: a row for each position of the window, ∂L/∂p
W, dW             (T…, C, K)          ``kernel``, ∂L/∂W; T are the window's sizes, K is the number of filters
b, db             (K,)                ``bias``, ∂L/∂b
z, dz; y, dy      (N, O…, K)          pre-activation and output, and ∂L/∂ of them; O are the output's sizes
================  ==================  =====================================================================

The window stands at position o and its tap t meets pixel o·s + t·d − b of each axis (stride s, dilation d, and b zeros
before the image). Row (n, o) of P(x) is what the taps meet there. With W as a matrix of T…·C rows, forward is Dense's::

    (1)  z = P(x) W + b
    (2)  y = φ(z)

Backward is Dense's, too. P is linear: it copies each entry of x to some places of p. So ∂L/∂x of an entry is the sum of
∂L/∂p over these places, and that is the adjoint Pᵀ::

    (3)  dz = φ′(z) ⊙ dy
    (4)  db[k] = Σₙₒ dz[n,o,k]
    (5)  dW = P(x)ᵀ dz
    (6)  dx = Pᵀ(dz Wᵀ)

Written out for one axis, (5) and (6) are dW[t,c,k] = Σₙₒ x[n, o·s + t·d − b, c] dz[n,o,k], and dx[n,i,c] = Σ dz[n,o,k]
W[t,c,k] over all o, t with o·s + t·d − b = i: for s = d = 1 a convolution of dz with the kernel flipped.

A worked example, a 3×3 image and a 2×2 window, so 4 patches:

>>> from minikeras.layers import Conv2D
>>> layer = Conv2D(1, 2, dtype="float64")
>>> layer.build((None, 3, 3, 1))
>>> layer.set_weights([np.array([[1.0, 2.0], [0.0, -1.0]]).reshape(2, 2, 1, 1), [0.5]])
>>> x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]).reshape(1, 3, 3, 1)
>>> layer(x, record=True)[0, :, :, 0]              # at the top left: 1·1 + 2·2 + 0·4 − 1·5 + 0.5
array([[0.5, 2.5],
       [6.5, 8.5]])
>>> dz = np.array([[1.0, 0.0], [0.0, 10.0]]).reshape(1, 2, 2, 1)
>>> layer.backward(dz)[0, :, :, 0]                 # (6): W at the top left, 10 W at the bottom right
array([[ 1.,  2.,  0.],
       [ 0.,  9., 20.],
       [ 0.,  0., -10.]])
>>> layer.kernel.grad[:, :, 0, 0], layer.bias.grad   # (5): the top left patch + 10 times the bottom right one; (4)
(array([[51., 62.],
       [84., 95.]]), array([11.]))

P(x) is never whole in memory: it is made for a few images at a time, so that it stays in the cache, and again for
backward, since copying is cheaper than keeping. Blocks of images are shared out to the cores. What a block does is the
same on any core, and the dW of the blocks are added in their order, so results do not depend on the number of cores.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations, kernels, threads
from ...errors import ShapeError
from ...parameter import Parameter
from ..arguments import Spatial, Weighted, choice, expect_axis, same_padding, sizes, standard_data_format
from ..base import Shape

#: Bytes of patches made at a time: about what stays in one core's cache.
BLOCK = 1 << 20

Geometry = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


class BaseConv(Spatial, Weighted):
    """What convolutions share: the window, its geometry, bias and activation.

    A subclass makes the kernels, and says what z is and what goes back: ``_linear`` and ``_linear_backward``.
    """

    kernel: Parameter
    bias: Parameter | None
    activation: Any
    use_bias: bool
    _input_channels: int
    paddings: tuple[str, ...] = ("valid", "same")

    def _set_window(self, kernel_size: Any, strides: Any, padding: str, format: Any, dilation_rate: Any) -> None:
        self.kernel_size = sizes(kernel_size, self.rank, "kernel_size")
        self.strides = sizes(strides, self.rank, "strides")
        self.dilation_rate = sizes(dilation_rate, self.rank, "dilation_rate")
        self.padding = choice(padding, self.paddings, "padding")
        self.data_format = standard_data_format(format)

    def _set_filters(self, filters: int | None, name: str = "filters") -> None:
        if filters is not None and (isinstance(filters, bool) or filters <= 0):
            raise ValueError(
                f"Invalid value for argument `{name}`. Expected a strictly positive value. Received {name}={filters}."
            )
        setattr(self, name, filters)

    def _refuse_stride_and_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    def _channels(self, input_shape: Shape) -> int:
        """The number of input channels, which has to be known to build."""
        _, channels = self._split(input_shape)
        if channels is None:
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}) needs a known number of input channels. "
                f"Received: input_shape={input_shape}"
            )
        return channels

    def check_input(self, shape: tuple[int, ...]) -> None:
        super().check_input(shape)
        expect_axis(self, shape, self._channel_axis, self._input_channels)

    # The geometry.

    def _window(self) -> tuple[int, ...]:
        """The pixels that the window spans on each axis, those between its taps included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True))

    def _positions(self, spatial: tuple[int | None, ...], shape: Any = None) -> tuple[int | None, ...]:
        """O, the positions of the window on each axis."""
        result: list[int | None] = []
        for size, window, stride in zip(spatial, self._window(), self.strides, strict=True):
            if size is None:
                result.append(None)
                continue
            o = (size - window) // stride + 1 if self.padding == "valid" else -(-size // stride)
            if o <= 0:
                raise ShapeError(
                    f"Computed output size would be zero or negative, in layer '{self.name}'. Received: `inputs "
                    f"shape={shape or spatial}`, `kernel size={self.kernel_size}`, `dilation_rate="
                    f"{self.dilation_rate}`, `strides={self.strides}`, `padding={self.padding}`."
                )
            result.append(o)
        return tuple(result)

    def _geometry(self, spatial: tuple[int, ...]) -> Geometry:
        """Strides, dilation, and the zeros before the image: what the kernels take."""
        if self.padding == "same":
            before = tuple(map(same_padding, spatial, self._window(), self.strides))
        else:
            before = tuple(w - 1 if self.padding == "causal" else 0 for w in self._window())
        return self.strides, self.dilation_rate, before

    # Forward and backward.

    def _linear(self, x: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """z without b, (N, O…, K), and what ``_linear_backward`` needs."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `_linear()` method implemented.")

    def _linear_backward(self, dz: np.ndarray, kept: dict[str, np.ndarray]) -> np.ndarray | None:
        """dx, if it is wanted; and the gradients of all kernels, if they are trained."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `_linear_backward()` method implemented."
        )

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        z, kept = self._linear(self._to_last(x, "x"))  # (1) without b
        y = self.buffer("y", z.shape)
        rows = (-1, z.shape[-1])
        if self.bias is None:
            self.activation.forward(z.reshape(rows), y.reshape(rows))  # (2)
        else:
            self.activation.forward_bias(z.reshape(rows), self.bias.value, y.reshape(rows))  # (1), (2)
        self.save(z=z, y=y, **kept)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        dy = np.ascontiguousarray(self._to_last(dy, "dy"))
        z, y, dz = frame["z"], frame["y"], self.buffer("dz", frame["z"].shape)
        arrays = [a.reshape(-1, z.shape[-1]) for a in (dy, z, y, dz)]
        if self.bias is None:
            self.activation.backward(*arrays)  # (3)
        else:
            self.activation.backward_bias(*arrays, self.bias.grad)  # (3), (4)
        dx = self._linear_backward(dz, frame)  # (5), (6)
        return None if dx is None else self._from_last(dx, "dx_first")

    def _make_bias(self, filters: int) -> None:
        self.bias = self._add("bias", (filters,)) if self.use_bias else None

    def _window_config(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "activity_regularizer": None,
        }


class Patches:
    """Products with the patches of some images, block by block; shared by convolution and its transpose.

    Args:
        layer: owns the buffers.
        images: (N, S…, C), of which the patches are made.
        positions, taps: O and T.
        geometry: strides, dilation, zeros before.
        groups: into how many groups the channels of both sides are split; patches are made for each.
    """

    def __init__(
        self, layer: Any, images: tuple[int, ...], positions: Any, taps: Any, geometry: Geometry, groups: int = 1
    ) -> None:
        self._layer, self._geometry, self._groups = layer, geometry, groups
        self._n, self._c = images[0], images[-1] // groups
        self._shape = (*positions, *taps, self._c)
        self._rows, self._columns = int(np.prod(positions)), int(np.prod(taps)) * self._c
        item = layer.buffer("block", (0,)).itemsize
        self._step = max(1, min(self._n, BLOCK // max(1, self._rows * self._columns * item)))

    def forward(self, x: np.ndarray, w: np.ndarray, z: np.ndarray) -> None:
        """z = P(x) W, equation (1) without b. Writes z."""
        run, w = kernels.select(z.dtype), self._kernel(w)

        def block(images: slice, p: np.ndarray, number: int) -> None:
            for g in range(self._groups):
                run.patches(self._group(x[images], g), p, *self._geometry)
                run.matmul(self._matrix(p), self._columns_of(w, g), self._columns_of(self._rows_of(z[images]), g))

        self._each_block(block)

    def backward_kernel(self, x: np.ndarray, dz: np.ndarray, dw: np.ndarray) -> None:
        """dW = P(x)ᵀ dz, equation (5). Writes dw."""
        run = kernels.select(dz.dtype)
        flat = self._kernel(dw)
        parts = self._layer.buffer("dw_parts", (-(-self._n // self._step), *flat.shape))

        def block(images: slice, p: np.ndarray, number: int) -> None:
            for g in range(self._groups):
                run.patches(self._group(x[images], g), p, *self._geometry)
                dz_g = self._columns_of(self._rows_of(dz[images]), g)
                run.matmul(self._matrix(p).T, dz_g, self._columns_of(parts[number], g))

        self._each_block(block)
        np.sum(parts, axis=0, out=flat)

    def backward(self, dz: np.ndarray, w: np.ndarray, dx: np.ndarray) -> None:
        """dx = Pᵀ(dz Wᵀ), equation (6). Writes dx."""
        run, w = kernels.select(dz.dtype), self._kernel(w)

        def block(images: slice, p: np.ndarray, number: int) -> None:
            for g in range(self._groups):
                dz_g = self._columns_of(self._rows_of(dz[images]), g)
                run.matmul(dz_g, self._columns_of(w, g).T, self._matrix(p))
                run.patches_backward(p, self._group(dx[images], g), *self._geometry)

        self._each_block(block)

    def _each_block(self, work: Callable[[slice, np.ndarray, int], None]) -> None:
        """Calls work(images, patches, number of the block) for blocks of images, on all cores."""
        starts = range(0, self._n, self._step)
        memory = self._layer.buffer("patches", (min(len(starts), threads.workers()), self._step, *self._shape))

        def one(number: int, worker: int) -> None:
            images = slice(starts[number], min(starts[number] + self._step, self._n))
            work(images, memory[worker, : images.stop - images.start], number)

        threads.share(one, len(starts), len(memory))

    def _kernel(self, w: np.ndarray) -> np.ndarray:
        return w.reshape(self._columns, -1)

    def _matrix(self, p: np.ndarray) -> np.ndarray:
        return p.reshape(-1, self._columns)

    def _rows_of(self, z: np.ndarray) -> np.ndarray:
        return z.reshape(-1, z.shape[-1])

    def _group(self, x: np.ndarray, g: int) -> np.ndarray:
        return x[..., g * self._c : (g + 1) * self._c]

    def _columns_of(self, a: np.ndarray, g: int) -> np.ndarray:
        k = a.shape[-1] // self._groups
        return a[:, g * k : (g + 1) * k]
