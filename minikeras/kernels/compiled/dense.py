"""Compiled twins of :mod:`minikeras.kernels.reference.dense`, row by row.

The functions of a row also work on a piece of it: so :mod:`minikeras.replay` shares one kernel between two cores.
"""

import numpy as np

from ... import threads
from .. import reference
from .jit import kernel

#: Rows or summands from which a product is cut into pieces, and multiplications that are worth a second core.
TALL, WORTH = 2048, 4_000_000


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    if a.size * b.shape[1] < WORTH or max(a.shape) < TALL:
        reference.matmul(a, b, out)
        return
    (m, k), n = a.shape, b.shape[1]
    across, pieces = (m, 4) if m >= k else (n, 2)  # as many on any number of cores: the bits may depend on it
    ends = [across * i // pieces for i in range(pieces + 1)]

    def piece(i: int, _: int) -> None:
        part = slice(ends[i], ends[i + 1])
        if m >= k:
            np.matmul(a[part], b, out=out[part])
        else:
            np.matmul(a, b[:, part], out=out[:, part])

    threads.share(piece, pieces, min(threads.workers(), pieces))


@kernel
def add_bias_row(z, b):
    for k in range(z.size):
        z[k] += b[k]


@kernel
def add_bias(z, b):
    for n in range(len(z)):
        add_bias_row(z[n], b)


@kernel
def sum_rows_row(dz, db):
    for k in range(dz.size):
        db[k] += dz[k]


@kernel
def sum_rows(dz, db):
    db[:] = 0
    for n in range(len(dz)):
        sum_rows_row(dz[n], db)


@kernel
def bias_relu_row(z, b, y):
    zero = z.dtype.type(0)
    for k in range(z.size):
        v = z[k] + b[k]
        z[k] = v
        y[k] = zero if v <= zero else v


@kernel
def bias_relu(z, b, y):
    for n in range(len(z)):
        bias_relu_row(z[n], b, y[n])


@kernel
def relu_backward_bias_row(dy, y, dz, db):
    zero = dz.dtype.type(0)
    for k in range(dy.size):
        v = dy[k]  # loaded in any case: so the compiler makes a choice of it, not a branch
        v = v if y[k] > zero else zero
        dz[k] = v
        db[k] += v


@kernel
def relu_backward_bias(dy, y, dz, db):
    db[:] = 0
    for n in range(len(dy)):
        relu_backward_bias_row(dy[n], y[n], dz[n], db)
