"""Compiled twins of :mod:`minikeras.kernels.reference.attention`: one call for some rows, its products by BLAS."""

from functools import partial

from .. import reference
from .jit import call, kernel
from .recurrent import PLAIN, ROW_MAJOR, TRANSPOSED, gemm
from .softmax import softmax_where, softmax_where_backward


@kernel
def _head(a, b, n):
    """The address of a[b, 0, n, 0], where head n of row b begins; its rows are N H apart."""
    return a[b].ctypes.data + n * a.shape[3] * a.itemsize


@kernel
def _scores(address, scale, a, b, row, n, out):
    """out = scale · a bᵀ by head: (T, S) from a (B, T, N, H) and b (B, S, N, H). Writes out."""
    t, s = out.shape
    size, wide = a.shape[3], a.shape[2] * a.shape[3]
    where = (_head(a, row, n), wide, _head(b, row, n), wide, out.dtype.type(0), out.ctypes.data, s)
    call(address, (ROW_MAJOR, PLAIN, TRANSPOSED, t, s, size, scale) + where)


@kernel
def _weighted(address, scale, p, kind, b, row, n, out):
    """out = scale · p b by head, p (T, S) as it is or transposed, b and out like v and o. Writes out."""
    inner, size, wide = b.shape[1], b.shape[3], b.shape[2] * b.shape[3]
    where = (p.ctypes.data, p.shape[1], _head(b, row, n), wide, p.dtype.type(0), _head(out, row, n), wide)
    call(address, (ROW_MAJOR, kind, PLAIN, out.shape[1], size, inner, scale) + where)


@partial(kernel, error_model="numpy")
def _attend(address, q, k, v, scale, m, d, empty, p, kept, o):
    one = p.dtype.type(1)
    for row in range(len(q)):
        for n in range(q.shape[2]):
            w, seen = p[row, n], kept[row, n]
            _scores(address, scale, q, k, row, n, w)  # (1)
            if m is None:
                softmax_where(w, None, empty, w)  # (2)
            else:
                softmax_where(w, m[row, n], empty, w)
            if d is not None:
                for t in range(len(w)):
                    for s in range(w.shape[1]):
                        seen[t, s] = w[t, s] * d[row, n, t, s]
            _weighted(address, one, seen, PLAIN, v, row, n, o)  # (3)


def attend(q, k, v, scale, m, d, empty, p, kept, o):
    address = gemm(p.dtype)
    if not address:
        return reference.attend(q, k, v, scale, m, d, empty, p, kept, o)
    _attend(address, q, k, v, p.dtype.type(scale), m, d, empty, p, kept, o)


@partial(kernel, error_model="numpy")
def _attend_backward(address, do, dweights, q, k, v, scale, m, d, p, kept, ds, dq, dk, dv):
    one = p.dtype.type(1)
    for row in range(len(q)):
        for n in range(q.shape[2]):
            _weighted(address, one, kept[row, n], TRANSPOSED, do, row, n, dv)  # (4)
            _scores(address, one, do, v, row, n, ds)
            for t in range(len(ds) if d is not None or dweights is not None else 0):
                for s in range(ds.shape[1]):
                    if d is not None:
                        ds[t, s] *= d[row, n, t, s]
                    if dweights is not None:
                        ds[t, s] += dweights[row, n, t, s]
            if m is None:
                softmax_where_backward(ds, p[row, n], None, ds)  # (5)
            else:
                softmax_where_backward(ds, p[row, n], m[row, n], ds)
            _weighted(address, scale, ds, PLAIN, k, row, n, dq)  # (6)
            _weighted(address, scale, ds, TRANSPOSED, q, row, n, dk)


def attend_backward(do, dweights, q, k, v, scale, m, d, p, kept, ds, dq, dk, dv):
    address = gemm(p.dtype)
    if not address:
        return reference.attend_backward(do, dweights, q, k, v, scale, m, d, p, kept, ds, dq, dk, dv)
    scale = p.dtype.type(scale)
    _attend_backward(address, do, dweights, q, k, v, scale, m, d, p, kept, ds, dq, dk, dv)
