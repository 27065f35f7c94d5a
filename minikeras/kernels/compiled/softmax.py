"""Compiled twins of :mod:`minikeras.kernels.reference.softmax`."""

import functools

import numpy as np

from .gates import exponential
from .jit import kernel
from .lanes import dot, greatest, total


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


@functools.partial(kernel, error_model="numpy")
def softmax_where(z, m, empty, y):
    zero, size = z.dtype.type(0), z.shape[1]
    lowest = z.dtype.type(-1e30)
    for n in range(len(z)):
        row = y[n]
        for k in range(size):
            v = z[n, k]
            if m is not None:
                v = v if m[n, k] else lowest
            row[k] = v
        top = greatest(row)
        for k in range(size):  # no sum here: so the compiler makes several entries at once
            e, _ = exponential(row[k] - top)
            if m is not None:
                e = e if m[n, k] or top == lowest else zero
            row[k] = e
        s = total(row, zero)
        for k in range(size):
            row[k] /= s
        if m is not None and empty:
            for k in range(size):
                row[k] = row[k] if m[n, k] else zero


@functools.partial(kernel, error_model="numpy")
def softmax_where_backward(dy, y, m, dz):
    zero, size = dy.dtype.type(0), dy.shape[1]
    for n in range(len(y)):
        s = dot(dy[n], y[n], zero)
        for k in range(size):
            v = y[n, k] * (dy[n, k] - s)
            if m is not None:
                v = v if m[n, k] else zero
            dz[n, k] = v
