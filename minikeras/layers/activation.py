"""Layers that only apply an activation: y = f(x), dx = f′(x) dy.

The formulas are in :mod:`minikeras.kernels.reference.activations` and
:mod:`minikeras.kernels.reference.softmax`. Input and output are (N, …), of one shape.
"""

import warnings
from typing import Any

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..errors import ShapeError
from .base import Layer
from .last_activation import LastActivation
from .shapes import Shape


class _Elementwise(Layer):
    """What these layers share: the activation f, its parameters, forward and backward."""

    needs_floats = True
    supports_masking = True
    activation = LastActivation()
    quantities = {
        "y": ("y = φ(x)", r"y = \varphi(x)"),
        "dx": ("dx = φ′(x) ⊙ dy", r"\frac{\partial L}{\partial x} = \varphi'(x) \odot \frac{\partial L}{\partial y}"),
    }

    def __init__(self, activation: Any, params: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._f = activations.get(activation)
        self._params = params
        self.built = True

    def call(self, x: np.ndarray) -> np.ndarray:
        f = getattr(self, "activation", self._f)
        y = x if f is activations.linear else self.buffer("y", self._f.output_shape(x.shape, **self._params))
        if y is not x:
            f.forward(x, y, **self._params)
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        if frame["y"] is frame["x"]:
            return dy
        dx = self.buffer("dx", frame["x"].shape)
        self._f.backward(dy, frame["x"], frame["y"], dx, **self._params)
        return dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self._f.output_shape((1, *input_shape[1:]), **self._params)[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._params}


class Activation(_Elementwise):
    """Applies an activation by name, or an :class:`~minikeras.activations.Activation`.

    >>> Activation("relu")(np.array([-3.0, -1.0, 0.0, 2.0]))
    array([0., 0., 0., 2.], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(activation, {}, **kwargs)
        self.activation = self._f

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class ReLU(_Elementwise):
    """max(x, 0), and bent further by the parameters; see :data:`minikeras.activations.relu`.

    Raises:
        ValueError: for a negative parameter.

    >>> layer = ReLU(max_value=6.0, negative_slope=0.5, dtype="float64")
    >>> layer(np.array([[-10.0, 5.0, 10.0]]), record=True)
    array([[-5.,  5.,  6.]])
    >>> layer.backward(np.ones((1, 3)))
    array([[0.5, 1. , 0. ]])
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if max_value is not None:
            _check_not_negative("ReLU", "max_value", max_value)
        _check_not_negative("ReLU", "negative_slope", negative_slope)
        _check_not_negative("ReLU", "threshold", threshold)
        params = {"max_value": max_value, "negative_slope": negative_slope, "threshold": threshold}
        super().__init__("relu", params, **kwargs)


class LeakyReLU(_Elementwise):
    """x where x > 0, else negative_slope · x (``alpha`` in Keras 2, which is still taken).

    Raises:
        ValueError: for a negative slope.

    >>> LeakyReLU(negative_slope=0.5)(np.array([[-10.0, 5.0]]))
    array([[-5.,  5.]], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn("Argument `alpha` is deprecated. Use `negative_slope` instead.", stacklevel=2)
        _check_not_negative("LeakyReLU", "negative_slope", negative_slope)
        super().__init__("leaky_relu", {"negative_slope": negative_slope}, **kwargs)


class ELU(_Elementwise):
    """x where x > 0, else alpha · (eˣ − 1).

    >>> ELU(alpha=2.0)(np.array([[-100.0, 5.0]]))
    array([[-2.,  5.]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__("elu", {"alpha": alpha}, **kwargs)


class Softmax(_Elementwise):
    """exp(x) / Σ exp(x) along an axis, or over the block that several axes span.

    Differs from Keras: there is no ``mask``.

    >>> Softmax(dtype="float64")(np.array([[1.0, 2.0, 1.0]])).round(4)
    array([[0.2119, 0.5761, 0.2119]])
    """

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__("softmax", {"axis": tuple(axis) if isinstance(axis, list) else axis}, **kwargs)
        self.axis = axis
        if axis == -1:  # a loss may take in only this softmax, and looks for it here
            self.activation = self._f

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def _check_not_negative(layer: str, argument: str, value: Any) -> None:
    if value is None or value < 0:
        raise ValueError(f"{argument} of a {layer} layer cannot be None or negative. Received: {argument}={value}")


class PReLU(Layer):
    """x where x > 0, else α x, with one trained α for each place of the input.

    ::

        (1) y = max(x, 0) − α max(−x, 0)
        (2) dx = dy where x > 0, α dy where x < 0, 0 at x = 0 as in Keras
        (3) dα = Σ min(x, 0) dy, over the batch and the shared axes

    Args (as in Keras):
        alpha_initializer, alpha_regularizer, alpha_constraint: names, configs or objects.
        shared_axes: the axes (1 is the first after the batch) along which all places have one α.

    Input and output (N, …). Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015.

    >>> layer = PReLU(alpha_initializer="ones", dtype="float64")
    >>> layer(np.array([[-2.0, 3.0]]), record=True), layer.backward(np.array([[1.0, 1.0]])), layer.alpha.grad
    (array([[-2.,  3.]]), array([[1., 1.]]), array([-2.,  0.]))
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            shared_axes = list(shared_axes) if isinstance(shared_axes, list | tuple) else [shared_axes]
        self.shared_axes = shared_axes

    def build(self, input_shape: Shape) -> None:
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        if None in shape:
            raise ShapeError(
                f"Layer '{self.name}' (PReLU) needs a known size of every axis that is not shared. "
                f"Received: input_shape={input_shape}, shared_axes={self.shared_axes}"
            )
        self.alpha = self.add_weight(
            tuple(shape),  # type: ignore[arg-type]
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        self.mark_built(input_shape)

    def check_input(self, shape: tuple[int, ...]) -> None:
        alpha = self.alpha.shape
        if len(shape) != len(alpha) + 1 or any(a not in (1, s) for a, s in zip(alpha, shape[1:], strict=True)):
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: its alpha has shape {alpha}, and '
                f"the input (with the batch axis) {shape}"
            )

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.save(x=x)
        return np.where(x.real > 0, x, self.alpha.value * x)  # (1)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self.saved()["x"]
        below = x < 0
        dalpha = np.where(below, x * dy, 0).sum(axis=0)
        shared = tuple(i for i, size in enumerate(self.alpha.shape) if size == 1)
        self.alpha.grad[...] = dalpha.sum(axis=shared, keepdims=True)  # (3)
        return np.where(x > 0, dy, np.where(below, self.alpha.value * dy, 0))  # (2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }


__all__ = ["ELU", "Activation", "LeakyReLU", "PReLU", "ReLU", "Softmax"]
