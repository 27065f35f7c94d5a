"""Compiled twins of :mod:`minikeras.kernels.reference.updates`."""

import numpy as np

from .jit import entries, flat, flushed, kernel


@flat
def sgd(w, g, lr):
    for i in range(w.size):
        w[i] -= lr * g[i]


sgd_flat = sgd.loop


@kernel
def _sgd_each(table, like, lr):
    for row in table:
        sgd_flat(entries(row, 0, like), entries(row, 1, like), lr)


sgd.each = _sgd_each


@flat
def sgd_momentum(w, v, g, lr, momentum, nesterov):
    for i in range(w.size):
        step = lr * g[i]
        v[i] = flushed(momentum * v[i] - step)
        w[i] += momentum * v[i] - step if nesterov else v[i]


sgd_momentum_flat = sgd_momentum.loop


@kernel
def _sgd_momentum_each(table, like, lr, momentum, nesterov):
    for row in table:
        w, v, g = entries(row, 0, like), entries(row, 1, like), entries(row, 2, like)
        sgd_momentum_flat(w, v, g, lr, momentum, nesterov)


sgd_momentum.each = _sgd_momentum_each


@flat
def lion(w, m, g, lr, beta_1, beta_2, rest_1, rest_2):
    for i in range(w.size):
        w[i] -= lr * np.sign(m[i] * beta_1 + g[i] * rest_1)
        m[i] = m[i] * beta_2 + g[i] * rest_2


@flat
def muon_momentum(m, g, u, momentum, rest, nesterov):
    for i in range(m.size):
        m[i] += g[i] - m[i] * rest
        u[i] = g[i] + momentum * m[i] if nesterov else m[i]


@flat
def weight_decay(w, decay, lr):
    for i in range(w.size):
        w[i] -= w[i] * decay * lr


@flat
def moving_average(a, w, momentum, rest):
    for i in range(w.size):
        a[i] = momentum * a[i] + rest * w[i]
