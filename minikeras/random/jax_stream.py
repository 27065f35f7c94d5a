"""The stream of Keras on JAX: Threefry2x32-20 on the flat index of each number.

For the seed pair (s0, s1) and the number at flat index i:

    x0, x1 = threefry(key=(s0, s1), counter=(i high, i low))
    float32:  mantissa = (x0 ⊕ x1) >> 9           float64:  mantissa = (x0 · 2³² + x1) >> 12
    f = the float in [0, 1) with that mantissa
    uniform:           max(lo, f·(hi − lo) + lo),  the product and the sum rounded once, together
    normal:            √2·erf⁻¹(u),  u uniform in (−1, 1)
    truncated normal:  √2·erf⁻¹(u),  u uniform in (erf(−√2), erf(√2))

JAX's compiler XLA fuses the multiplication and the addition of a uniform on CPUs that can. Uniforms are equal
to the last bit. Of the normals about one in ten is off by a few units in the last place, as XLA's logarithm
is its own.

Sources: Salmon et al., SC 2011; JAX's public sources (``jax.random``, partitionable Threefry).
"""

import math

import numpy as np

from .. import kernels
from .erfinv import erfinv
from .fused import multiply_add

Pair = tuple[int, int]

_LOW = 0xFFFFFFFF
_SQRT2 = np.sqrt(np.float64(2))


def _floats(pair: Pair, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Uniform floats in [0, 1)."""
    index = np.arange(math.prod(shape))
    counters = np.empty((index.size, 2), np.uint32)
    counters[:, 0], counters[:, 1] = index >> 32, index & _LOW
    kernels.select(dtype).threefry2x32((pair[0] & _LOW, pair[1] & _LOW), counters, counters)
    if dtype == np.float32:
        bits = (counters[:, 0] ^ counters[:, 1]) >> 9
        return ((bits | 0x3F800000).view(np.float32) - np.float32(1)).reshape(shape)
    high, low = counters.T.astype(np.uint64)
    bits = ((high << 32) | low) >> 12
    return ((bits | (1023 << 52)).view(np.float64) - 1.0).reshape(shape)


def uniform(pair: Pair, shape: tuple[int, ...], lo: float, hi: float, dtype: np.dtype) -> np.ndarray:
    """max(lo, f·(hi − lo) + lo)."""
    low, high = dtype.type(lo), dtype.type(hi)
    return np.maximum(low, multiply_add(_floats(pair, shape, dtype), high - low, low))


def normal(pair: Pair, shape: tuple[int, ...], mean: float, stddev: float, dtype: np.dtype) -> np.ndarray:
    """x·stddev + mean with x = √2·erf⁻¹(u) standard normal."""
    u = uniform(pair, shape, float(np.nextafter(dtype.type(-1), dtype.type(0))), 1.0, dtype)
    return _SQRT2.astype(dtype) * erfinv(u) * dtype.type(stddev) + dtype.type(mean)


def truncated_normal(pair: Pair, shape: tuple[int, ...], mean: float, stddev: float, dtype: np.dtype) -> np.ndarray:
    """x·stddev + mean with x standard normal between −2 and 2, by inversion."""
    bound = math.erf(math.sqrt(2.0))
    u = uniform(pair, shape, -bound, bound, dtype)
    inside = np.nextafter(dtype.type(2), dtype.type(0))
    x = np.clip(_SQRT2.astype(dtype) * erfinv(u), -inside, inside)
    return x * dtype.type(stddev) + dtype.type(mean)


def dropout_mask(pair: Pair, shape: tuple[int, ...], rate: float, dtype: np.dtype) -> np.ndarray:
    """True where u < 1 − rate: what is kept."""
    return _floats(pair, shape, dtype) < dtype.type(1.0 - rate)
