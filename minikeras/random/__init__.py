"""Random numbers, the same as Keras's for the same seed.

``set_random_seed(seed, stream)`` names a seed and one of two streams: what Keras 3.15 draws on TensorFlow
or on JAX. Every draw is named by a seed pair, so nothing depends on what else was drawn.

===================  ===============================  ========================================================
draw                 TensorFlow stream                JAX stream
===================  ===============================  ========================================================
uniform              equal to the last bit            equal to the last bit
normal, truncated    equal to the last bit            float32 to 5e-7, float64 to 1e-14 standard deviations
order of the rows    equal; the same in every epoch   equal; another one in every epoch
dropout mask         equal                            equal
===================  ===============================  ========================================================

Both generators are counters put through a bijection: number i of a draw is a function of the seed pair and i alone, so
it is the same with Numba and without it, and on any number of threads.

File by file: :mod:`~minikeras.random.state` (seeds), :mod:`~minikeras.random.tensorflow_stream`,
:mod:`~minikeras.random.jax_stream`, :mod:`~minikeras.random.orders`; the bijections are kernels
(``philox4x32``, ``threefry2x32``), tested with the vectors their authors published. Both platforms' bits were
compared on Linux, x86-64, with glibc.

In all draws ``dtype`` is float32 or float64, by default ``config.floatx()``; ``seed`` is an integer, which names the
same numbers each time, a :class:`SeedGenerator`, which goes on to its next numbers, or None, for the next numbers of
the process. Anything else is a ValueError.
"""

from types import ModuleType
from typing import Any

import numpy as np

from .. import config
from . import jax_stream, tensorflow_stream
from .functions import beta, binomial, categorical, dropout, gamma, randint, shuffle
from .orders import batch_order, on_build, on_compile, order
from .state import Pair, SeedGenerator, draw_pair, make_default_seed, seed, set_seed, stream

__all__ = [
    "SeedGenerator",
    "batch_order",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "dropout_mask",
    "gamma",
    "make_default_seed",
    "normal",
    "on_build",
    "on_compile",
    "order",
    "randint",
    "seed",
    "set_seed",
    "shuffle",
    "stream",
    "truncated_normal",
    "uniform",
]

_STREAMS: dict[str, ModuleType] = {"tensorflow": tensorflow_stream, "jax": jax_stream}


def _dtype(dtype: Any) -> np.dtype:
    found = np.dtype(dtype or config.floatx())
    if found not in (np.float32, np.float64):
        raise ValueError(f"Random numbers are float32 or float64. Received: dtype={dtype}")
    return found


def uniform(
    shape: tuple[int, ...],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> np.ndarray:
    """Uniform numbers in [minval, maxval).

    >>> uniform((2, 2), seed=42)
    array([[0.28243315, 0.4984169 ],
           [0.7154585 , 0.02020204]], dtype=float32)
    """
    draw = _STREAMS[stream()].uniform
    return draw(draw_pair(seed), tuple(shape), minval, maxval, _dtype(dtype))


def normal(
    shape: tuple[int, ...],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> np.ndarray:
    """Normal numbers: mean + stddev·x, x standard normal.

    >>> normal((3,), seed=42)
    array([ 0.01581708, -1.5900869 ,  0.10359446], dtype=float32)
    """
    draw = _STREAMS[stream()].normal
    return draw(draw_pair(seed), tuple(shape), mean, stddev, _dtype(dtype))


def truncated_normal(
    shape: tuple[int, ...],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | SeedGenerator | None = None,
) -> np.ndarray:
    """Normal numbers, redrawn until they lie within two ``stddev`` of the mean.

    >>> bool((abs(truncated_normal((1000,), stddev=3.0, seed=42)) < 6).all())
    True
    """
    draw = _STREAMS[stream()].truncated_normal
    return draw(draw_pair(seed), tuple(shape), mean, stddev, _dtype(dtype))


def dropout_mask(generator: SeedGenerator | Pair, shape: tuple[int, ...], rate: float, dtype: Any = None) -> np.ndarray:
    """Which entries a Dropout keeps: boolean, True with probability 1 − rate.

    Args:
        generator: the layer's generator, which moves on by one; or a seed pair (seed, counter).
        dtype: of the layer; the uniform numbers behind the mask have it.

    >>> dropout_mask((7, 0), (2, 3), rate=0.5)
    array([[ True,  True, False],
           [ True, False,  True]])
    """
    pair = generator.next() if isinstance(generator, SeedGenerator) else generator
    draw = _STREAMS[stream()].dropout_mask
    return draw(pair, tuple(shape), rate, _dtype(dtype))
