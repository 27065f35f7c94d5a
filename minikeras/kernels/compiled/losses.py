"""Compiled twins of :mod:`minikeras.kernels.reference.losses`."""

import numpy as np

from ... import threads
from .jit import kernel

#: Logits that are worth a core.
WORTH = 1 << 15


def softmax_crossentropy(z, labels, weights, p, losses, dz):
    if z.size < 2 * WORTH:
        softmax_crossentropy_rows(z, labels, weights, p, losses, dz)
        return

    def some(n: slice) -> None:
        softmax_crossentropy_rows(z[n], labels[n], weights[n], p[n], losses[n], dz[n])

    threads.share_rows(some, len(z), WORTH // max(1, z.shape[1]))


@kernel
def softmax_crossentropy_rows(z, labels, weights, p, losses, dz):
    for n in range(z.shape[0]):
        m = z[n, 0]
        for k in range(1, z.shape[1]):
            m = max(m, z[n, k])
        s = z.dtype.type(0)
        for k in range(z.shape[1]):
            p[n, k] = np.exp(z[n, k] - m)
            s += p[n, k]
        losses[n] = np.log(s) - (z[n, labels[n]] - m)
        for k in range(z.shape[1]):
            p[n, k] /= s
            dz[n, k] = p[n, k] * weights[n]
        dz[n, labels[n]] = (p[n, labels[n]] - z.dtype.type(1)) * weights[n]


@kernel
def softmax_crossentropy_dense(z, targets, weights, p, losses, dz):
    for n in range(z.shape[0]):
        m = z[n, 0]
        for k in range(1, z.shape[1]):
            m = max(m, z[n, k])
        s = z.dtype.type(0)
        for k in range(z.shape[1]):
            p[n, k] = np.exp(z[n, k] - m)
            s += p[n, k]
        log_s, loss, total = np.log(s), z.dtype.type(0), z.dtype.type(0)
        for k in range(z.shape[1]):
            p[n, k] /= s
            loss += targets[n, k] * (log_s - (z[n, k] - m))
            total += targets[n, k]
        losses[n] = loss
        for k in range(z.shape[1]):
            dz[n, k] = (p[n, k] * total - targets[n, k]) * weights[n]


@kernel
def sigmoid_crossentropy(z, targets, weights, p, losses, dz):
    one, zero = z.dtype.type(1), z.dtype.type(0)
    width = z.dtype.type(z.shape[1])
    for n in range(z.shape[0]):
        loss = zero
        for k in range(z.shape[1]):
            v, t = z[n, k], targets[n, k]
            e = np.exp(-abs(v))
            p[n, k] = (e if v < zero else one) / (one + e)
            loss += max(v, zero) - v * t + np.log1p(e)
            dz[n, k] = (p[n, k] - t) * (weights[n] / width)
        losses[n] = loss / width
