"""Compiled twin of :mod:`minikeras.kernels.reference.dropout`."""

from .jit import kernel


@kernel
def _dropout(x, keep, scale, y):
    zero, s = x.dtype.type(0), x.dtype.type(scale)
    for i in range(x.size):
        y[i] = s * x[i] if keep[i] else zero


def dropout(x, keep, scale, y):
    _dropout(x.reshape(-1), keep.reshape(-1), scale, y.reshape(-1))
