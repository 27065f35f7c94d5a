"""Draws on whole numbers, choices and orders, under the names of ``keras.random``.

``randint``, ``shuffle`` and ``dropout`` give Keras's numbers on the TensorFlow stream. Differs from Keras: the numbers
of ``categorical``, ``gamma``, ``beta`` and ``binomial``, and all of these on the JAX stream, have the right
distribution, and the same seed gives them again, but they are not Keras's.
"""

from typing import Any

import numpy as np

from .. import config
from . import tensorflow_stream
from .state import draw_pair, stream


def _generator(seed: Any) -> np.random.Generator:
    return np.random.default_rng([int(s) % 2**32 for s in draw_pair(seed)])


def randint(shape: Any, minval: Any, maxval: Any, dtype: str = "int32", seed: Any = None) -> np.ndarray:
    """Integers from minval to maxval − 1, each as likely.

    >>> randint((4,), 0, 10, seed=3).shape
    (4,)
    """
    if np.dtype(dtype).kind not in "iu":
        raise ValueError(f"`randint` needs an integer dtype. Received: dtype={dtype!r}")
    shape = tuple(int(n) for n in shape)
    if stream() != "tensorflow":
        return _generator(seed).integers(minval, maxval, shape).astype(dtype)
    return tensorflow_stream.integers(draw_pair(seed), shape, int(minval), int(maxval), np.dtype(dtype))


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """x with its entries along an axis in another order."""
    pair = draw_pair(seed)
    draw = tensorflow_stream.uniform(pair, (x.shape[axis],), 0.0, 1.0, np.dtype("float32"))
    order = np.argsort(draw, kind="stable")
    return x[(slice(None),) * (axis % len(x.shape)) + (order,)]


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """0 with probability ``rate``, else x / (1 − rate); one draw for each entry, or for each of ``noise_shape``."""
    from . import dropout_mask

    if rate == 0:
        return inputs
    sizes = zip(noise_shape or inputs.shape, inputs.shape, strict=True)
    shape = tuple(int(full if size is None else size) for size, full in sizes)
    kept = dropout_mask(draw_pair(seed), shape, rate, inputs.dtype)
    return inputs * (kept / (1 - rate if rate < 1 else 1)).astype(inputs.dtype)


def categorical(logits: Any, num_samples: int, dtype: str = "int32", seed: Any = None) -> np.ndarray:
    """Classes (N, num_samples), each with probabilities softmax(logits[n]): argmax of logits + Gumbel noise."""
    z = np.asarray(logits)
    noise = _generator(seed).gumbel(size=(len(z), num_samples, z.shape[1]))
    return np.argmax(z[:, None] + noise, axis=-1).astype(dtype)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> np.ndarray:
    """Numbers of the gamma distribution with density ∝ x^(alpha − 1) exp(−x)."""
    return _generator(seed).gamma(np.asarray(alpha), size=tuple(shape)).astype(dtype or config.floatx())


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> np.ndarray:
    """Numbers of the beta distribution with density ∝ x^(alpha − 1) (1 − x)^(beta − 1)."""
    draw = _generator(seed).beta(np.asarray(alpha), np.asarray(beta), size=tuple(shape))
    return draw.astype(dtype or config.floatx())


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> np.ndarray:
    """How many of ``counts`` trials succeed, each with the given probability."""
    draw = _generator(seed).binomial(np.asarray(counts, np.int64), np.asarray(probabilities), size=tuple(shape))
    return draw.astype(dtype or config.floatx())
