"""Compiled twin of :mod:`minikeras.kernels.reference.philox`."""

import numpy as np

from ..reference.philox import M0, M1, ROUNDS, W0, W1
from .jit import kernel

_M0, _M1 = np.uint64(M0), np.uint64(M1)
_W0, _W1 = np.uint64(W0), np.uint64(W1)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@kernel
def _block(k0, k1, x0, x1, x2, x3):
    """The four words of one counter; all are 64-bit numbers below 2³²."""
    for _ in range(ROUNDS):
        p0, p1 = _M0 * x0, _M1 * x2
        x0, x1 = (p1 >> _HALF) ^ x1 ^ k0, p1 & _LOW
        x2, x3 = (p0 >> _HALF) ^ x3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return x0, x1, x2, x3


@kernel
def _philox4x32(key0, key1, counter, words):
    for b in range(len(counter)):
        x0, x1 = np.uint64(counter[b, 0]), np.uint64(counter[b, 1])
        x2, x3 = np.uint64(counter[b, 2]), np.uint64(counter[b, 3])
        words[b, 0], words[b, 1], words[b, 2], words[b, 3] = _block(key0, key1, x0, x1, x2, x3)


def philox4x32(key, counter, words):
    _philox4x32(np.uint64(key[0]), np.uint64(key[1]), counter, words)


@kernel
def _philox_at_least(key0, key1, c2, c3, wide, least, keep):
    each, low = (2, np.uint64(0xFFFFF)) if wide else (4, np.uint64(0x7FFFFF))
    for b in range((keep.size + each - 1) // each):
        x0, x1, x2, x3 = _block(key0, key1, np.uint64(b) & _LOW, np.uint64(b) >> _HALF, c2, c3)
        if wide:
            x0, x1 = ((x0 & low) << _HALF) | x1, ((x2 & low) << _HALF) | x3
        else:
            x0, x1, x2, x3 = x0 & low, x1 & low, x2 & low, x3 & low
        at = each * b
        keep[at] = x0 >= least
        if at + 1 < keep.size:
            keep[at + 1] = x1 >= least
        if not wide and at + 2 < keep.size:
            keep[at + 2] = x2 >= least
        if not wide and at + 3 < keep.size:
            keep[at + 3] = x3 >= least


def philox_at_least(key, half, wide, least, keep):
    _philox_at_least(*map(np.uint64, (*key, *half)), wide, np.uint64(least), keep)
