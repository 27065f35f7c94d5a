"""Compiled twins of :mod:`minikeras.kernels.reference.accumulating`."""

import numpy as np

from .jit import flat, flushed, kernel


@flat
def rmsprop(w, v, b, a, g, lr, rho, rest, momentum, epsilon):
    for i in range(w.size):
        v[i] = flushed(rho * v[i] + rest * (g[i] * g[i]))
        scale = v[i]
        if a is not None:
            a[i] = rho * a[i] + rest * g[i]
            scale -= a[i] * a[i]
        step = lr * g[i] / np.sqrt(scale + epsilon)
        if b is not None:
            b[i] = momentum * b[i] + step
            step = b[i]
        w[i] -= step


@flat
def adagrad(w, v, g, lr, epsilon):
    for i in range(w.size):
        v[i] += g[i] * g[i]
        w[i] -= lr * g[i] / np.sqrt(v[i] + epsilon)


@flat
def adadelta(w, v, d, g, lr, rho, rest, epsilon):
    for i in range(w.size):
        v[i] = rho * v[i] + rest * (g[i] * g[i])
        delta = -(np.sqrt(d[i] + epsilon) * g[i] / np.sqrt(v[i] + epsilon))
        d[i] = rho * d[i] + rest * (delta * delta)
        w[i] += lr * delta


@flat
def ftrl(w, n, z, g, lr, power, l1, twice_l2, twice_shrinkage):
    for i in range(w.size):
        new = n[i] + g[i] * g[i]
        raised = new**power
        z[i] += g[i] + twice_shrinkage * w[i] - (raised - n[i] ** power) / lr * w[i]
        clipped = -l1 if z[i] < -l1 else l1 if z[i] > l1 else z[i]
        w[i] = (clipped - z[i]) / (raised / lr + twice_l2)
        n[i] = new


@kernel
def adafactor_factored(g, r, c, v, u, beta, rest, epsilon):
    depth, rows, columns = g.shape
    for b in range(depth):
        for j in range(columns):
            c[b, j] *= beta
        mean = r[b, 0] - r[b, 0]
        for i in range(rows):
            total = epsilon - epsilon
            for j in range(columns):
                square = g[b, i, j] * g[b, i, j] + epsilon
                total += square
                c[b, j] += rest * square / rows
            r[b, i] = beta * r[b, i] + rest * total / columns
            mean += r[b, i] / rows
        for i in range(rows):
            for j in range(columns):
                v[b, i, j] = r[b, i] / mean * c[b, j]
                u[b, i, j] = g[b, i, j] / np.sqrt(v[b, i, j])


@flat
def adafactor_entrywise(g, v, u, beta, rest, epsilon):
    for i in range(g.size):
        v[i] = beta * v[i] + rest * (g[i] * g[i] + epsilon)
        u[i] = g[i] / np.sqrt(v[i])
