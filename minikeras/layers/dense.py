"""Dense: y = activation(x W + b).

=======  ======  =======================================
x, dx    (N, D)  input, ∂L/∂x
W, dW    (D, K)  ``kernel``, ∂L/∂W
b, db    (K,)    ``bias``, ∂L/∂b
z, dz    (N, K)  pre-activation, ∂L/∂z
y, dy    (N, K)  output, ∂L/∂y
=======  ======  =======================================

Forward::

    (1)  z = x W + b
    (2)  y = φ(z)

Backward. Each z[n,k] reaches L only through y, each W[d,k] through column k of z, and each b[k] through every row::

    (3)  dz = ∂L/∂z = φ′(z) ⊙ dy                  (for an elementwise φ; softmax has its own rule)
    (4)  db[k] = Σₙ dz[n,k]
    (5)  dW[d,k] = Σₙ x[n,d] dz[n,k]               dW = xᵀ dz
    (6)  dx[n,d] = Σₖ dz[n,k] W[d,k]               dx = dz Wᵀ

A worked example, two inputs and one ReLU unit:

>>> layer = Dense(1, activation="relu", dtype="float64")
>>> layer.build((None, 2))
>>> layer.set_weights([[[2.0], [-1.0]], [0.5]])
>>> layer(np.array([[1.0, 1.0]]), record=True)            # relu(2 − 1 + 0.5)
array([[1.5]])
>>> layer.backward(np.array([[10.0]]))                    # (6) with dz = 10, since z > 0
array([[ 20., -10.]])
>>> layer.kernel.grad.ravel(), layer.bias.grad            # (5), (4)
(array([10., 10.]), array([10.]))
"""

from typing import Any

import numpy as np

from .. import activations, constraints, initializers, kernels, regularizers
from ..errors import ShapeError
from ..parameter import Parameter
from .base import Layer
from .last_activation import LastActivation
from .shapes import Shape


class Dense(Layer):
    """A fully connected layer on the last axis of its input.

    Args: Keras's.
        units: K, the number of outputs.
        activation: name, :class:`~minikeras.activations.Activation` or None for none.
        use_bias: whether there is a b.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint,
        bias_constraint: names, configs or objects.

    Input (N, …, D), output (N, …, K).
    """

    needs_floats = True
    supports_masking = True
    activation = LastActivation()
    quantities = {
        "z": ("z = x W + b", "z = xW + b"),
        "y": ("y = φ(z)", r"y = \varphi(z)"),
        "dz": ("dz = φ′(z) ⊙ dy", r"\frac{\partial L}{\partial z} = \varphi'(z) \odot \frac{\partial L}{\partial y}"),
        "dkernel": ("dW = xᵀ dz", r"\frac{\partial L}{\partial W} = x^\top \frac{\partial L}{\partial z}"),
        "dbias": ("db = Σₙ dz[n]", r"\frac{\partial L}{\partial b} = \sum_n \frac{\partial L}{\partial z_n}"),
        "dx": ("dx = dz Wᵀ", r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} W^\top"),
    }
    kernel: Parameter
    bias: Parameter | None

    def __init__(
        self,
        units: int,
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
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(units, bool) or not isinstance(units, int | np.integer) or units <= 0:
            raise ValueError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units}"
            )
        unsupported = {
            "lora_rank": lora_rank,
            "lora_alpha": lora_alpha,
            "quantization_config": quantization_config,
        }
        for argument, value in unsupported.items():
            if value is not None:
                raise ValueError(f"Dense does not support `{argument}` in minikeras. Received: {value!r}")
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ShapeError(
                f"Layer '{self.name}' (Dense) needs an input of at least 2 axes with a known last one. "
                f"Received: input_shape={input_shape}"
            )
        self.kernel = self.add_weight(
            (input_shape[-1], self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def check_input(self, shape: tuple[int, ...]) -> None:
        if len(shape) < 2:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected min_ndim=2, '
                f"found ndim={len(shape)}. Full shape received: {shape}"
            )
        if shape[-1] != self.kernel.shape[0]:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected axis -1 of input shape '
                f"to have value {self.kernel.shape[0]}, but received input with shape {shape}"
            )

    def call(self, x: np.ndarray, training: bool | None = None) -> np.ndarray:
        rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
        z = self.buffer("z", (len(rows), self.units))
        kernels.select(z.dtype).matmul(rows, self.kernel.value, z)  # (1) without b
        activation = self.activation
        y = z if activation is activations.linear else self.buffer("y", z.shape)
        if self.bias is None:
            activation.forward(z, y)  # (2)
        else:
            activation.forward_bias(z, self.bias.value, y)  # (1), (2)
        self.save(x=rows, z=z, y=y, shape=x.shape, activation=activation)
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], self.units)

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        frame = self.saved()
        activation = frame["activation"]
        dy = dy if dy.ndim == 2 else dy.reshape(-1, self.units)
        dz = dy if activation is activations.linear else self.buffer("dz", dy.shape)
        if self.bias is None:
            activation.backward(dy, frame["z"], frame["y"], dz)  # (3)
        else:
            activation.backward_bias(dy, frame["z"], frame["y"], dz, self.bias.grad)  # (3), (4)
        return self._backward_product(frame, dz)

    def _backward_product(self, frame: dict[str, Any], dz: np.ndarray) -> Any:
        run = kernels.select(dz.dtype)
        if self.trainable:
            run.matmul(frame["x"].T, dz, self.kernel.grad)  # (5)
        if not self.wants_dx:
            return None
        dx = self.buffer("dx", frame["x"].shape)
        run.matmul(dz, self.kernel.value.T, dx)  # (6)
        return dx if len(frame["shape"]) == 2 else dx.reshape(frame["shape"])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
            "quantization_config": None,
        }
