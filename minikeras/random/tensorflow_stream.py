"""The stream of Keras on TensorFlow: Philox4x32-10, seeded and scrambled as TensorFlow does it.

A draw is named by a seed pair (s0, s1), both taken modulo 2³¹ − 2. One Philox block scrambles the pair into a key
and half a counter:

    m0, m1, m2, m3 = philox(key=(0x3EC8F720, 0x02461E29), counter=(s0 low, s0 high, s1 low, s1 high))
    words of block i = philox(key=(m0, m1), counter=(i low, i high, m2, m3)),   i = 0, 1, 2, …

float32 takes one word for a uniform number, float64 two. With f(w) the float in [0, 1) made of
the low 23 (float64: 52) bits of w:

    uniform:  f(w)·(hi − lo) + lo
    normal:   r·sin φ, r·cos φ   with u₁ = max(f(w₀), 1e-7), φ = 2π·f(w₁), r = √(−2 log u₁)   (Box–Muller)
    truncated normal: normals with |x| < 2; each group of 4 (float64: 2) numbers has 256 (128) blocks

Sources: Salmon et al., SC 2011; TensorFlow's public sources (random_distributions.h,
stateless_random_ops_v2). TensorFlow does not promise these streams across versions; fixtures recorded from
Keras 3.15 on 2.21 guard them.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import kernels

Pair = tuple[int, int]

_SCRAMBLE = (0x3EC8F720, 0x02461E29)
_LOW = 0xFFFFFFFF
_SEED_MODULUS = 2**31 - 2
_ORDER_MODULUS = 2**31 - 1
_TINY = 1e-7
_BOUND = 2.0


def _counters(blocks: np.ndarray, c2: int, c3: int) -> np.ndarray:
    """Philox counters (i low, i high, c2, c3) for block numbers i."""
    counters = np.empty((blocks.size, 4), np.uint32)
    counters[:, 0], counters[:, 1] = blocks & _LOW, blocks >> 32
    counters[:, 2], counters[:, 3] = c2, c3
    return counters


class _Blocks:
    """The scrambled block sequence of one seed pair."""

    def __init__(self, pair: Pair) -> None:
        s0, s1 = (int(s) % _SEED_MODULUS for s in pair)
        mixed = np.array([[s0, 0, s1, 0]], np.uint32)
        kernels.select("float32").philox4x32(_SCRAMBLE, mixed, mixed)
        m0, m1, self.c2, self.c3 = (int(word) for word in mixed[0])
        self.key = (m0, m1)

    def words(self, blocks: np.ndarray) -> np.ndarray:
        """(B, 4) words of the blocks with these numbers."""
        counters = _counters(blocks, self.c2, self.c3)
        kernels.select("float32").philox4x32(self.key, counters, counters)
        return counters

    def first(self, count: int) -> np.ndarray:
        """The first ``count`` words, (count,)."""
        return self.words(np.arange(-(-count // 4))).ravel()[:count]


def _floats(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Uniform floats in [0, 1): one for each word (float32) or each two neighbouring words (float64)."""
    if dtype == np.float32:
        return ((words & 0x7FFFFF) | 0x3F800000).view(np.float32) - np.float32(1)
    high, low = words[0::2].astype(np.uint64), words[1::2]
    bits = (((high & 0xFFFFF) | 0x3FF00000) << 32) | low
    return bits.view(np.float64) - 1.0


