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

P(x) is never whole in memory: all equations are computed for a few images at a time, so that everything stays in the
cache; and P(x) is made again for backward, since copying is cheaper than keeping. The blocks of images are shared out
to the cores. They are the same on any number of cores, and the dW and db of all blocks are added in their order, so
results do not depend on the cores.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations, kernels, regularizers
from ...errors import ShapeError
from ...parameter import Parameter
from ...windows import Geometry, Window, choice, each_block, images_in_block, rows, sizes, standard_data_format
from ..arguments import Spatial, Weighted, expect_axis
from ..base import Shape


class BaseConv(Spatial, Weighted):
    """What convolutions share: the window, its geometry, bias and activation.

    A subclass makes the kernels, and says what z is and what goes back: ``_linear`` and ``_linear_backward``.
    """

    quantities = {
        "z": ("z = x ∗ W + b, a sum over each window", r"z = x * W + b"),
        "y": ("y = φ(z)", r"y = \varphi(z)"),
        "dz": ("dz = φ′(z) ⊙ dy", r"\d{z} = \varphi'(z) \odot \d{y}"),
        "dkernel": (
            "dW = Σ x dz over all windows",
            r"\d{W} = \sum x \d{z}",
        ),
        "dbias": ("db = Σ dz", r"\d{b} = \sum \d{z}"),
        "dx": (
            "dx = Σ W dz over the windows that meet x",
            r"\d{x} = \sum W \d{z}",
        ),
    }
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

    @property
    def _window(self) -> Window:
        return Window(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    def _positions(self, spatial: tuple[int | None, ...], shape: Any = None) -> tuple[int | None, ...]:
        """O, the positions of the window on each axis."""
        positions = self._window.positions(spatial)
        if any(o is not None and o <= 0 for o in positions):
            raise ShapeError(
                f"Computed output size would be zero or negative, in layer '{self.name}'. Received: `inputs "
                f"shape={shape or spatial}`, `kernel size={self.kernel_size}`, `dilation_rate="
                f"{self.dilation_rate}`, `strides={self.strides}`, `padding={self.padding}`."
            )
        return positions

    def _geometry(self, spatial: tuple[int, ...]) -> Geometry:
        """Strides, dilation, and the zeros before the image: what the kernels take."""
        return self._window.geometry(spatial)

    # Forward and backward: a subclass says them for some images, all arrays in ``b`` being parts of the batch.

    def _arrays(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """What forward writes and backward needs: "z" (N, O…, K), and others if there are."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have an `_arrays()` method implemented.")

    def _patch_shape(self, frame: dict[str, np.ndarray]) -> tuple[int, ...]:
        """(O…, T…, C), the shape of the patches of one image; empty if none are made."""
        return ()

    def _linear(self, b: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        """Writes z without the bias. ``run`` has the kernels, ``p`` is memory for patches."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `_linear()` method implemented.")

    def _linear_backward(self, b: dict[str, np.ndarray], d: dict[str, np.ndarray], run: Any, p: np.ndarray) -> None:
        """Writes the gradients of the kernels into ``d``, if they are in it; and dx, if it is in ``b``."""
        name = type(self).__name__
        raise NotImplementedError(f"Layer {name} does not have a `_linear_backward()` method implemented.")

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        x = np.ascontiguousarray(self._to_last(x, "x"))
        frame = {"x": x, **self._arrays(x)}
        y = frame["y"] = self.buffer("y", frame["z"].shape)
        run = kernels.select(y.dtype)

        def block(b: dict[str, np.ndarray], p: np.ndarray, number: int) -> None:
            self._linear(b, run, p)  # (1) without b
            z, y = rows(b["z"]), rows(b["y"])
            if self.bias is None:
                self.activation.forward(z, y)  # (2)
            else:
                self.activation.forward_bias(z, self.bias.value, y)  # (1), (2)

        self._each_block(frame, block)
        self.save(**frame)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> Any:
        return self._backward_in_blocks(self.saved(), dy)

    def _backward_in_blocks(self, frame: dict[str, np.ndarray], dy: np.ndarray) -> Any:
        frame["dy"] = np.ascontiguousarray(self._to_last(dy, "dy"))
        frame["dz"] = self.buffer("dz", frame["z"].shape)
        if self.wants_dx:
            frame["dx"] = self.buffer("dx", frame["x"].shape)
        run, blocks = kernels.select(frame["dz"].dtype), -(-len(dy) // self._step(frame))
        trained = [p for p in self.weights if self.trainable or p is self.bias]
        parts = {p.name: self.buffer(f"d{p.name}_parts", (blocks, *p.shape)) for p in trained}

        def block(b: dict[str, np.ndarray], p: np.ndarray, number: int) -> None:
            d = {name: part[number] for name, part in parts.items()}
            dy, z, y, dz = (rows(b[name]) for name in ("dy", "z", "y", "dz"))
            if self.bias is None:
                self.activation.backward(dy, z, y, dz)  # (3)
            else:
                self.activation.backward_bias(dy, z, y, dz, d["bias"])  # (3), (4)
            self._linear_backward(b, d, run, p)  # (5), (6)

        self._each_block(frame, block)
        for parameter in trained:
            parts[parameter.name].sum(axis=0, out=parameter.grad)
        return self._from_last(frame["dx"], "dx_first") if self.wants_dx else None

    def _step(self, frame: dict[str, np.ndarray]) -> int:
        """Images in a block."""
        z = frame["z"]
        bytes_of_one = z.itemsize * (math.prod(self._patch_shape(frame)) + 3 * math.prod(z.shape[1:]))
        return images_in_block(len(z), bytes_of_one)

    def _each_block(
        self, frame: dict[str, np.ndarray], work: Callable[[dict[str, np.ndarray], np.ndarray, int], None]
    ) -> None:
        """Calls work(arrays of some images, memory for their patches, number of the block) on all cores."""
        step, shape = self._step(frame), self._patch_shape(frame)

        def memory(among: int) -> np.ndarray:
            return self.buffer("patches", (among, step, *shape) if shape else (among, 0))

        def block(images: slice, p: np.ndarray, number: int) -> None:
            work({name: array[images] for name, array in frame.items()}, p, number)

        each_block(len(frame["x"]), step, memory, block)

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
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }
