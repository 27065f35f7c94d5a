"""Compiled twins of :mod:`minikeras.kernels.reference.patches`, for three spatial axes; fewer are seen as three."""

import numpy as np

from .jit import kernel


def seen(a, places, number):
    """``a`` with axes of size 1 put in before the axis ``places``; contiguous if it was, which makes loops faster."""
    for place in sorted(places, reverse=True):
        shape = (*a.shape[:place], *(1,) * number, *a.shape[place:])
        a = a.reshape(shape) if a.flags.c_contiguous else np.expand_dims(a, tuple(range(place, place + number)))
    return a


def images(a):
    """(N, S…, C) seen as (N, D, H, W, C)."""
    return seen(a, (1,), 5 - a.ndim)


def windows(p, rank):
    """(N, O…, T…, C) seen with three O and three T."""
    return seen(p, (1, rank + 1), 3 - rank)


def taps(w):
    """(T…, C, M) seen with three T."""
    return seen(w, (0,), 5 - w.ndim)


def outputs(z):
    """(N, O…, C, M) seen with three O."""
    return seen(z, (1,), 6 - z.ndim)


def three(numbers, fill):
    """One number for each of three axes."""
    return (*(fill,) * (3 - len(numbers)), *numbers)


def geometry(strides, dilation, before):
    return three(strides, 1), three(dilation, 1), three(before, 0)


@kernel
def _patches(x, p, strides, dilation, before):
    _, depth, height, width, channels = x.shape
    zero = x.dtype.type(0)
    for n in range(p.shape[0]):
        for i in range(p.shape[1]):
            for j in range(p.shape[2]):
                for k in range(p.shape[3]):
                    for a in range(p.shape[4]):
                        d = i * strides[0] + a * dilation[0] - before[0]
                        for b in range(p.shape[5]):
                            h = j * strides[1] + b * dilation[1] - before[1]
                            inside = 0 <= d < depth and 0 <= h < height
                            for e in range(p.shape[6]):
                                w = k * strides[2] + e * dilation[2] - before[2]
                                if inside and 0 <= w < width:
                                    for c in range(channels):
                                        p[n, i, j, k, a, b, e, c] = x[n, d, h, w, c]
                                else:
                                    for c in range(channels):
                                        p[n, i, j, k, a, b, e, c] = zero


def patches(x, p, strides, dilation, before):
    _patches(images(x), windows(p, len(strides)), *geometry(strides, dilation, before))


@kernel
def _patches_backward(dp, dx, strides, dilation, before):
    _, depth, height, width, channels = dx.shape
    dx[:] = 0
    for n in range(dp.shape[0]):
        for i in range(dp.shape[1]):
            for j in range(dp.shape[2]):
                for k in range(dp.shape[3]):
                    for a in range(dp.shape[4]):
                        d = i * strides[0] + a * dilation[0] - before[0]
                        for b in range(dp.shape[5]):
                            h = j * strides[1] + b * dilation[1] - before[1]
                            if not (0 <= d < depth and 0 <= h < height):
                                continue
                            for e in range(dp.shape[6]):
                                w = k * strides[2] + e * dilation[2] - before[2]
                                if 0 <= w < width:
                                    for c in range(channels):
                                        dx[n, d, h, w, c] += dp[n, i, j, k, a, b, e, c]


def patches_backward(dp, dx, strides, dilation, before):
    _patches_backward(windows(dp, len(strides)), images(dx), *geometry(strides, dilation, before))


@kernel
def _depthwise(x, kernel, z, strides, dilation, before):
    _, depth, height, width, channels = x.shape
    z[:] = 0
    for n in range(z.shape[0]):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                for k in range(z.shape[3]):
                    for a in range(kernel.shape[0]):
                        d = i * strides[0] + a * dilation[0] - before[0]
                        for b in range(kernel.shape[1]):
                            h = j * strides[1] + b * dilation[1] - before[1]
                            if not (0 <= d < depth and 0 <= h < height):
                                continue
                            for e in range(kernel.shape[2]):
                                w = k * strides[2] + e * dilation[2] - before[2]
                                if 0 <= w < width:
                                    for c in range(channels):
                                        for m in range(kernel.shape[4]):
                                            z[n, i, j, k, c, m] += x[n, d, h, w, c] * kernel[a, b, e, c, m]


def depthwise(x, w, z, strides, dilation, before):
    _depthwise(images(x), taps(w), outputs(z), *geometry(strides, dilation, before))


@kernel
def _depthwise_backward_kernel(x, dz, dkernel, strides, dilation, before):
    _, depth, height, width, channels = x.shape
    dkernel[:] = 0
    for n in range(dz.shape[0]):
        for i in range(dz.shape[1]):
            for j in range(dz.shape[2]):
                for k in range(dz.shape[3]):
                    for a in range(dkernel.shape[0]):
                        d = i * strides[0] + a * dilation[0] - before[0]
                        for b in range(dkernel.shape[1]):
                            h = j * strides[1] + b * dilation[1] - before[1]
                            if not (0 <= d < depth and 0 <= h < height):
                                continue
                            for e in range(dkernel.shape[2]):
                                w = k * strides[2] + e * dilation[2] - before[2]
                                if 0 <= w < width:
                                    for c in range(channels):
                                        for m in range(dkernel.shape[4]):
                                            dkernel[a, b, e, c, m] += x[n, d, h, w, c] * dz[n, i, j, k, c, m]


def depthwise_backward_kernel(x, dz, dw, strides, dilation, before):
    _depthwise_backward_kernel(images(x), outputs(dz), taps(dw), *geometry(strides, dilation, before))


@kernel
def _depthwise_backward(dz, kernel, dx, strides, dilation, before):
    _, depth, height, width, channels = dx.shape
    dx[:] = 0
    for n in range(dz.shape[0]):
        for i in range(dz.shape[1]):
            for j in range(dz.shape[2]):
                for k in range(dz.shape[3]):
                    for a in range(kernel.shape[0]):
                        d = i * strides[0] + a * dilation[0] - before[0]
                        for b in range(kernel.shape[1]):
                            h = j * strides[1] + b * dilation[1] - before[1]
                            if not (0 <= d < depth and 0 <= h < height):
                                continue
                            for e in range(kernel.shape[2]):
                                w = k * strides[2] + e * dilation[2] - before[2]
                                if 0 <= w < width:
                                    for c in range(channels):
                                        for m in range(kernel.shape[4]):
                                            dx[n, d, h, w, c] += dz[n, i, j, k, c, m] * kernel[a, b, e, c, m]


def depthwise_backward(dz, w, dx, strides, dilation, before):
    _depthwise_backward(outputs(dz), taps(w), images(dx), *geometry(strides, dilation, before))
