"""Compiled twin of :mod:`minikeras.kernels.reference.philox`."""

import numpy as np

from ..reference.philox import M0, M1, ROUNDS, W0, W1
from .jit import kernel

_M0, _M1 = np.uint64(M0), np.uint64(M1)
_W0, _W1 = np.uint64(W0), np.uint64(W1)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


@kernel
def _philox4x32(key0, key1, counter, words):
    for b in range(len(counter)):
        k0, k1 = key0, key1
        x0, x1 = np.uint64(counter[b, 0]), np.uint64(counter[b, 1])
        x2, x3 = np.uint64(counter[b, 2]), np.uint64(counter[b, 3])
        for _ in range(ROUNDS):
            p0, p1 = _M0 * x0, _M1 * x2
            x0, x1 = (p1 >> _HALF) ^ x1 ^ k0, p1 & _LOW
            x2, x3 = (p0 >> _HALF) ^ x3 ^ k1, p0 & _LOW
            k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
        words[b, 0], words[b, 1], words[b, 2], words[b, 3] = x0, x1, x2, x3


def philox4x32(key, counter, words):
    _philox4x32(np.uint64(key[0]), np.uint64(key[1]), counter, words)
