"""Compiled twins of :mod:`minikeras.kernels.reference.activations`: one loop over the flattened arrays each.

Constants are float32, which stays float32 beside float32 and becomes float64 beside float64; a Python number
would make every product float64.
"""

import functools
import math

import numpy as np

from ..reference.activations import GELU_CUBIC, SELU_ALPHA, SELU_SCALE
from .jit import kernel

ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
ROOT_HALF = math.sqrt(0.5)
ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
ROOT_1_OVER_2PI = math.sqrt(0.5 / math.pi)


def _elementwise(loop):
    """A kernel on arrays of any shape and layout from a loop over flat ones."""
    compiled = kernel(loop, error_model="numpy")
    output = 3 if loop.__name__.endswith("_backward") else 1

    @functools.wraps(loop)
    def on_any_shape(*arguments):
        flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments]
        compiled(*flat)
        out = arguments[output]
        if not out.flags.c_contiguous:  # then flattening it made a copy
            out[...] = flat[output].reshape(out.shape)

    on_any_shape.loop = compiled  # type: ignore[attr-defined]
    return on_any_shape


@functools.partial(kernel, error_model="numpy")
def _sigmoid(v):
    if v < ZERO:
        e = np.exp(v)
        return e / (ONE + e)
    return ONE / (ONE + np.exp(-v))


@_elementwise
def linear(z, y):
    for i in range(z.size):
        y[i] = z[i]


@_elementwise
def linear_backward(dy, z, y, dz):
    for i in range(dy.size):
        dz[i] = dy[i]


@_elementwise
def relu(z, y):
    for i in range(z.size):
        y[i] = ZERO if z[i] <= ZERO else z[i]


@_elementwise
def relu_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else ZERO


@_elementwise
def leaky_relu(z, y, slope):
    s = z.dtype.type(slope)
    for i in range(z.size):
        y[i] = z[i] if z[i] > ZERO else s * z[i]


@_elementwise
def leaky_relu_backward(dy, z, y, dz, slope):
    s = z.dtype.type(slope)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else s * dy[i]


@_elementwise
def bent_relu(z, y, slope, max_value, threshold):
    s, top, theta = z.dtype.type(slope), z.dtype.type(max_value), z.dtype.type(threshold)
    for i in range(z.size):
        p = ZERO if z[i] <= theta else z[i]
        if max_value < np.inf:
            p = ZERO if p <= ZERO else top if p > top else p
        if s != ZERO and z[i] < theta:
            p -= s * (theta - z[i])
        y[i] = p


@_elementwise
def bent_relu_backward(dy, z, y, dz, slope, max_value, threshold):
    s, top, theta = z.dtype.type(slope), z.dtype.type(max_value), z.dtype.type(threshold)
    clips, relu6 = max_value < np.inf, max_value == 6 and threshold == 0
    for i in range(z.size):
        passes = z[i] > theta and z[i] <= top
        if (clips and z[i] < ZERO) or (relu6 and z[i] == top):
            passes = False
        dz[i] = dy[i] if passes else s * dy[i] if z[i] < theta else ZERO


@_elementwise
def elu(z, y, alpha):
    a = z.dtype.type(alpha)
    for i in range(z.size):
        y[i] = z[i] if z[i] > ZERO else a * np.expm1(z[i])


@_elementwise
def elu_backward(dy, z, y, dz, alpha):
    a = z.dtype.type(alpha)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > ZERO else a * np.exp(z[i]) * dy[i]


@_elementwise
def selu(z, y):
    s, sa = z.dtype.type(SELU_SCALE), z.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(z.size):
        y[i] = s * z[i] if z[i] > ZERO else sa * np.expm1(z[i])


@_elementwise
def selu_backward(dy, z, y, dz):
    s, sa = z.dtype.type(SELU_SCALE), z.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(z.size):
        dz[i] = (sa * np.exp(z[i]) if z[i] < ZERO else s) * dy[i]


@_elementwise
def gelu(z, y):
    r = z.dtype.type(ROOT_HALF)
    for i in range(z.size):
        y[i] = z[i] * (HALF * math.erfc(-r * z[i]))


@_elementwise
def gelu_backward(dy, z, y, dz):
    r, q = z.dtype.type(ROOT_HALF), z.dtype.type(ROOT_1_OVER_2PI)
    for i in range(z.size):
        v = z[i]
        dz[i] = (HALF * math.erfc(-r * v) + v * (q * np.exp(-HALF * v * v))) * dy[i]


@_elementwise
def gelu_tanh(z, y):
    r, c = z.dtype.type(ROOT_2_OVER_PI), z.dtype.type(GELU_CUBIC)
    for i in range(z.size):
        v = z[i]
        y[i] = v * _sigmoid(TWO * r * (v + c * v * v * v))


@_elementwise
def gelu_tanh_backward(dy, z, y, dz):
    r, c = z.dtype.type(ROOT_2_OVER_PI), z.dtype.type(GELU_CUBIC)
    c3 = z.dtype.type(3 * GELU_CUBIC)
    for i in range(z.size):
        v = z[i]
        u = r * (v + c * v * v * v)
        s = _sigmoid(TWO * u)
        w = v * s * _sigmoid(-TWO * u)
        dz[i] = (s + TWO * r * (w + c3 * w * v * v)) * dy[i]


@_elementwise
def silu(z, y):
    for i in range(z.size):
        y[i] = z[i] * _sigmoid(z[i])


@_elementwise
def silu_backward(dy, z, y, dz):
    for i in range(z.size):
        s = _sigmoid(z[i])
        dz[i] = (s + z[i] * s * _sigmoid(-z[i])) * dy[i]


@_elementwise
def sigmoid(z, y):
    for i in range(z.size):
        y[i] = _sigmoid(z[i])


@_elementwise
def sigmoid_backward(dy, z, y, dz):
    for i in range(y.size):
        dz[i] = y[i] * (ONE - y[i]) * dy[i]


@_elementwise
def tanh(z, y):
    for i in range(z.size):
        y[i] = np.tanh(z[i])


@_elementwise
def tanh_backward(dy, z, y, dz):
    for i in range(y.size):
        dz[i] = (ONE - y[i] * y[i]) * dy[i]


@_elementwise
def softplus(z, y):
    for i in range(z.size):
        y[i] = (ZERO if z[i] <= ZERO else z[i]) + np.log1p(np.exp(-abs(z[i])))


@_elementwise
def softplus_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = _sigmoid(z[i]) * dy[i]


@_elementwise
def softsign(z, y):
    for i in range(z.size):
        y[i] = z[i] / (ONE + abs(z[i]))


@_elementwise
def softsign_backward(dy, z, y, dz):
    for i in range(z.size):
        d = ONE + abs(z[i])
        dz[i] = dy[i] / (d * d)


@_elementwise
def exponential(z, y):
    for i in range(z.size):
        y[i] = np.exp(z[i])


@_elementwise
def exponential_backward(dy, z, y, dz):
    for i in range(y.size):
        dz[i] = y[i] * dy[i]
