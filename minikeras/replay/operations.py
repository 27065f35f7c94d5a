"""What an instruction can do: each kernel of a step on one part of its columns.

Nothing is computed here. An operation takes the arrays that its block names, cuts out columns ``lo`` to ``hi`` of
each row, and gives them to the functions in :mod:`minikeras.kernels.compiled`; products go to BLAS. A block holds::

    0 rows   1 width   2 lo   3 hi   4 … 9 addresses   10 … 15 numbers (float64), or sizes
"""

from functools import cache
from typing import Any

import numpy as np
from numba import carray, from_dtype, types

from ..kernels import compiled
from ..kernels.compiled.adaptive import adam_flat
from ..kernels.compiled.batches import copy_row
from ..kernels.compiled.blas import PLAIN, ROW_MAJOR, TRANSPOSED
from ..kernels.compiled.dense import add_bias_row, bias_relu_row, relu_backward_bias_row, sum_rows_row
from ..kernels.compiled.jit import call, kernel, pointer
from ..kernels.compiled.losses import softmax_crossentropy_rows
from ..kernels.compiled.updates import sgd_flat, sgd_momentum_flat
from .machine import BLOCK

ARRAYS, NUMBERS, UPDATE = 4, 10, 16  # where they begin in a block
rmsprop_flat = compiled.rmsprop.loop


@kernel
def _sizes(block):
    return carray(pointer(block), (BLOCK,), np.int64)


@kernel
def _number(block, i, real):
    return real(carray(pointer(block), (BLOCK,), np.float64)[NUMBERS + i])


@kernel
def _matrix(block, i, real):
    s = _sizes(block)
    return carray(pointer(s[ARRAYS + i]), (s[0], s[1]), real)


@kernel
def _vector(block, i, real):
    s = _sizes(block)
    return carray(pointer(s[ARRAYS + i]), (s[1],), real)[s[2] : s[3]]


@kernel
def add_bias(block, real):
    rows, _, lo, hi = _sizes(block)[:4]
    z, b = _matrix(block, 0, real), _vector(block, 1, real)
    for n in range(rows):
        add_bias_row(z[n, lo:hi], b)


@kernel
def sum_rows(block, real):
    rows, _, lo, hi = _sizes(block)[:4]
    dz, db = _matrix(block, 0, real), _vector(block, 1, real)
    db[:] = 0
    for n in range(rows):
        sum_rows_row(dz[n, lo:hi], db)


@kernel
def bias_relu(block, real):
    rows, _, lo, hi = _sizes(block)[:4]
    z, b, y = _matrix(block, 0, real), _vector(block, 1, real), _matrix(block, 2, real)
    for n in range(rows):
        bias_relu_row(z[n, lo:hi], b, y[n, lo:hi])


@kernel
def relu_backward_bias(block, real):
    rows, _, lo, hi = _sizes(block)[:4]
    dy, y, dz = _matrix(block, 0, real), _matrix(block, 1, real), _matrix(block, 2, real)
    db = _vector(block, 3, real)
    db[:] = 0
    for n in range(rows):
        relu_backward_bias_row(dy[n, lo:hi], y[n, lo:hi], dz[n, lo:hi], db)


@kernel
def sgd(block, real):
    rows, _, lo, hi = _sizes(block)[:4]
    w, g, lr = _matrix(block, 0, real), _matrix(block, 1, real), _number(block, 0, real)
    for n in range(rows):
        sgd_flat(w[n, lo:hi], g[n, lo:hi], lr)


@kernel
def sgd_momentum(block, real):
    rows, _, lo, hi = _sizes(block)[:4]
    w, v, g = _matrix(block, 0, real), _matrix(block, 1, real), _matrix(block, 2, real)
    lr, momentum, nesterov = _number(block, 0, real), _number(block, 1, real), _number(block, 2, real) != 0
    for n in range(rows):
        sgd_momentum_flat(w[n, lo:hi], v[n, lo:hi], g[n, lo:hi], lr, momentum, nesterov)


@kernel
def adam(block, real):
    """Without amsgrad; the fifth array begins with the step's α."""
    rows, _, lo, hi = _sizes(block)[:4]
    w, m, v = _matrix(block, 0, real), _matrix(block, 1, real), _matrix(block, 2, real)
    g, alpha = _matrix(block, 3, real), carray(pointer(_sizes(block)[ARRAYS + 4]), (1,), real)[0]
    rest_1, rest_2, epsilon = _number(block, 0, real), _number(block, 1, real), _number(block, 2, real)
    for n in range(rows):
        adam_flat(w[n, lo:hi], m[n, lo:hi], v[n, lo:hi], None, g[n, lo:hi], alpha, rest_1, rest_2, epsilon)


@kernel
def rmsprop(block, real):
    """Without momentum, not centered."""
    rows, _, lo, hi = _sizes(block)[:4]
    w, v, g = _matrix(block, 0, real), _matrix(block, 1, real), _matrix(block, 2, real)
    lr, rho, rest = _number(block, 0, real), _number(block, 1, real), _number(block, 2, real)
    momentum, epsilon = _number(block, 3, real), _number(block, 4, real)
    for n in range(rows):
        rmsprop_flat(w[n, lo:hi], v[n, lo:hi], None, None, g[n, lo:hi], lr, rho, rest, momentum, epsilon)


