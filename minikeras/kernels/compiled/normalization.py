"""Compiled twins of :mod:`minikeras.kernels.reference.normalization`; those with a mask are the same functions.

Sums are taken row by row of B entries in the order of A, in float64, and for B = 1 over all R at a time.
"""

from functools import partial

import numpy as np

from ..reference.normalization import masked_moments as masked_moments
from ..reference.normalization import masked_normalize_backward as masked_normalize_backward
from .jit import kernel
from .lanes import dot, total


@kernel
def sums(x, y, total, dot):
    total[:] = 0
    dot[:] = 0
    for a in range(x.shape[0]):
        if x.shape[2] == 1:
            for r in range(x.shape[1]):
                total[r] += x[a, r, 0]
                dot[r] += np.float64(x[a, r, 0]) * y[a, r, 0]
        else:
            for r in range(x.shape[1]):
                s, t = 0.0, 0.0
                for b in range(x.shape[2]):
                    s += x[a, r, b]
                    t += np.float64(x[a, r, b]) * y[a, r, b]
                total[r] += s
                dot[r] += t


@kernel
def squares(x, mean, total):
    total[:] = 0
    for a in range(x.shape[0]):
        for r in range(x.shape[1]):
            m, s = mean[r], 0.0
            for b in range(x.shape[2]):
                d = x[a, r, b] - m
                s += d * d
            total[r] += s


@kernel
def moments(x, mean, variance):
    count = x.shape[0] * x.shape[2]
    middle, total = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    sums(x, x, middle, total)
    middle /= count
    squares(x, middle, total)
    for r in range(x.shape[1]):
        mean[r] = middle[r]
        variance[r] = total[r] / count


@kernel
def normalize(x, mean, r, h):
    for a in range(x.shape[0]):
        for i in range(x.shape[1]):
            for b in range(x.shape[2]):
                h[a, i, b] = (x[a, i, b] - mean[i]) * r[i]


@kernel
def normalize_scaled(x, mean, r, gamma, beta, h, y):
    for a in range(x.shape[0]):
        if x.shape[2] == 1:
            for i in range(x.shape[1]):
                v = (x[a, i, 0] - mean[i]) * r[i]
                h[a, i, 0] = v
                y[a, i, 0] = gamma[i] * v + beta[i]
        else:
            for i in range(x.shape[1]):
                for b in range(x.shape[2]):
                    v = (x[a, i, b] - mean[i]) * r[i]
                    h[a, i, b] = v
                    y[a, i, b] = gamma[i] * v + beta[i]


@kernel
def normalize_backward_of_sums(dh, h, r, mean, dot, dx):
    for a in range(dh.shape[0]):
        if dh.shape[2] == 1:
            for i in range(dh.shape[1]):
                dx[a, i, 0] = r[i] * (dh[a, i, 0] - mean[i] - h[a, i, 0] * dot[i])
        else:
            for i in range(dh.shape[1]):
                for b in range(dh.shape[2]):
                    dx[a, i, b] = r[i] * (dh[a, i, b] - mean[i] - h[a, i, b] * dot[i])


@kernel
def normalize_backward(dh, h, r, dx):
    count = dh.shape[0] * dh.shape[2]
    total, dot = np.zeros(dh.shape[1]), np.zeros(dh.shape[1])
    sums(dh, h, total, dot)
    total /= count
    dot /= count
    for a in range(dh.shape[0]):
        for i in range(dh.shape[1]):
            m, d = dx.dtype.type(total[i]), dx.dtype.type(dot[i])
            for b in range(dh.shape[2]):
                dx[a, i, b] = r[i] * (dh[a, i, b] - m - h[a, i, b] * d)


@kernel
def rms_normalize_backward(dh, h, r, dx, count):
    total, dot = np.zeros(dh.shape[1]), np.zeros(dh.shape[1])
    sums(dh, h, total, dot)
    dot /= count
    for a in range(dh.shape[0]):
        for i in range(dh.shape[1]):
            d = dx.dtype.type(dot[i])
            for b in range(dh.shape[2]):
                dx[a, i, b] = r[i] * (dh[a, i, b] - h[a, i, b] * d)


@partial(kernel, error_model="numpy")
def layer_normalize(x, gamma, beta, epsilon, h, r, y):
    size = x.shape[1]
    for n in range(len(x)):
        row, out, given = h[n], y[n], x[n]
        m = total(given, 0.0) / size
        low = x.dtype.type(m)
        for b in range(size):
            row[b] = given[b] - low
        s = dot(row, row, 0.0) / size - (m - low) ** 2  # μ was rounded to x's dtype
        r[n] = 1 / np.sqrt(s + epsilon)
        a = r[n]
        for b in range(size):
            v = row[b] * a
            row[b] = v
            if gamma is not None:
                v *= gamma[b]
            if beta is not None:
                v += beta[b]
            out[b] = v


@partial(kernel, error_model="numpy")
def layer_normalize_backward(dy, h, r, gamma, dx, dgamma, dbeta):
    size = dy.shape[1]
    dgamma[:] = 0
    dbeta[:] = 0
    for n in range(len(dy)):
        given, row, out, a = dy[n], h[n], dx[n], r[n]
        for b in range(size):
            v = given[b]
            dgamma[b] += v * row[b]
            dbeta[b] += v
            if gamma is not None:
                v *= gamma[b]
            out[b] = v
        m = dy.dtype.type(total(out, 0.0) / size)
        d = dy.dtype.type(dot(out, row, 0.0) / size)
        for b in range(size):
            out[b] = a * (out[b] - m - row[b] * d)
