"""Activations as recorded functions; their formulas stand in :mod:`minikeras.activations`."""

from typing import Any

import numpy as np

from ... import activations, config
from ..base import Elementwise, Op
from ..numpy import arithmetic, elementwise, shapes


class Activated(Op):
    """y = φ(x), dx = φ′(x) dy, with an activation of :mod:`minikeras.activations`, where its formula stands."""

    needs_floats = True

    def activation(self) -> Any:
        """The activation."""
        return getattr(activations, config.snake_case(type(self).__name__))

    def params(self) -> dict[str, Any]:
        """What is passed to it."""
        return {key: getattr(self, key) for key in self.arguments}

    def call(self, x: np.ndarray) -> np.ndarray:
        y = np.empty(x.shape, x.dtype)
        self.activation().forward(x, y, **self.params())
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        dx = np.empty(dy.shape, dy.dtype)
        self.activation().backward(np.ascontiguousarray(dy), kept["x"], kept["y"], dx, **self.params())
        return dx


class Relu(Activated):
    """max(x, 0)."""


class Sigmoid(Activated):
    """1 / (1 + exp(−x))."""


class Softplus(Activated):
    """ln(1 + exp x)."""


class Softsign(Activated):
    """x / (1 + |x|)."""


class Silu(Activated):
    """x / (1 + exp(−x))."""


class Selu(Activated):
    """1.0507 x where x > 0, else 1.0507 · 1.67326 (exp x − 1)."""


class LeakyRelu(Activated):
    """x where x > 0, else negative_slope · x."""

    negative_slope: float = 0.2


class Elu(Activated):
    """x where x > 0, else alpha (exp x − 1)."""

    alpha: float = 1.0


class Gelu(Activated):
    """x Φ(x), Φ the normal distribution function, or its approximation by tanh."""

    approximate: bool = True


class Softmax(Activated):
    """exp(x) / Σ exp(x) along an axis."""

    axis: Any = -1


class LogSoftmax(Activated):
    """x − ln Σ exp(x) along an axis."""

    axis: Any = -1


class Sparsemax(Activated):
    """max(x − τ, 0), with the τ for which the sum along an axis is 1; that of Keras 3.15.1 is another one."""

    axis: Any = -1


class HardShrink(Activated):
    """x where |x| > threshold, else 0."""

    threshold: float = 0.5


class SoftShrink(Activated):
    """sign(x) max(|x| − threshold, 0)."""

    threshold: float = 0.5


class Threshold(Activated):
    """x where x > threshold, else default_value."""

    threshold: Any
    default_value: Any


class SparsePlus(Activated):
    """0 where x ≤ −1, x where x ≥ 1, (x + 1)² / 4 between."""


class SparseSigmoid(Activated):
    """0 where x ≤ −1, 1 where x ≥ 1, (x + 1) / 2 between."""


class Relu6(Elementwise):
    """y = min(max(x, 0), 6);  dx = dy where 0 < x < 6."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.where(x.real < 0, 0, np.where(x.real > 6, 6, x)).astype(x.dtype)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x.real > 0) & (x.real < 6)


class LogSigmoid(Elementwise):
    """y = −ln(1 + exp(−x));  dx = (1 − exp y) dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        low = np.where(x.real < 0, x, 0)
        return low - np.log1p(np.exp(np.where(x.real < 0, x, -x)))

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -np.expm1(y)


class HardSigmoid(Elementwise):
    """y = min(max(x/6 + 1/2, 0), 1);  dx = dy / 6 where −3 < x < 3."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.where(x.real <= -3, 0, np.where(x.real >= 3, 1, x / 6 + 0.5)).astype(x.dtype)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return ((x.real > -3) & (x.real < 3)) / x.dtype.type(6)


class HardTanh(Elementwise):
    """y = min(max(x, −1), 1);  dx = dy where −1 < x < 1."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.where(x.real <= -1, -1, np.where(x.real >= 1, 1, x)).astype(x.dtype)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x.real > -1) & (x.real < 1)


class Squareplus(Elementwise):
    """y = (x + √(x² + b)) / 2;  dx = (1 + x / √(x² + b)) / 2 dy."""

    b: float = 4

    def f(self, x: np.ndarray) -> np.ndarray:
        return (x + np.sqrt(x * x + self.b)) / 2

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (1 + x / np.sqrt(x * x + self.b)) / 2


class Celu(Elementwise):
    """y = x where x > 0, else alpha (exp(x / alpha) − 1);  dx = dy where x > 0, else exp(x / alpha) dy."""

    alpha: float = 1.0

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.where(x.real > 0, x, self.alpha * np.expm1(np.where(x.real > 0, 0, x) / self.alpha))

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(x.real > 0, 1, np.exp(np.where(x.real > 0, 0, x) / self.alpha)).astype(x.dtype)


def hard_silu(x: Any) -> Any:
    """x · hard_sigmoid(x)."""
    return arithmetic.multiply(x, hard_sigmoid(x))


def tanh_shrink(x: Any) -> Any:
    """x − tanh x."""
    return arithmetic.subtract(x, elementwise.tanh(x))


def glu(x: Any, axis: int = -1) -> Any:
    """a · sigmoid(b), a and b the two halves of x."""
    a, b = shapes.split(x, 2, axis)
    return arithmetic.multiply(a, sigmoid(b))


relu, sigmoid, softplus, softsign, silu, selu = (c.function() for c in (Relu, Sigmoid, Softplus, Softsign, Silu, Selu))
leaky_relu, elu, gelu, celu = (c.function() for c in (LeakyRelu, Elu, Gelu, Celu))
softmax, log_softmax, sparsemax = Softmax.function(), LogSoftmax.function(), Sparsemax.function()
hard_shrink, soft_shrink, threshold = HardShrink.function(), SoftShrink.function(), Threshold.function()
sparse_plus, sparse_sigmoid = SparsePlus.function(), SparseSigmoid.function()
relu6, log_sigmoid, hard_sigmoid, hard_tanh, squareplus = (
    c.function() for c in (Relu6, LogSigmoid, HardSigmoid, HardTanh, Squareplus)
)
swish, hard_swish = silu, hard_silu
