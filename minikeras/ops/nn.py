"""Functions of neural networks: activations, softmax, cross-entropies, normalization."""

from typing import Any

import numpy as np

from .. import activations, config
from .base import Elementwise, Op, constant
from .numpy import arithmetic, elementwise, reductions


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
    from .numpy.shapes import split

    a, b = split(x, 2, axis)
    return arithmetic.multiply(a, sigmoid(b))


# Cross-entropies. Like Keras, probabilities are clipped to [ε, 1 − ε], and rows of them first divided by their sum.


class BinaryCrossentropy(Op):
    """y = −t ln p − (1 − t) ln(1 − p);  dp = (p − t) / (p (1 − p)) dy, and 0 where p was clipped.

    From logits z, p = sigmoid(z):  y = max(z, 0) − z t + ln(1 + exp(−|z|)), dz = (p − t) dy.
    """

    from_logits: bool = False

    def call(self, target: Any, output: np.ndarray) -> np.ndarray:
        t, z = np.asarray(target, output.dtype), output
        _same_shape("binary_crossentropy", t, z)
        if self.from_logits:
            positive = z.real > 0
            self.save(t=t, z=z)
            return np.where(positive, z, 0) - z * t + np.log1p(np.exp(np.where(positive, -z, z)))
        p = _clipped(z)
        self.save(t=t, z=z, p=p)
        return -t * np.log(p) - (1 - t) * np.log(1 - p)

    def backward(self, dy: np.ndarray) -> tuple[Any, np.ndarray]:
        kept = self.saved()
        t, z = kept["t"], kept["z"]
        if self.from_logits:
            return -z * dy, (1 / (1 + np.exp(-z)) - t) * dy
        p = kept["p"]
        return (np.log(1 - p) - np.log(p)) * dy, (p - t) / (p * (1 - p)) * dy * (p == z)


class CategoricalCrossentropy(Op):
    """y = −Σₖ t[k] ln q[k], q = p / Σ p clipped;  dq = −t / q dy, dp = (dq − Σₖ dq[k] q[k]) / Σ p.

    From logits z, q = softmax(z):  dz = (q Σ t − t) dy.
    """

    from_logits: bool = False
    axis: int = -1

    def call(self, target: Any, output: np.ndarray) -> np.ndarray:
        t = np.asarray(target, output.dtype)
        _same_shape("categorical_crossentropy", t, output)
        return _crossentropy(self, t, output)

    def backward(self, dy: np.ndarray) -> tuple[Any, np.ndarray]:
        return _crossentropy_backward(self, dy)


class SparseCategoricalCrossentropy(Op):
    """y = −ln q[t], for integer classes t;  see :class:`CategoricalCrossentropy`.

    Raises:
        ValueError: for a class out of range.
    """

    from_logits: bool = False
    axis: int = -1

    def call(self, target: Any, output: np.ndarray) -> np.ndarray:
        labels, k = np.asarray(target), output.shape[self.axis]
        if labels.ndim == output.ndim and labels.shape[-1] == 1:
            labels = labels[..., 0]
        labels = labels.astype(np.int64)
        if labels.size and not 0 <= labels.min() <= labels.max() < k:
            raise ValueError(f"Classes from 0 to {k - 1} were expected. Received: {labels.min()} to {labels.max()}.")
        t = np.moveaxis(np.eye(k, dtype=output.dtype)[labels], -1, self.axis)
        _same_shape("sparse_categorical_crossentropy", t, output)
        return _crossentropy(self, t, output)

    def backward(self, dy: np.ndarray) -> tuple[None, np.ndarray]:
        return None, _crossentropy_backward(self, dy)[1]


def _crossentropy(self: Any, t: np.ndarray, x: np.ndarray) -> np.ndarray:
    if self.from_logits:
        logs = np.empty_like(x)
        activations.log_softmax.forward(x, logs, axis=self.axis)
        self.save(t=t, logs=logs)
        return -np.sum(t * logs, self.axis)
    total = x.sum(self.axis, keepdims=True)
    p = x / total
    q = _clipped(p)
    self.save(t=t, p=p, q=q, total=total)
    return -np.sum(t * np.log(q), self.axis)


def _crossentropy_backward(self: Any, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    kept = self.saved()
    t, d = kept["t"], np.expand_dims(dy, self.axis)
    if self.from_logits:
        logs = kept["logs"]
        return -logs * d, (np.exp(logs) * t.sum(self.axis, keepdims=True) - t) * d
    p, q = kept["p"], kept["q"]
    dq = -t / q * d * (p == q)
    return -np.log(q) * d, (dq - (dq * p).sum(self.axis, keepdims=True)) / kept["total"]


def _clipped(p: np.ndarray) -> np.ndarray:
    e = p.real.dtype.type(config.epsilon())
    return np.where(p.real < e, e, np.where(p.real > 1 - e, 1 - e, p))


def _same_shape(name: str, target: np.ndarray, output: np.ndarray) -> None:
    if target.shape != output.shape:
        raise ValueError(
            f"{name} needs target and output of one shape. "
            f"Received: target.shape={target.shape}, output.shape={output.shape}"
        )


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """x / max(‖x‖, ε), the norm along an axis."""
    from .linalg import norm

    length = norm(x, order, axis, keepdims=True)
    return arithmetic.divide(x, arithmetic.maximum(length, config.epsilon() if epsilon is None else epsilon))


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Mean and variance along axes."""
    return reductions.mean(x, axes, keepdims), reductions.var(x, axes, keepdims)


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """softmax(Q Kᵀ scale + bias) V, with arrays (N, T, heads, size); −∞ where the mask is False."""
    from .numpy.products import einsum

    scores = einsum("nqhd,nkhd->nhqk", query, key) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if attn_logits_soft_cap is not None:
        scores = elementwise.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        scores = scores + bias
    if is_causal:
        allowed = np.tri(scores.shape[-2], scores.shape[-1], dtype=bool)
        scores = arithmetic.where(allowed, scores, _lowest(scores.dtype))
    if mask is not None:
        scores = arithmetic.where(mask, scores, _lowest(scores.dtype))
    return einsum("nhqk,nkhd->nqhd", softmax(scores), value)


def _lowest(dtype: Any) -> float:
    return float(np.finfo(np.dtype(dtype)).min) * 0.7


@constant
def one_hot(x: Any, /, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the class of each entry along a new axis, 0 elsewhere; all 0 for a class out of range."""
    x = np.asarray(x)
    hot = x.astype(np.int64)[..., None] == np.arange(num_classes)
    return np.moveaxis(hot, -1, axis).astype(dtype or config.floatx())


@constant
def multi_hot(inputs: Any, /, num_classes: Any = None, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the classes that occur along the last axis, 0 elsewhere."""
    inputs = np.asarray(inputs)
    hot = inputs.astype(np.int64)[..., None] == np.arange(num_classes)
    over = 1 if inputs.ndim > 1 else 0
    return hot.any(over).astype(dtype or config.floatx())


relu, sigmoid, softplus, softsign, silu, selu = (c.function() for c in (Relu, Sigmoid, Softplus, Softsign, Silu, Selu))
leaky_relu, elu, gelu, celu = (c.function() for c in (LeakyRelu, Elu, Gelu, Celu))
softmax, log_softmax = Softmax.function(), LogSoftmax.function()
relu6, log_sigmoid, hard_sigmoid, hard_tanh, squareplus = (
    c.function() for c in (Relu6, LogSigmoid, HardSigmoid, HardTanh, Squareplus)
)
binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy = (
    c.function() for c in (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)
)
swish, hard_swish = silu, hard_silu
