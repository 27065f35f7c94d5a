"""Compiled twins of :mod:`minikeras.kernels.reference.sparsemax`."""

import functools

from .activations import sigmoid_of
from .jit import kernel


@functools.partial(kernel, error_model="numpy")
def sparsemax(z, y):
    zero, one = z.dtype.type(0), z.dtype.type(1)
    for n in range(z.shape[0]):
        m = z[n, 0]
        for k in range(1, z.shape[1]):
            m = m if m != m or z[n, k] <= m else z[n, k]  # NaN wins
        tau, before, count = -one, -1, 0
        while count != before:
            before, count, total = count, 0, zero
            for k in range(z.shape[1]):
                if not z[n, k] - m <= tau:
                    total += z[n, k] - m
                    count += 1
            tau = (total - one) / z.dtype.type(count)
        for k in range(z.shape[1]):
            y[n, k] = zero if z[n, k] - m <= tau else z[n, k] - m - tau


@functools.partial(kernel, error_model="numpy")
def sparsemax_backward(dy, y, dz):
    zero = y.dtype.type(0)
    for n in range(y.shape[0]):
        total, count = zero, 0
        for k in range(y.shape[1]):
            if y[n, k] != zero:
                total += dy[n, k]
                count += 1
        mean = total / y.dtype.type(count)
        for k in range(y.shape[1]):
            dz[n, k] = dy[n, k] - mean + zero * y[n, k] if y[n, k] != zero else zero


@kernel
def glu(z, y):
    half = y.shape[1]
    for n in range(z.shape[0]):
        for k in range(half):
            y[n, k] = z[n, k] * sigmoid_of(z[n, half + k])


@kernel
def glu_backward(dy, z, dz):
    half = dy.shape[1]
    for n in range(z.shape[0]):
        for k in range(half):
            s = sigmoid_of(z[n, half + k])
            dz[n, k] = s * dy[n, k]
            dz[n, half + k] = z[n, k] * s * sigmoid_of(-z[n, half + k]) * dy[n, k]
