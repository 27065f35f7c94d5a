"""EinsumDense: a dense layer whose product is written as an Einstein sum.

Forward, and backward, where each gradient is the sum over the axes that it lacks::

    (1)  z = einsum("x,W→y", x, W) + b,   y = φ(z)
    (2)  dz = φ′(z) ⊙ dy,   db = Σ dz over the axes that b lacks
    (3)  dW = einsum("x,y→W", x, dz),   dx = einsum("y,W→x", dz, W)
"""

import math
import re
from typing import Any

import numpy as np

from ... import activations, constraints, initializers, kernels, regularizers
from ...errors import ShapeError
from ...parameter import Parameter
from ..base import Layer


class EinsumDense(Layer):
    """A dense layer of any number of axes.

    Args (as in Keras):
        equation: such as "abc,cd->abd" or "...x,xy->...y".
        output_shape: sizes of the output without the batch axis (and without what "..." stands for); None where known
            from the input.
        activation: φ.
        bias_axes: the letters of the output that the bias has; None for no bias.

    >>> layer = EinsumDense("ab,bc->ac", 2, kernel_initializer="ones", bias_axes="c", dtype="float64")
    >>> layer(np.array([[1.0, 2.0, 3.0]]))
    array([[6., 6.]])
    """

    needs_floats = True
    quantities = {
        "z": ("z = x W + b, summed over the letters that z has not", "z = xW + b"),
        "y": ("y = φ(z)", r"y = \varphi(z)"),
        "dz": ("dz = φ′(z) ⊙ dy", r"\d{z} = \varphi'(z) \odot \d{y}"),
        "dkernel": ("dW = Σ x dz", r"\d{W} = \sum x \d{z}"),
        "dbias": ("db = Σ dz", r"\d{b} = \sum \d{z}"),
        "dx": ("dx = Σ dz W", r"\d{x} = \sum W \d{z}"),
    }
    kernel: Parameter
    bias: Parameter | None

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        gptq_unpacked_column_size: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        unsupported = {"lora_rank": lora_rank, "quantization_config": quantization_config}
        for name, value in unsupported.items():
            if value is not None:
                raise ValueError(f"EinsumDense does not support `{name}` in minikeras. Received: {value!r}")
        super().__init__(**kwargs)
        self.equation = equation
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Any) -> None:
        _, w, y, sizes = self._letters(input_shape)
        axes = {
            "input_axes": [i for i, c in enumerate(w) if c not in y],
            "output_axes": [i for i, c in enumerate(w) if c in y],
        }
        initializer = self.kernel_initializer
        if isinstance(initializer, initializers.VarianceScaling) and initializer.input_axes is None:
            initializer = type(initializer)(**{**initializer.get_config(), **axes, "seed": initializer.seed})
        self.kernel = self.add_weight(
            tuple(sizes[c] for c in w),
            initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.bias_axes is not None:
            unknown = [c for c in self.bias_axes if c not in y]
            if unknown:
                raise ValueError(f"Bias dimension '{unknown[0]}' was requested, but is not part of the output '{y}'.")
            first = min(y.index(c) for c in self.bias_axes)
            self.bias = self.add_weight(
                tuple(sizes[c] if c in self.bias_axes else 1 for c in y[first:]),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def _letters(self, shape: Any) -> tuple[str, str, str, dict[str, int | None]]:
        """The letters of x, W and y for an input of some shape, "..." written out; and their sizes."""
        found = re.fullmatch(
            r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?", self._equation
        )
        if not found or found[1] != found[5] or found[3] != found[7] or (found[1] and found[3]):
            raise ValueError(
                f"Invalid einsum equation '{self.equation}'. Equations must be in the form [X],[Y]->[Z], "
                "...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
            )
        x, w, y = found[2], found[4], found[6]
        more = len(shape) - len(x)
        if more < 0 or (more and not (found[1] or found[3])):
            raise ShapeError(
                f"Layer '{self.name}' (EinsumDense): an input of shape {tuple(shape)} does not fit the equation "
                f"'{self.equation}'."
            )
        unused = "".join(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in self.equation)[:more]
        partial = list(self.partial_output_shape)
        if found[1]:
            x, y = unused + x, unused + y
            output = [*shape[:more], *partial] if more else [shape[0], *partial]
        else:
            x, y = x + unused, y + unused
            output = [shape[0], *partial, *shape[len(shape) - more :]]
        if len(output) != len(y):
            raise ShapeError(
                f"Layer '{self.name}' (EinsumDense): output_shape {self.partial_output_shape} does not fit the "
                f"equation '{self.equation}'."
            )
        sizes: dict[str, int | None] = dict(zip(x, shape, strict=True))
        for c, size in zip(y, output, strict=True):
            if size is not None and sizes.get(c) not in (None, size):
                raise ValueError(
                    f"Input shape and output shape do not match at shared dimension '{c}'. Input shape is {sizes[c]}, "
                    f"and output shape is {size}."
                )
            sizes[c] = sizes.get(c) if size is None else size
        for c in w:
            if sizes.get(c) is None:
                raise ValueError(
                    f"Weight dimension '{c}' did not have a match in either the input spec '{x}' or the output spec "
                    f"'{y}'. For this layer, the weight must be fully specified."
                )
        if any(c not in w and c not in y for c in x):
            raise ValueError(f"EinsumDense of minikeras sums no axis of x alone. Received: equation={self.equation!r}")
        return x, w, y, sizes

    @property
    def _equation(self) -> str:
        return self.equation.replace(" ", "")

    def call(self, inputs: np.ndarray) -> np.ndarray:
        x, w, y, sizes = self._letters(inputs.shape)
        z = self.buffer("z", tuple(sizes[c] for c in y), inputs.dtype)  # type: ignore[misc]
        einsum(x, w, y, inputs, self.kernel.value, z)
        if self.bias is not None:
            b = self.bias.value
            kernels.select(z.dtype).add_bias(*_in_rows(z, b))  # (1)
        out = z if self.activation is activations.linear else self.buffer("y", z.shape, z.dtype)
        self.activation.forward(z, out)
        self.save(x=inputs, z=z, y=out)
        return out

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        x, w, y, _ = self._letters(frame["x"].shape)
        dz = dy if self.activation is activations.linear else self.buffer("dz", dy.shape, dy.dtype)
        self.activation.backward(dy, frame["z"], frame["y"], dz)
        if self.bias is not None:
            b = self.bias.grad
            some = tuple(i for i, size in enumerate(b.shape, dz.ndim - b.ndim) if size < dz.shape[i])
            kernels.select(dz.dtype).sum_rows(*_in_rows(dz.sum(axis=some, keepdims=True) if some else dz, b))  # (2)
        einsum(x, y, w, frame["x"], dz, self.kernel.grad)  # (3)
        if not self.wants_dx:
            return None
        dx = self.buffer("dx", frame["x"].shape, dz.dtype)
        einsum(y, w, x, dz, self.kernel.value, dx)
        return dx

    def compute_output_shape(self, input_shape: Any) -> Any:
        _, _, y, sizes = self._letters(input_shape)
        return tuple(sizes[c] for c in y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            "equation": self.equation,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }


def _in_rows(z: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Views of z (N, K) and b (K,), the axes of b flattened; b repeated where z has more entries along one of them."""
    shape = z.shape[z.ndim - b.ndim :]
    b = b if b.shape == shape else np.broadcast_to(b, shape)
    return z.reshape(-1, b.size), b.reshape(-1)


def einsum(a: str, b: str, c: str, left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    """out = Σ left · right over the letters that c has not, by BLAS where it is one matrix product. Writes out.

    >>> left, right, out = np.ones((2, 3, 4)), np.ones((4, 5)), np.empty((2, 3, 5))
    >>> einsum("abc", "cd", "abd", left, right, out)
    >>> out[0, 0, 0].item()
    4.0
    """
    summed = "".join(x for x in a if x in b and x not in c)
    rows, columns = ("".join(x for x in letters if x in c and x not in other) for letters, other in ((a, b), (b, a)))
    if c != rows + columns or a not in (rows + summed, summed + rows) or b not in (summed + columns, columns + summed):
        out[...] = np.einsum(f"{a},{b}->{c}", left, right, optimize=True)
        return
    n, k = math.prod(left.shape[a.index(x)] for x in summed), math.prod(right.shape[b.index(x)] for x in columns)
    first = left.reshape(-1, n) if a == rows + summed else left.reshape(n, -1).T
    second = right.reshape(n, k) if b == summed + columns else right.reshape(k, n).T
    kernels.select(out.dtype).matmul(first, second, out.reshape(-1, k))