@kernel
def forward(block, real):
    """An activation without a bias; the last size is the address of its loop."""
    rows, _, lo, hi = _sizes(block)[:4]
    z, y = _matrix(block, 0, real), _matrix(block, 1, real)
    for n in range(rows):
        call(_sizes(block)[BLOCK - 1], (z[n, lo:hi], y[n, lo:hi]))


@kernel
def backward(block, real):
    """Its way back."""
    rows, _, lo, hi = _sizes(block)[:4]
    dy, z = _matrix(block, 0, real), _matrix(block, 1, real)
    y, dz = _matrix(block, 2, real), _matrix(block, 3, real)
    for n in range(rows):
        call(_sizes(block)[BLOCK - 1], (dy[n, lo:hi], z[n, lo:hi], y[n, lo:hi], dz[n, lo:hi]))


@kernel
def softmax_crossentropy(block, real):
    s = _sizes(block)
    labels = carray(pointer(s[ARRAYS + 1]), (s[0],), np.int64)
    weights = carray(pointer(s[ARRAYS + 2]), (s[0],), real)
    losses = carray(pointer(s[ARRAYS + 4]), (s[0],), real)
    softmax_crossentropy_rows(
        _matrix(block, 0, real), labels, weights, _matrix(block, 3, real), losses, _matrix(block, 5, real)
    )


@kernel
def gather(block, real, source):
    s = _sizes(block)
    data = carray(pointer(s[ARRAYS]), (s[BLOCK - 1], s[1]), source)
    indices, out = carray(pointer(s[ARRAYS + 1]), (s[0],), np.int64), _matrix(block, 2, real)
    for n in range(s[0]):
        copy_row(data[indices[n], s[2] : s[3]], out[n, s[2] : s[3]])


# Products. Their blocks: the address in BLAS, then its arguments.


@kernel
def gemm(block, real):
    s = _sizes(block)
    one, zero = real(1), real(0)
    call(s[0], (ROW_MAJOR, s[1], s[2], s[3], s[4], s[5], one, s[6], s[7], s[8], s[9], zero, s[10], s[11]))


@kernel
def gemv(block, real):
    s = _sizes(block)
    call(s[0], (ROW_MAJOR, s[1], s[2], s[3], real(1), s[4], s[5], s[6], 1, real(0), s[7], 1))


@kernel
def gemm_update(block, real):
    """An update with the gradient g = xᵀ dz, some rows at a time, so that the gradient never leaves the cache.

    0 gemm   1 rows of g   2 its columns   3 rows of x   4 x   5 dz   6 7 how wide x and dz are in memory
    8 rows at a time   9 the update   10 the number of its arrays before g   16 … its block
    """
    s = _sizes(block)
    one, zero = real(1), real(0)
    update = s[UPDATE:].copy()
    _, width, lo, hi = update[:4]
    g = np.empty((s[8], width), real)
    at_g = g.ctypes.data + lo * g.itemsize
    update[ARRAYS + s[10]] = g.ctypes.data
    for first in range(0, s[1], s[8]):
        rows, x = min(s[8], s[1] - first), s[4] + first * g.itemsize
        if s[3] == 1:  # no sum, so no product of BLAS's
            _outer(x, s[5], rows, g[:, lo:hi])
        else:
            call(
                s[0],
                (ROW_MAJOR, TRANSPOSED, PLAIN, rows, s[2], s[3], one, x, s[6], s[5], s[7], zero, at_g, width),
            )
        update[0] = rows
        if hi - lo == width:  # one long row: its end costs the most
            update[0], update[1], update[3] = 1, rows * width, rows * width
        call(s[9], (update.ctypes.data,))
        for i in range(s[10]):
            update[ARRAYS + i] += rows * width * g.itemsize


@kernel
def _outer(x, dz, rows, g):
    x, dz = carray(pointer(x), (rows,), g.dtype), carray(pointer(dz), (g.shape[1],), g.dtype)
    for i in range(rows):
        for j in range(dz.size):
            g[i, j] = x[i] * dz[j]


@cache
def address(operation: Any, dtype: np.dtype, source: np.dtype | None = None) -> int:
    """Where the C function of an operation is; compiled, or loaded, at the first request.

    Args:
        source: the dtype of the data, for gather.
    """
    kinds = [types.NumberClass(from_dtype(d)) for d in (dtype, source) if d is not None]
    return _address(operation, (types.intp, *kinds))


@cache
def loop_address(name: str, dtype: np.dtype) -> int:
    """Where the loop of an activation is, or of its way back (``name_backward``)."""
    row = types.Array(from_dtype(dtype), 1, "C")
    return _address(getattr(compiled, name).loop, (row,) * (4 if name.endswith("_backward") else 2))


def _address(function: Any, signature: tuple[Any, ...]) -> int:
    function.compile(signature)
    made = function.overloads[signature]
    return made.library.get_pointer_to_function(made.fndesc.llvm_cfunc_wrapper_name)
