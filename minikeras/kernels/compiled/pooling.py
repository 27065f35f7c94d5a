"""Compiled twins of :mod:`minikeras.kernels.reference.pooling`, for three spatial axes; fewer are seen as three."""

import numpy as np

from ..reference.pooling import global_max as global_max
from ..reference.pooling import global_max_backward as global_max_backward
from .jit import kernel
from .patches import geometry, images, three


@kernel
def _max_pool(x, y, winner, size, strides, dilation, before):
    _, depth, height, width, channels = x.shape
    y[:] = -np.inf
    winner[:] = -1
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                for k in range(y.shape[3]):
                    for t in range(size[0] * size[1] * size[2]):
                        d = i * strides[0] + t // (size[1] * size[2]) * dilation[0] - before[0]
                        h = j * strides[1] + t // size[2] % size[1] * dilation[1] - before[1]
                        w = k * strides[2] + t % size[2] * dilation[2] - before[2]
                        if 0 <= d < depth and 0 <= h < height and 0 <= w < width:
                            pixel, top, won = x[n, d, h, w], y[n, i, j, k], winner[n, i, j, k]
                            for c in range(channels):
                                v, best, now = pixel[c], top[c], won[c]
                                better = (now < 0) | (v > best) | ((v != v) & (best == best))
                                top[c] = v if better else best
                                won[c] = np.int32(t) if better else now


@kernel
def _max_pool_2x2(x, y, winner):
    """The same for windows of 2×2 pixels side by side, in one pass over the channels."""
    for n in range(y.shape[0]):
        for j in range(y.shape[1]):
            for k in range(y.shape[2]):
                p0, p1, p2, p3 = (
                    x[n, 2 * j, 2 * k],
                    x[n, 2 * j, 2 * k + 1],
                    x[n, 2 * j + 1, 2 * k],
                    x[n, 2 * j + 1, 2 * k + 1],
                )
                top, won = y[n, j, k], winner[n, j, k]
                for c in range(top.size):
                    best, now = p0[c], np.int32(0)
                    v = p1[c]
                    better = (v > best) | ((v != v) & (best == best))
                    best, now = v if better else best, np.int32(1) if better else now
                    v = p2[c]
                    better = (v > best) | ((v != v) & (best == best))
                    best, now = v if better else best, np.int32(2) if better else now
                    v = p3[c]
                    better = (v > best) | ((v != v) & (best == best))
                    top[c], won[c] = v if better else best, np.int32(3) if better else now


@kernel
def _max_pool_2x2_backward(dy, winner, dx):
    zero, (_, height, width, channels) = dx.dtype.type(0), dy.shape
    for n in range(dx.shape[0]):
        for h in range(dx.shape[1]):
            for w in range(dx.shape[2]):
                pixel = dx[n, h, w]
                if h // 2 >= height or w // 2 >= width:
                    pixel[:] = zero
                    continue
                given, won, t = dy[n, h // 2, w // 2], winner[n, h // 2, w // 2], np.int32(2 * (h % 2) + w % 2)
                for c in range(channels):
                    v = given[c]
                    pixel[c] = v if won[c] == t else zero


def _are_2x2(size, strides, dilation, before):
    return size == strides == (2, 2) and dilation == (1, 1) and before == (0, 0)


def max_pool(x, y, winner, size, strides, dilation, before):
    if _are_2x2(size, strides, dilation, before) and x.shape[1] >= 2 * y.shape[1] and x.shape[2] >= 2 * y.shape[2]:
        return _max_pool_2x2(x, y, winner)
    _max_pool(images(x), images(y), images(winner), three(size, 1), *geometry(strides, dilation, before))


@kernel
def _max_pool_backward(dy, winner, dx, size, strides, dilation, before):
    _, depth, height, width, channels = dx.shape
    zero = dx.dtype.type(0)
    dx[:] = 0
    for n in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                for k in range(dy.shape[3]):
                    for t in range(size[0] * size[1] * size[2]):
                        d = i * strides[0] + t // (size[1] * size[2]) * dilation[0] - before[0]
                        h = j * strides[1] + t // size[2] % size[1] * dilation[1] - before[1]
                        w = k * strides[2] + t % size[2] * dilation[2] - before[2]
                        if 0 <= d < depth and 0 <= h < height and 0 <= w < width:
                            given, won, pixel = dy[n, i, j, k], winner[n, i, j, k], dx[n, d, h, w]
                            for c in range(channels):
                                v = given[c]  # loaded in any case: so the compiler makes a choice of it, not a branch
                                pixel[c] += v if won[c] == t else zero


def max_pool_backward(dy, winner, dx, size, strides, dilation, before):
    if _are_2x2(size, strides, dilation, before):
        return _max_pool_2x2_backward(dy, winner, dx)
    _max_pool_backward(images(dy), images(winner), images(dx), three(size, 1), *geometry(strides, dilation, before))


@kernel
def _average_pool(x, share, y, size, strides, dilation, before):
    _, depth, height, width, channels = x.shape
    y[:] = 0
    for n in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                for k in range(y.shape[3]):
                    for t in range(size[0] * size[1] * size[2]):
                        d = i * strides[0] + t // (size[1] * size[2]) * dilation[0] - before[0]
                        h = j * strides[1] + t // size[2] % size[1] * dilation[1] - before[1]
                        w = k * strides[2] + t % size[2] * dilation[2] - before[2]
                        if 0 <= d < depth and 0 <= h < height and 0 <= w < width:
                            for c in range(channels):
                                y[n, i, j, k, c] += x[n, d, h, w, c]
                    for c in range(channels):
                        y[n, i, j, k, c] *= share[0, i, j, k, 0]


def average_pool(x, share, y, size, strides, dilation, before):
    _average_pool(images(x), images(share[None]), images(y), three(size, 1), *geometry(strides, dilation, before))


@kernel
def _average_pool_backward(dy, share, dx, size, strides, dilation, before):
    _, depth, height, width, channels = dx.shape
    dx[:] = 0
    for n in range(dy.shape[0]):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                for k in range(dy.shape[3]):
                    for t in range(size[0] * size[1] * size[2]):
                        d = i * strides[0] + t // (size[1] * size[2]) * dilation[0] - before[0]
                        h = j * strides[1] + t // size[2] % size[1] * dilation[1] - before[1]
                        w = k * strides[2] + t % size[2] * dilation[2] - before[2]
                        if 0 <= d < depth and 0 <= h < height and 0 <= w < width:
                            for c in range(channels):
                                dx[n, d, h, w, c] += share[0, i, j, k, 0] * dy[n, i, j, k, c]


def average_pool_backward(dy, share, dx, size, strides, dilation, before):
    _average_pool_backward(
        images(dy), images(share[None]), images(dx), three(size, 1), *geometry(strides, dilation, before)
    )
