"""A check of an optimizer's steps against its equations, as their papers have them.

The equations are written out once more, in plain float64, in the papers' own order, where the optimizers compute in
Keras's: Adam's with corrected means m̂ and v̂, Nesterov's momentum as Keras's formula says.

>>> from minikeras import optimizers
>>> update_error(optimizers.Adam(0.01, epsilon=0.1)) < 1e-12
True
>>> from minikeras.bugs.zoo import mutant
>>> with mutant("bias_correction_forgotten"):
...     update_error(optimizers.Adam(0.01, epsilon=0.1)) > 1e-3
True
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import optimizers
from ..parameter import Parameter
from ..scalars import scalar
from .result import norm_relative

Paths = Iterator[np.ndarray]
_FLOAT64 = np.dtype("float64")


def update_error(optimizer: Any, steps: int = 5, seed: int = 0) -> float:
    """The largest norm-relative difference of a step of an optimizer from the step of its equations.

    Random gradients of every size are given to a random parameter, in float64.

    Args:
        optimizer: a fresh one, without clipping, average or accumulation; of a class in :data:`EQUATIONS`.
        steps: how many are compared.
        seed: of the random numbers.

    Raises:
        ValueError: for an optimizer whose equations are not here, and for one that has taken steps.
    """
    equations = EQUATIONS.get(type(optimizer))
    if equations is None:
        known = ", ".join(cls.__name__ for cls in EQUATIONS)
        raise ValueError(f"update_error knows the equations of {known}. Received: {type(optimizer).__name__}")
    if optimizer.built:
        raise ValueError("update_error needs a fresh optimizer. This one has taken steps.")
    rng = np.random.default_rng(seed)
    w = rng.normal(size=(4, 3))
    gradients = rng.normal(size=(steps, *w.shape)) * 10.0 ** rng.uniform(-2, 1, size=w.shape)
    p = Parameter(w.copy(), "w")
    worst, before = 0.0, w
    for g, expected in zip(gradients, equations(optimizer, w, gradients), strict=True):
        start = p.value.copy()
        optimizer.apply([g], [p])
        worst = max(worst, norm_relative(p.value - start, expected - before))
        before = expected
    return worst


def _sgd(o: Any, w: np.ndarray, gradients: np.ndarray) -> Paths:
    v, mu = np.zeros_like(w), scalar(o.momentum, _FLOAT64)
    for g in gradients:
        v = mu * v - o.learning_rate * g
        step = mu * v - o.learning_rate * g if o.nesterov else v
        w = _decayed(o, w) + step
        yield w


def _adam(o: Any, w: np.ndarray, gradients: np.ndarray) -> Paths:
    """The corrected means m̂ and v̂; ε̂ of the optimizer is ε √(1 − β₂ᵗ) here."""
    m = v = highest = np.zeros_like(w)
    beta_1, beta_2 = (scalar(x, _FLOAT64) for x in (o.beta_1, o.beta_2))  # in the powers, as Keras rounds them
    for t, g in enumerate(gradients, 1):
        m = o.beta_1 * m + (1 - o.beta_1) * g
        v = o.beta_2 * v + (1 - o.beta_2) * g**2
        highest = np.maximum(highest, v) if o.amsgrad else v
        m_hat, v_hat = m / (1 - beta_1**t), highest / (1 - beta_2**t)
        w = _decayed(o, w) - o.learning_rate * m_hat / (np.sqrt(v_hat) + o.epsilon / np.sqrt(1 - beta_2**t))
        yield w


def _rmsprop(o: Any, w: np.ndarray, gradients: np.ndarray) -> Paths:
    v = a = b = np.zeros_like(w)
    for g in gradients:
        v = o.rho * v + (1 - o.rho) * g**2
        a = o.rho * a + (1 - o.rho) * g if o.centered else a
        b = o.momentum * b + o.learning_rate * g / np.sqrt(v - a**2 + o.epsilon)
        w = _decayed(o, w) - b
        yield w


def _lion(o: Any, w: np.ndarray, gradients: np.ndarray) -> Paths:
    m = np.zeros_like(w)
    beta_1, beta_2 = (scalar(x, _FLOAT64) for x in (o.beta_1, o.beta_2))
    for g in gradients:
        w = _decayed(o, w) - o.learning_rate * np.sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g
        yield w


def _decayed(o: Any, w: np.ndarray) -> np.ndarray:
    return w if o.weight_decay is None else w * (1 - o.learning_rate * scalar(o.weight_decay, _FLOAT64))


EQUATIONS: dict[type, Callable[[Any, np.ndarray, np.ndarray], Paths]] = {
    optimizers.SGD: _sgd,
    optimizers.Adam: _adam,
    optimizers.AdamW: _adam,
    optimizers.RMSprop: _rmsprop,
    optimizers.Lion: _lion,
}
"""For each class, a function of the optimizer, the first weights and all gradients: the weights after each step."""
