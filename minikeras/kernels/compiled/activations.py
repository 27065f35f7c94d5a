"""Compiled twins of :mod:`minikeras.kernels.reference.activations`: one loop over the flattened arrays each.

Constants are float32, which stays float32 beside float32 and becomes float64 beside float64; a Python number
would make every product float64.
"""

import functools
import math

import numpy as np

from ..reference.activations import GELU_CUBIC, SELU_ALPHA, SELU_SCALE
from .jit import elementwise, kernel

ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
ROOT_HALF = math.sqrt(0.5)
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
ROOT_1_OVER_2PI = math.sqrt(0.5 / math.pi)


@functools.partial(kernel, error_model="numpy")
def sigmoid_of(v):
    if v < ZERO:
        e = np.exp(v)
        return e / (ONE + e)
    return ONE / (ONE + np.exp(-v))


@elementwise
def linear(z, y):
    for i in range(z.size):
        y[i] = z[i]


@elementwise
def linear_backward(dy, z, y, dz):
    for i in range(dy.size):
        dz[i] = dy[i]


@elementwise
def relu(z, y):
    for i in range(z.size):
        y[i] = ZERO if z[i] <= ZERO else z[i]


@elementwise
def relu_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else ZERO


@elementwise
def leaky_relu(z, y, slope):
    s = z.dtype.type(slope)
    for i in range(z.size):
        y[i] = z[i] if z[i] > ZERO else s * z[i]


@elementwise
def leaky_relu_backward(dy, z, y, dz, slope):
    s = z.dtype.type(slope)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else s * dy[i]


@elementwise
def relu_general(z, y, slope, max_value, threshold):
    s, top, theta = z.dtype.type(slope), z.dtype.type(max_value), z.dtype.type(threshold)
    for i in range(z.size):
        p = ZERO if z[i] <= theta else z[i]
        if max_value < np.inf:
            p = ZERO if p <= ZERO else top if p > top else p
        if s != ZERO and z[i] < theta:
            p -= s * (theta - z[i])
        y[i] = p


@elementwise
def relu_general_backward(dy, z, y, dz, slope, max_value, threshold):
    s, top, theta = z.dtype.type(slope), z.dtype.type(max_value), z.dtype.type(threshold)
    clips, relu6 = max_value < np.inf, max_value == 6 and threshold == 0
    for i in range(z.size):
        passes = z[i] > theta and z[i] <= top
        if (clips and z[i] < ZERO) or (relu6 and z[i] == top):
            passes = False
        dz[i] = dy[i] if passes else s * dy[i] if z[i] < theta else ZERO


@elementwise
def elu(z, y, alpha):
    a = z.dtype.type(alpha)
    for i in range(z.size):
        y[i] = z[i] if z[i] > ZERO else a * np.expm1(z[i])


@elementwise
def elu_backward(dy, z, y, dz, alpha):
    a = z.dtype.type(alpha)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else a * np.exp(z[i]) * dy[i]


@elementwise
def selu(z, y):
    s, sa = z.dtype.type(SELU_SCALE), z.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(z.size):
        y[i] = s * z[i] if z[i] > ZERO else sa * np.expm1(z[i])


@elementwise
def selu_backward(dy, z, y, dz):
    s, sa = z.dtype.type(SELU_SCALE), z.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(z.size):
        dz[i] = (sa * np.exp(z[i]) if z[i] < ZERO else s) * dy[i]


@elementwise
def gelu(z, y):
    r = z.dtype.type(ROOT_HALF)
    for i in range(z.size):
        y[i] = z[i] * (HALF * math.erfc(-r * z[i]))


@elementwise
def gelu_backward(dy, z, y, dz):
    r, q = z.dtype.type(ROOT_HALF), z.dtype.type(ROOT_1_OVER_2PI)
    for i in range(z.size):
        v = z[i]
        dz[i] = (HALF * math.erfc(-r * v) + v * (q * np.exp(-HALF * v * v))) * dy[i]


@elementwise
def gelu_tanh(z, y):
    r, c = z.dtype.type(ROOT_2_OVER_PI), z.dtype.type(GELU_CUBIC)
    for i in range(z.size):
        v = z[i]
        y[i] = v * sigmoid_of(TWO * r * (v + c * v * v * v))


@elementwise
def gelu_tanh_backward(dy, z, y, dz):
    r, c = z.dtype.type(ROOT_2_OVER_PI), z.dtype.type(GELU_CUBIC)
    c3 = z.dtype.type(3 * GELU_CUBIC)
    for i in range(z.size):
        v = z[i]
        u = r * (v + c * v * v * v)
        s = sigmoid_of(TWO * u)
        w = v * s * sigmoid_of(-TWO * u)
        dz[i] = (s + TWO * r * (w + c3 * w * v * v)) * dy[i]


@elementwise
def silu(z, y):
    for i in range(z.size):
        y[i] = z[i] * sigmoid_of(z[i])


@elementwise
def silu_backward(dy, z, y, dz):
    for i in range(z.size):
        s = sigmoid_of(z[i])
        dz[i] = (s + z[i] * s * sigmoid_of(-z[i])) * dy[i]


@elementwise
def sigmoid(z, y):
    for i in range(z.size):
        y[i] = sigmoid_of(z[i])


@elementwise
def sigmoid_backward(dy, z, y, dz):
    for i in range(y.size):
        dz[i] = y[i] * (ONE - y[i]) * dy[i]


@elementwise
def tanh(z, y):
    for i in range(z.size):
        y[i] = np.tanh(z[i])


@elementwise
def tanh_backward(dy, z, y, dz):
    for i in range(y.size):
        dz[i] = (ONE - y[i] * y[i]) * dy[i]


@elementwise
def softplus(z, y):
    for i in range(z.size):
        y[i] = (ZERO if z[i] <= ZERO else z[i]) + np.log1p(np.exp(-abs(z[i])))


@elementwise
def softplus_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = sigmoid_of(z[i]) * dy[i]


@elementwise
def softsign(z, y):
    for i in range(z.size):
        y[i] = z[i] / (ONE + abs(z[i]))


@elementwise
def softsign_backward(dy, z, y, dz):
    for i in range(z.size):
        d = ONE + abs(z[i])
        dz[i] = dy[i] / (d * d)


@elementwise
def exponential(z, y):
    for i in range(z.size):
        y[i] = np.exp(z[i])


@elementwise
def exponential_backward(dy, z, y, dz):
    for i in range(y.size):
        dz[i] = y[i] * dy[i]
