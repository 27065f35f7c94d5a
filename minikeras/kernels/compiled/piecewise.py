"""Compiled twins of :mod:`minikeras.kernels.reference.piecewise`."""

import functools

import numpy as np

from .jit import elementwise, kernel

ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)
QUARTER, THREE, SIX = np.float32(0.25), np.float32(3), np.float32(6)


@functools.partial(kernel, error_model="numpy")
def _clipped(v, low, high):
    return low if v <= low else high if v >= high else v


@elementwise
def hard_sigmoid(z, y):
    for i in range(z.size):
        y[i] = _clipped(z[i] + THREE, ZERO, SIX) / SIX


@elementwise
def hard_sigmoid_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = dy[i] / SIX if z[i] > -THREE and z[i] < THREE else ZERO


@elementwise
def hard_silu(z, y):
    for i in range(z.size):
        y[i] = z[i] * (_clipped(z[i] + THREE, ZERO, SIX) / SIX)


@elementwise
def hard_silu_backward(dy, z, y, dz):
    for i in range(z.size):
        slope = _clipped(z[i] + THREE, ZERO, SIX) / SIX
        if z[i] > -THREE and z[i] < THREE:
            slope += z[i] / SIX
        dz[i] = slope * dy[i]


@elementwise
def hard_tanh(z, y):
    for i in range(z.size):
        y[i] = _clipped(z[i], -ONE, ONE)


@elementwise
def hard_tanh_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = dy[i] if abs(z[i]) <= ONE else ZERO


@elementwise
def hard_shrink(z, y, threshold):
    theta = z.dtype.type(threshold)
    for i in range(z.size):
        y[i] = ZERO if abs(z[i]) <= theta else z[i]


@elementwise
def hard_shrink_backward(dy, z, y, dz, threshold):
    theta = z.dtype.type(threshold)
    for i in range(z.size):
        dz[i] = dy[i] if abs(z[i]) > theta else ZERO


@elementwise
def soft_shrink(z, y, threshold):
    theta = z.dtype.type(threshold)
    for i in range(z.size):
        v = z[i]
        y[i] = ZERO if v <= theta and v >= -theta else v - theta if v > theta else v + theta


@elementwise
def soft_shrink_backward(dy, z, y, dz, threshold):
    theta = z.dtype.type(threshold)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > theta or z[i] < -theta else ZERO


@elementwise
def threshold(z, y, threshold, default_value):
    theta, default = z.dtype.type(threshold), z.dtype.type(default_value)
    for i in range(z.size):
        y[i] = default if z[i] <= theta else z[i]


@elementwise
def threshold_backward(dy, z, y, dz, threshold, default_value):
    theta = z.dtype.type(threshold)
    for i in range(z.size):
        dz[i] = dy[i] if z[i] > theta else ZERO


@elementwise
def sparse_plus(z, y):
    for i in range(z.size):
        v = z[i]
        y[i] = ZERO if v <= -ONE else (v + ONE) * (v + ONE) * QUARTER if v < ONE else v


@elementwise
def sparse_plus_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = _clipped((z[i] + ONE) * HALF, ZERO, ONE) * dy[i]


@elementwise
def sparse_sigmoid(z, y):
    for i in range(z.size):
        y[i] = _clipped((z[i] + ONE) * HALF, ZERO, ONE)


@elementwise
def sparse_sigmoid_backward(dy, z, y, dz):
    for i in range(z.size):
        dz[i] = HALF * dy[i] if z[i] > -ONE and z[i] < ONE else ZERO
