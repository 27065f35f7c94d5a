"""Compiled twins of :mod:`minikeras.kernels.reference.dense`."""

from .jit import kernel


@kernel
def add_bias(z, b):
    for n in range(z.shape[0]):
        for k in range(z.shape[1]):
            z[n, k] += b[k]


@kernel
def sum_rows(dz, db):
    db[:] = 0
    for n in range(dz.shape[0]):
        for k in range(dz.shape[1]):
            db[k] += dz[n, k]


@kernel
def bias_relu(z, b, y):
    zero = z.dtype.type(0)
    for n in range(z.shape[0]):
        for k in range(z.shape[1]):
            v = z[n, k] + b[k]
            z[n, k] = v
            y[n, k] = zero if v <= zero else v


@kernel
def relu_backward_bias(dy, y, dz, db):
    zero = dz.dtype.type(0)
    db[:] = 0
    for n in range(dy.shape[0]):
        for k in range(dy.shape[1]):
            v = dy[n, k] if y[n, k] > zero else zero
            dz[n, k] = v
            db[k] += v
