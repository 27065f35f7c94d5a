"""Compiled twins of :mod:`minikeras.kernels.reference.softmax`."""

import numpy as np

from .jit import kernel


@kernel
def softmax(z, y):
    for n in range(z.shape[0]):
        m = z[n, 0]
        for k in range(1, z.shape[1]):
            m = max(m, z[n, k])
        s = z.dtype.type(0)
        for k in range(z.shape[1]):
            y[n, k] = np.exp(z[n, k] - m)
            s += y[n, k]
        for k in range(z.shape[1]):
            y[n, k] /= s


@kernel
def softmax_backward(dy, y, dz):
    for n in range(y.shape[0]):
        dot = y.dtype.type(0)
        for k in range(y.shape[1]):
            dot += dy[n, k] * y[n, k]
        for k in range(y.shape[1]):
            dz[n, k] = y[n, k] * (dy[n, k] - dot)


@kernel
def log_softmax(z, y):
    for n in range(z.shape[0]):
        m = z[n, 0]
        for k in range(1, z.shape[1]):
            m = max(m, z[n, k])
        s = z.dtype.type(0)
        for k in range(z.shape[1]):
            s += np.exp(z[n, k] - m)
        log_s = np.log(s)
        for k in range(z.shape[1]):
            y[n, k] = z[n, k] - m - log_s


@kernel
def log_softmax_backward(dy, y, dz):
    for n in range(y.shape[0]):
        total = y.dtype.type(0)
        for k in range(y.shape[1]):
            total += dy[n, k]
        for k in range(y.shape[1]):
            dz[n, k] = dy[n, k] - np.exp(y[n, k]) * total
