"""Sums and maxima over a row, in four parts: each addition to one sum has to wait for the one before it."""

import functools

from .jit import kernel

lanes = functools.partial(kernel, error_model="numpy")


@lanes
def total(x, zero):
    """Σₖ x[k], in the dtype of ``zero``."""
    a = b = c = d = zero
    whole = x.size - x.size % 4
    for k in range(0, whole, 4):
        a += x[k]
        b += x[k + 1]
        c += x[k + 2]
        d += x[k + 3]
    for k in range(whole, x.size):
        a += x[k]
    return (a + b) + (c + d)


@lanes
def dot(x, y, zero):
    """Σₖ x[k] y[k], in the dtype of ``zero``."""
    a = b = c = d = zero
    whole = x.size - x.size % 4
    for k in range(0, whole, 4):
        a += x[k] * y[k]
        b += x[k + 1] * y[k + 1]
        c += x[k + 2] * y[k + 2]
        d += x[k + 3] * y[k + 3]
    for k in range(whole, x.size):
        a += x[k] * y[k]
    return (a + b) + (c + d)


@lanes
def greatest(x):
    """maxₖ x[k]; NaN at other places than the first is passed over."""
    a = b = c = d = x[0]
    whole = x.size - x.size % 4
    for k in range(0, whole, 4):
        a = x[k] if x[k] > a else a
        b = x[k + 1] if x[k + 1] > b else b
        c = x[k + 2] if x[k + 2] > c else c
        d = x[k + 3] if x[k + 3] > d else d
    for k in range(whole, x.size):
        a = x[k] if x[k] > a else a
    a, c = b if b > a else a, d if d > c else c
    return c if c > a else a
