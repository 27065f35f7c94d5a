"""Compiled twins of :mod:`minikeras.kernels.reference.recurrent`: one call a sequence, its products by BLAS."""

import functools
from functools import cache

import numpy as np

from ... import threads
from .. import reference
from .gates import sigmoid_row, tanh_row
from .jit import call, kernel

ONE = np.float32(1)
ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112
#: In how many pieces a batch is cut at most, how many rows each has at least, and how many gates are worth it.
PIECES, LEAST, WORTH = 2, 16, 1 << 16


@cache
def gemm(dtype):
    """The address of BLAS's matrix product; 0 if it was not found, and the reference kernels do the work."""
    from .blas import products

    found = products(dtype)
    return found.gemm if found else 0


def with_blas(loop):
    """A kernel from a loop that takes the address of gemm and a range of rows first.

    Rows do not depend on each other: the cores share them out in pieces, the same ones on any number of cores. Where
    gemm was not found, the twin in NumPy does the work.
    """
    compiled = kernel(loop, error_model="numpy")

    @functools.wraps(loop)
    def on_arrays(*arguments):
        address, rows = gemm(arguments[0].dtype), arguments[0].shape[1]
        if not address:
            getattr(reference, loop.__name__)(*arguments)
            return
        worth = max(a.size for a in arguments) >= WORTH
        pieces = min(PIECES, rows // LEAST) if worth and rows >= LEAST else 1
        ends = [rows * i // pieces for i in range(pieces + 1)]

        def piece(i, _):
            compiled(address, ends[i], ends[i + 1], *arguments)

        threads.share(piece, pieces, min(threads.workers(), pieces))

    return on_arrays


@kernel
def seen(h, keep, work):
    """work = keep ⊙ h."""
    for n in range(len(h)):
        for k in range(h.shape[1]):
            work[n, k] = keep[n, k] * h[n, k]


@kernel
def recur(address, h, u, keep, z, first, last, work):
    """z_j ← z_j + (h ⊙ keep_j) U_j for the gates first ≤ j < last."""
    n, k = h.shape
    one, wide = h.dtype.type(1), u.shape[1]
    if len(keep) == 0:
        at = first * k * u.itemsize
        where = (h.ctypes.data, k, u.ctypes.data + at, wide, one, z.ctypes.data + at, wide)
        call(address, (ROW_MAJOR, PLAIN, PLAIN, n, (last - first) * k, k, one) + where)
        return
    for j in range(first, last):
        seen(h, keep[j], work)
        at = j * k * u.itemsize
        where = (work.ctypes.data, k, u.ctypes.data + at, wide, one, z.ctypes.data + at, wide)
        call(address, (ROW_MAJOR, PLAIN, PLAIN, n, k, k, one) + where)


@kernel
def recur_backward(address, dz, u, keep, dh, first, last, work):
    """dh ← dh + Σⱼ (dz_j U_jᵀ) ⊙ keep_j for the gates first ≤ j < last."""
    n, k = dh.shape
    one, zero, wide = dh.dtype.type(1), dh.dtype.type(0), u.shape[1]
    if len(keep) == 0:
        at = first * k * u.itemsize
        where = (dz.ctypes.data + at, wide, u.ctypes.data + at, wide, one, dh.ctypes.data, k)
        call(address, (ROW_MAJOR, PLAIN, TRANSPOSED, n, k, (last - first) * k, one) + where)
        return
    for j in range(first, last):
        at = j * k * u.itemsize
        where = (dz.ctypes.data + at, wide, u.ctypes.data + at, wide, zero, work.ctypes.data, k)
        call(address, (ROW_MAJOR, PLAIN, TRANSPOSED, n, k, k, one) + where)
        for row in range(n):
            for column in range(k):
                dh[row, column] += work[row, column] * keep[j, row, column]


@kernel
def add(a, b):
    """a ← a + b. Changes a (N, K)."""
    for n in range(len(a)):
        for k in range(a.shape[1]):
            a[n, k] += b[n, k]


@with_blas
def simple_rnn(address, first, last, z, u, keep, mask, gates, h, work):
    for t in range(len(z)):
        recur(address, h[t, first:last], u, keep[:, first:last], z[t, first:last], 0, 1, work[first:last])
        for n in range(first, last):
            gates[t, n] = z[t, n]
            tanh_row(gates[t, n])
            h[t + 1, n] = h[t, n] if len(mask) > 0 and mask[t, n] == 0 else gates[t, n]


@with_blas
def simple_rnn_backward(address, first, last, dy, z, gates, u, keep, mask, dh, dz, work):
    for t in range(len(z) - 1, -1, -1):
        if len(dy) > 0:
            add(dh[first:last], dy[t, first:last])
        for n in range(first, last):
            if len(mask) > 0 and mask[t, n] == 0:
                dz[t, n] = 0
                continue
            y, d, out = gates[t, n], dh[n], dz[t, n]
            for k in range(d.size):
                out[k] = (ONE - y[k] * y[k]) * d[k]
            d[:] = 0
        recur_backward(address, dz[t, first:last], u, keep[:, first:last], dh[first:last], 0, 1, work[first:last])


@kernel
def lstm_row(gates, before, c, tanh_c, h):
    """c = f c′ + i g;  h = o tanh c, from the pre-activations in gates; all of one row."""
    k = c.size
    sigmoid_row(gates[: 2 * k])
    tanh_row(gates[2 * k : 3 * k])
    sigmoid_row(gates[3 * k :])
    i, f, g, o = gates[:k], gates[k : 2 * k], gates[2 * k : 3 * k], gates[3 * k :]
    for m in range(k):
        c[m] = f[m] * before[m] + i[m] * g[m]
    tanh_c[:] = c
    tanh_row(tanh_c)
    for m in range(k):
        h[m] = o[m] * tanh_c[m]


@with_blas
def lstm(address, first, last, z, u, keep, mask, gates, h, c, tanh_c, work):
    for t in range(len(z)):
        recur(address, h[t, first:last], u, keep[:, first:last], z[t, first:last], 0, 4, work[first:last])
        for n in range(first, last):
            gates[t, n] = z[t, n]
            lstm_row(gates[t, n], c[t, n], c[t + 1, n], tanh_c[t, n], h[t + 1, n])
            if len(mask) > 0 and mask[t, n] == 0:
                h[t + 1, n], c[t + 1, n] = h[t, n], c[t, n]


@kernel
def lstm_row_backward(gates, before, tanh_c, dh, dc, dz):
    """The equations of ``lstm_backward`` up to dc′; all of one row."""
    k = dc.size
    i, f, g, o = gates[:k], gates[k : 2 * k], gates[2 * k : 3 * k], gates[3 * k :]
    for m in range(k):
        d = dc[m] + (ONE - tanh_c[m] * tanh_c[m]) * (dh[m] * o[m])
        dz[m] = i[m] * (ONE - i[m]) * (d * g[m])
        dz[k + m] = f[m] * (ONE - f[m]) * (d * before[m])
        dz[2 * k + m] = (ONE - g[m] * g[m]) * (d * i[m])
        dz[3 * k + m] = o[m] * (ONE - o[m]) * (dh[m] * tanh_c[m])
        dc[m] = d * f[m]


@with_blas
def lstm_backward(address, first, last, dy, z, gates, c, tanh_c, u, keep, mask, dh, dc, dz, work):
    for t in range(len(z) - 1, -1, -1):
        if len(dy) > 0:
            add(dh[first:last], dy[t, first:last])
        for n in range(first, last):
            if len(mask) > 0 and mask[t, n] == 0:
                dz[t, n] = 0
                continue
            lstm_row_backward(gates[t, n], c[t, n], tanh_c[t, n], dh[n], dc[n], dz[t, n])
            dh[n] = 0
        recur_backward(address, dz[t, first:last], u, keep[:, first:last], dh[first:last], 0, 4, work[first:last])
