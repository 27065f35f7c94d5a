"""Compiled twins of :mod:`minikeras.kernels.reference.adaptive`."""

import numpy as np

from .jit import entries, flat, flushed, kernel


@flat
def adam(w, m, v, v_hat, g, alpha, rest_1, rest_2, epsilon):
    for i in range(w.size):
        m[i] = flushed(m[i] + (g[i] - m[i]) * rest_1)
        v[i] += (g[i] * g[i] - v[i]) * rest_2
        scale = v[i]
        if v_hat is not None:
            if not v_hat[i] >= scale and v_hat[i] == v_hat[i]:
                v_hat[i] = scale
            scale = v_hat[i]
        w[i] -= m[i] * alpha / (np.sqrt(scale) + epsilon)


adam_flat = adam.loop


@kernel
def _adam_each(table, like, alpha, rest_1, rest_2, epsilon):
    for row in table:
        w, m, v, g = entries(row, 0, like), entries(row, 1, like), entries(row, 2, like), entries(row, 4, like)
        if row[4] == 0:
            adam_flat(w, m, v, None, g, alpha, rest_1, rest_2, epsilon)
        else:
            adam_flat(w, m, v, entries(row, 3, like), g, alpha, rest_1, rest_2, epsilon)


adam.each = _adam_each


@flat
def adamax(w, m, u, g, lr, rest_1, beta_2, left_1, epsilon):
    for i in range(w.size):
        m[i] += (g[i] - m[i]) * rest_1
        kept, size = beta_2 * u[i], np.abs(g[i])
        u[i] = kept if kept >= size or kept != kept else size
        w[i] -= lr * m[i] / (left_1 * (u[i] + epsilon))


@flat
def nadam(w, m, v, g, lr, rest_1, rest_2, ahead, left_ahead, now, left_now, left_2, epsilon):
    for i in range(w.size):
        m[i] += (g[i] - m[i]) * rest_1
        v[i] += (g[i] * g[i] - v[i]) * rest_2
        m_hat = ahead * m[i] / left_ahead + now * g[i] / left_now
        w[i] -= m_hat * lr / (np.sqrt(v[i] / left_2) + epsilon)


@flat
def lamb_direction(m, v, g, u, rest_1, rest_2, left_1, left_2, epsilon):
    for i in range(m.size):
        m[i] += (g[i] - m[i]) * rest_1
        v[i] += (g[i] * g[i] - v[i]) * rest_2
        u[i] = m[i] / left_1 / (np.sqrt(v[i] / left_2) + epsilon)


@flat
def schedule_free_adamw(w, z, v, g, lr, beta_1, rest_1, rest_2, left_2, epsilon, weight, rest):
    for i in range(w.size):
        x = (w[i] - rest_1 * z[i]) / beta_1
        v[i] += (g[i] * g[i] - v[i]) * rest_2
        z[i] -= lr * g[i] / (np.sqrt(v[i] / left_2) + epsilon)
        w[i] = rest_1 * z[i] + beta_1 * (rest * x + weight * z[i])
