"""Compiled twins of :mod:`minikeras.kernels.reference.smooth`."""

import functools

import numpy as np

from .activations import HALF, ONE, TWO, ZERO, sigmoid_of
from .jit import elementwise, kernel


@functools.partial(kernel, error_model="numpy")
def _root(v, b):
    if abs(v) > ONE:
        return abs(v) * np.sqrt(ONE + b / v / v)
    return np.sqrt(v * v + b)


@functools.partial(kernel, error_model="numpy")
def _tanh_of_softplus(v):
    e = np.exp(-abs(v))
    if v < ZERO:
        n = e * (e + TWO)
        return n / (n + TWO)
    n = ONE + TWO * e
    return n / (n + TWO * e * e)


@elementwise
def celu(z, y, alpha):
    a = z.dtype.type(alpha)
    for i in range(z.size):
        y[i] = z[i] if z[i] > ZERO else a * np.expm1(z[i] / a)


@elementwise
def celu_backward(dy, z, y, dz, alpha):
    a = z.dtype.type(alpha)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else np.exp(z[i] / a) * dy[i]


@elementwise
def squareplus(z, y, b):
    c = z.dtype.type(b)
    for i in range(z.size):
        s = _root(z[i], c)
        y[i] = HALF * c / (s - z[i]) if z[i] < ZERO else HALF * z[i] + HALF * s


@elementwise
def squareplus_backward(dy, z, y, dz, b):
    c = z.dtype.type(b)
    for i in range(z.size):
        dz[i] = y[i] / _root(z[i], c) * dy[i]


@elementwise
def mish(z, y):
    for i in range(z.size):
        y[i] = z[i] * _tanh_of_softplus(z[i])


@elementwise
def mish_backward(dy, z, y, dz):
    for i in range(z.size):
        t = _tanh_of_softplus(z[i])
        dz[i] = (t + z[i] * ((ONE - t * t) * sigmoid_of(z[i]))) * dy[i]


@elementwise
def tanh_shrink(z, y):
    for i in range(z.size):
        y[i] = z[i] - np.tanh(z[i])


@elementwise
def tanh_shrink_backward(dy, z, y, dz):
    for i in range(z.size):
        t = np.tanh(z[i])
        dz[i] = t * t * dy[i]


@elementwise
def log_sigmoid(z, y):
    for i in range(z.size):
        y[i] = (ZERO if z[i] > ZERO else z[i]) - np.log1p(np.exp(-abs(z[i])))


@elementwise
def log_sigmoid_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = sigmoid_of(-z[i]) * dy[i]