def _uniforms(pair: Pair, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    count = math.prod(shape)
    words = _Blocks(pair).first(count * dtype.itemsize // 4)
    return _floats(words, dtype).reshape(shape)


def _normals(words: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Box–Muller on whole blocks: (B, 4) words to (B, 4) float32 or (B, 2) float64 normals."""
    u = _floats(words.ravel(), dtype).reshape(-1, 2)
    u1 = np.maximum(u[:, 0], dtype.type(_TINY))
    phi = (2 * math.pi * u[:, 1].astype(np.float64)).astype(dtype)
    out = np.empty_like(u)
    kernels.select(dtype).box_muller(u1, phi, out)
    return out.reshape(len(words), 16 // dtype.itemsize)


def uniform(pair: Pair, shape: tuple[int, ...], lo: float, hi: float, dtype: np.dtype) -> np.ndarray:
    """u·(hi − lo) + lo, rounded at each operation; lo and hi pass through float32, as in Keras."""
    low, high = dtype.type(np.float32(lo)), dtype.type(np.float32(hi))
    return _uniforms(pair, shape, dtype) * (high - low) + low


def integers(pair: Pair, shape: tuple[int, ...], lo: int, hi: int, dtype: np.dtype) -> np.ndarray:
    """lo + w mod (hi − lo), w one word (int32) or two (all others) of the draw."""
    wide = dtype != np.int32
    words = _Blocks(pair).first(math.prod(shape) * (1 + wide))
    w = words.astype(np.uint64) if not wide else words[0::2].astype(np.uint64) | (words[1::2].astype(np.uint64) << 32)
    return ((w % np.uint64(hi - lo)).astype(np.int64) + lo).astype(dtype).reshape(shape)


def normal(pair: Pair, shape: tuple[int, ...], mean: float, stddev: float, dtype: np.dtype) -> np.ndarray:
    """x·stddev + mean with x standard normal."""
    count = math.prod(shape)
    per_block = 16 // dtype.itemsize
    words = _Blocks(pair).words(np.arange(-(-count // per_block)))
    x = _normals(words, dtype).ravel()[:count].reshape(shape)
    return x * dtype.type(stddev) + dtype.type(mean)


def truncated_normal(pair: Pair, shape: tuple[int, ...], mean: float, stddev: float, dtype: np.dtype) -> np.ndarray:
    """x·stddev + mean with x standard normal, kept only where |x| < 2."""
    count = math.prod(shape)
    size = 16 // dtype.itemsize  # numbers in a group, and in a block
    blocks = _Blocks(pair)
    starts = np.arange(-(-count // size)) * (64 * size)
    out = _normals(blocks.words(starts), dtype)
    groups = np.unique(np.flatnonzero(np.abs(out) >= _BOUND) // size)  # the others are done with their first block
    filled = np.zeros(len(out), np.int64)
    block = 0
    while groups.size:
        x = _normals(blocks.words(starts[groups] + block), dtype)
        kept = np.abs(x) < _BOUND
        place = filled[groups, None] + np.cumsum(kept, axis=1) - 1
        kept &= place < size
        row, column = np.nonzero(kept)
        out[groups[row], place[row, column]] = x[row, column]
        filled[groups] += np.count_nonzero(kept, axis=1)
        groups = groups[filled[groups] < size]
        block += 1
    return out.ravel()[:count].reshape(shape) * dtype.type(stddev) + dtype.type(mean)


def dropout_mask(pair: Pair, shape: tuple[int, ...], rate: float, dtype: np.dtype) -> np.ndarray:
    """True where u ≥ rate: what is kept. u is m / 2²³ (float64: 2⁵²) for a whole number m, so m is compared."""
    wide = dtype == np.float64
    least = math.ceil(float(dtype.type(rate)) * 2 ** (52 if wide else 23))
    blocks, keep = _Blocks(pair), np.empty(math.prod(shape), bool)
    kernels.select("float32").philox_at_least(blocks.key, (blocks.c2, blocks.c3), wide, least, keep)
    return keep.reshape(shape)


def order(seed: int, n: int, first_block: int = 0) -> np.ndarray:
    """The order of a training epoch: Fisher–Yates on unscrambled Philox words.

    words of block i = philox(key=(seed mod (2³¹ − 1), 0), counter=(i low, i high, 0, 0))
    for i = 0 … n−2:  swap p[i] and p[i + wordᵢ mod (n − i)]

    The key (0, 0) would mean "no seed" to TensorFlow; then the counter's third number is 2³¹ − 1 instead of 0.

    Args:
        seed: the one of ``set_random_seed``.
        n: the number of rows.
        first_block: the block that the words start at.

    >>> order(42, 8)
    array([3, 2, 5, 1, 7, 0, 6, 4])
    """
    s0 = seed % _ORDER_MODULUS
    c2 = 0 if s0 else _ORDER_MODULUS
    run = kernels.select("float32")
    counters = _counters(np.arange(first_block, first_block - (-n // 4)), c2, 0)
    run.philox4x32((s0, 0), counters, counters)
    p = np.arange(n)
    run.fisher_yates(p + counters.ravel()[:n] % (n - p), p)
    return p


def words(seed: int, seed2: int) -> Iterator[int]:
    """The endless stream of 32-bit words that ``tf.data`` draws from: unscrambled Philox words.

    words of block i = philox(key=seed as 64 bits, counter=(i low, i high, seed2 as 64 bits)),   i = 0, 1, 2, …

    >>> it = words(42, 0)
    >>> [next(it) % n for n in (8, 7, 6)]  # the first swaps of order(42, 8)
    [3, 1, 3]
    """
    run = kernels.select("float32")
    for first in itertools.count(0, 64):
        counters = _counters(np.arange(first, first + 64), seed2 & _LOW, seed2 >> 32)
        run.philox4x32((seed & _LOW, seed >> 32), counters, counters)
        yield from counters.ravel().tolist()


def buffer_order(seeds: Pair, rows: Iterable[Any], buffer_size: int) -> Iterator[Any]:
    """The rows in the order in which ``tf.data``'s ``shuffle`` gives them out through a buffer.

    for i = 0, 1, …:  fill the buffer;  swap its first entry with entry wordᵢ mod (entries);  give out the first

    Args:
        seeds: of this iteration.
        rows: any finite iterable.
        buffer_size: the entries of a full buffer.

    >>> list(buffer_order((42, 0), range(8), 8)) == order(42, 8).tolist()
    True
    """
    rows, stream = iter(rows), words(*seeds)
    buffer = list(itertools.islice(rows, buffer_size))
    start, count = 0, len(buffer)  # a ring: its end follows its start
    while count:
        chosen = (start + next(stream) % count) % len(buffer)
        buffer[start], buffer[chosen] = buffer[chosen], buffer[start]
        yield buffer[start]
        try:
            buffer[start] = next(rows)
        except StopIteration:
            count -= 1
        start = (start + 1) % len(buffer)
