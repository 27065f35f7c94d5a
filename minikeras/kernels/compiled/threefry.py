"""Compiled twin of :mod:`minikeras.kernels.reference.threefry`."""

import numpy as np

from ..reference.threefry import PARITY, ROTATIONS
from .jit import kernel

_ROTATIONS = np.array(ROTATIONS, np.uint32)
_WIDTH = np.uint32(32)


@kernel
def _threefry2x32(keys, counter, words):
    for b in range(len(counter)):
        x0, x1 = np.uint32(counter[b, 0] + keys[0]), np.uint32(counter[b, 1] + keys[1])
        for step in range(1, 6):
            for r in range(4):
                rotation = _ROTATIONS[4 * ((step + 1) % 2) + r]
                x0 = np.uint32(x0 + x1)
                x1 = np.uint32((x1 << rotation) | (x1 >> (_WIDTH - rotation))) ^ x0
            x0 = np.uint32(x0 + keys[step % 3])
            x1 = np.uint32(x1 + keys[(step + 1) % 3] + np.uint32(step))
        words[b, 0], words[b, 1] = x0, x1


def threefry2x32(key, counter, words):
    keys = np.array([key[0], key[1], key[0] ^ key[1] ^ PARITY], np.uint32)
    _threefry2x32(keys, counter, words)
