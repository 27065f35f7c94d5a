"""Layers that only apply an activation: y = f(x), dx = f′(x) dy.

The formulas are in :mod:`minikeras.kernels.reference.activations` and
:mod:`minikeras.kernels.reference.softmax`. Input and output are (N, …), of one shape.
"""

from typing import Any

import numpy as np

from .. import activations
from .base import Layer, Shape
from .last_activation import LastActivation


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
        y = x if f is activations.linear else self.buffer("y", x.shape)
        if y is not x:
            f.forward(x, y, **self._params)
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        if frame["y"] is frame["x"]:
            return dy
        dx = self.buffer("dx", dy.shape)
        self._f.backward(dy, frame["x"], frame["y"], dx, **self._params)
        return dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

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
    """x where x > 0, else negative_slope · x.

    Raises:
        ValueError: for a negative slope.

    >>> LeakyReLU(negative_slope=0.5)(np.array([[-10.0, 5.0]]))
    array([[-5.,  5.]], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
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
