"""Cross-entropies. Like Keras, probabilities are clipped to [ε, 1 − ε], and rows of them first divided by their sum."""

from typing import Any

import numpy as np

from ... import activations, config
from ..base import Op


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


binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy = (
    c.function() for c in (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)
)
