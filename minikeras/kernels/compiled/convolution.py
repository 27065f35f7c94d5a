"""Compiled twins of :mod:`minikeras.kernels.reference.convolution`, for three spatial axes; fewer are seen as three.

A line is a row of positions of the window along the last axis. Some lines at a time are made into patches, multiplied
and finished while they are in the cache, so that one call goes through all images without Python.
"""

from .. import reference
from .jit import call, kernel
from .patches import geometry, images, three
from .recurrent import PLAIN, ROW_MAJOR, TRANSPOSED, gemm


@kernel
def _product(address, a, a_kind, b, b_kind, keep, out, m, k, n, lda, ldb):
    """out = keep · out + a b, with a and b transposed or plain; out is (m, n), the sum goes over k."""
    one = out.dtype.type(1)
    first = (ROW_MAJOR, a_kind, b_kind, m, n, k, one, a.ctypes.data, lda, b.ctypes.data, ldb)
    call(address, first + (out.dtype.type(keep), out.ctypes.data, n))


@kernel
def _between(tap, size, outputs, stride):
    """The positions, first and last + 1, at which the tap meets a pixel of an axis; tap is its pixel at position 0."""
    first = 0 if tap >= 0 else (-tap + stride - 1) // stride
    last = (size - 1 - tap) // stride + 1 if tap < size else 0
    first = min(first, outputs)
    return first, max(first, min(last, outputs))


@kernel
def _line(x, n, i, j, p, size, strides, dilation, before):
    """p[k] = what the window meets at position (i, j, k) of image n. Writes p (W, T·C)."""
    _, depth, height, width, channels = x.shape
    zero, at = x.dtype.type(0), 0
    for a in range(size[0]):
        d = i * strides[0] + a * dilation[0] - before[0]
        for b in range(size[1]):
            h = j * strides[1] + b * dilation[1] - before[1]
            inside = 0 <= d < depth and 0 <= h < height
            for e in range(size[2]):
                w = e * dilation[2] - before[2]
                first, last = _between(w, width, len(p), strides[2]) if inside else (0, 0)
                for k in range(first):
                    p[k, at : at + channels] = zero
                if channels == 1:
                    for k in range(first, last):
                        p[k, at] = x[n, d, h, k * strides[2] + w, 0]
                else:
                    for k in range(first, last):
                        for c in range(channels):
                            p[k, at + c] = x[n, d, h, k * strides[2] + w, c]
                for k in range(last, len(p)):
                    p[k, at : at + channels] = zero
                at += channels


@kernel
def _line_backward(dp, dx, n, i, j, size, strides, dilation, before):
    """Adds dp to the pixels that the window meets at the positions of a line. Changes dx."""
    _, depth, height, width, channels = dx.shape
    at = 0
    for a in range(size[0]):
        d = i * strides[0] + a * dilation[0] - before[0]
        for b in range(size[1]):
            h = j * strides[1] + b * dilation[1] - before[1]
            for e in range(size[2]):
                if 0 <= d < depth and 0 <= h < height:
                    w = e * dilation[2] - before[2]
                    first, last = _between(w, width, len(dp), strides[2])
                    for k in range(first, last):
                        for c in range(channels):
                            dx[n, d, h, k * strides[2] + w, c] += dp[k, at + c]
                at += channels


@kernel
def _convolve(address, x, w, b, y, p, relu, positions, size, strides, dilation, before):
    lines, wide, filters = y.shape
    zero, d = y.dtype.type(0), p.shape[2]
    for start in range(0, lines, len(p)):
        stop = min(start + len(p), lines)
        for line in range(start, stop):
            n, i, j = line // (positions[0] * positions[1]), line // positions[1] % positions[0], line % positions[1]
            _line(x, n, i, j, p[line - start], size, strides, dilation, before)
        _product(address, p, PLAIN, w, PLAIN, 0, y[start:stop], (stop - start) * wide, d, filters, d, filters)
        for line in range(start, stop if relu or len(b) else start):
            for k in range(wide):
                row = y[line, k]
                if len(b):
                    for m in range(filters):
                        v = row[m] + b[m]
                        row[m] = zero if relu and v <= zero else v
                else:
                    for m in range(filters):
                        v = row[m]
                        row[m] = zero if v <= zero else v


def convolve(x, w, b, y, p, relu, strides, dilation, before):
    address = gemm(x.dtype)
    if not address:
        return reference.convolve(x, w, b, y, p, relu, strides, dilation, before)
    rank, seen = len(strides), images(y)
    size, columns = three(w.shape[:rank], 1), w.reshape(-1, w.shape[-1])
    lines = seen.reshape(-1, *seen.shape[3:])
    memory = p.reshape(-1, seen.shape[3], len(columns))
    _convolve(
        address, images(x), columns, b, lines, memory, relu, seen.shape[1:3], size, *geometry(strides, dilation, before)
    )


@kernel
def _convolve_backward(address, x, w, dy, y, dx, dw, db, p, dz, relu, positions, size, strides, dilation, before):
    lines, wide, filters = dy.shape
    zero, d = dy.dtype.type(0), p.shape[2]
    dx[:] = 0
    dw[:] = 0
    db[:] = 0
    for start in range(0, lines, len(p)):
        stop = min(start + len(p), lines)
        for line in range(start, stop):
            for k in range(wide):
                given, made, row = dy[line, k], y[line, k], dz[line - start, k]
                for m in range(filters):
                    v = given[m]
                    row[m] = v if made[m] > zero or not relu else zero
                for m in range(len(db)):
                    db[m] += row[m]
        rows = (stop - start) * wide
        if len(dw):
            for line in range(start, stop):
                n, i, j = (
                    line // (positions[0] * positions[1]),
                    line // positions[1] % positions[0],
                    line % positions[1],
                )
                _line(x, n, i, j, p[line - start], size, strides, dilation, before)
            _product(address, p, TRANSPOSED, dz, PLAIN, 1, dw, d, rows, filters, d, filters)
        if len(dx):
            _product(address, dz, PLAIN, w, TRANSPOSED, 0, p, rows, filters, d, filters, filters)
            for line in range(start, stop):
                n, i, j = (
                    line // (positions[0] * positions[1]),
                    line // positions[1] % positions[0],
                    line % positions[1],
                )
                _line_backward(p[line - start], dx, n, i, j, size, strides, dilation, before)


def convolve_backward(x, w, dy, y, dx, dw, db, p, dz, relu, strides, dilation, before):
    address = gemm(x.dtype)
    if not address:
        return reference.convolve_backward(x, w, dy, y, dx, dw, db, p, dz, relu, strides, dilation, before)
    rank, seen = len(strides), images(dy)
    size, columns = three(w.shape[:rank], 1), w.reshape(-1, w.shape[-1])
    shape = (-1, *seen.shape[3:])
    _convolve_backward(
        *(address, images(x), columns, seen.reshape(shape), images(y).reshape(shape), images(dx)),
        *(dw.reshape(-1, dw.shape[-1]), db, p.reshape(-1, seen.shape[3], len(columns)), dz.reshape(shape), relu),
        *(seen.shape[1:3], size, *geometry(strides, dilation, before)),
    )
