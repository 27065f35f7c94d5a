"""Compiled twins of :mod:`minikeras.kernels.reference.normalization`; those with a mask are the same functions.

Sums are taken row by row of B entries in the order of A, in float64, and for B = 1 over all R at a time.
"""

import numpy as np

from ..reference.normalization import masked_moments as masked_moments
from ..reference.normalization import masked_normalize_backward as masked_normalize_backward
from .jit import kernel


@kernel
def _add_up(x, y, total, dot):
    """total[r] = Σ x, dot[r] = Σ x y. Writes both."""
    total[:] = 0
    dot[:] = 0
    for a in range(x.shape[0]):
        if x.shape[2] == 1:
            for r in range(x.shape[1]):
                total[r] += x[a, r, 0]
                dot[r] += np.float64(x[a, r, 0]) * y[a, r, 0]
        else:
            for r in range(x.shape[1]):
                s, t = 0.0, 0.0
                for b in range(x.shape[2]):
                    s += x[a, r, b]
                    t += np.float64(x[a, r, b]) * y[a, r, b]
                total[r] += s
                dot[r] += t


@kernel
def moments(x, mean, variance):
    count = x.shape[0] * x.shape[2]
    middle, squares = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    _add_up(x, x, middle, squares)
    middle /= count
    squares[:] = 0
    for a in range(x.shape[0]):
        for r in range(x.shape[1]):
            m, s = middle[r], 0.0
            for b in range(x.shape[2]):
                d = x[a, r, b] - m
                s += d * d
            squares[r] += s
    for r in range(x.shape[1]):
        mean[r] = middle[r]
        variance[r] = squares[r] / count


@kernel
def normalize(x, mean, r, h):
    for a in range(x.shape[0]):
        for i in range(x.shape[1]):
            for b in range(x.shape[2]):
                h[a, i, b] = (x[a, i, b] - mean[i]) * r[i]


@kernel
def normalize_backward(dh, h, r, dx):
    count = dh.shape[0] * dh.shape[2]
    total, dot = np.zeros(dh.shape[1]), np.zeros(dh.shape[1])
    _add_up(dh, h, total, dot)
    total /= count
    dot /= count
    for a in range(dh.shape[0]):
        for i in range(dh.shape[1]):
            m, d = dx.dtype.type(total[i]), dx.dtype.type(dot[i])
            for b in range(dh.shape[2]):
                dx[a, i, b] = r[i] * (dh[a, i, b] - m - h[a, i, b] * d)


@kernel
def rms_normalize_backward(dh, h, r, dx, count):
    total, dot = np.zeros(dh.shape[1]), np.zeros(dh.shape[1])
    _add_up(dh, h, total, dot)
    dot /= count
    for a in range(dh.shape[0]):
        for i in range(dh.shape[1]):
            d = dx.dtype.type(dot[i])
            for b in range(dh.shape[2]):
                dx[a, i, b] = r[i] * (dh[a, i, b] - h[a, i, b] * d)
