"""Pooling: one number for each window and channel.

==========  ============  ================================================================
x, dx       (N, S…, C)    images of one to three spatial axes with sizes S
y, dy       (N, O…, C)    the maximum or the mean of each window
winner      (N, O…, C)    the tap that has the maximum, numbered row by row (int32)
share       (O…, 1)       1 / the number of pixels that a window meets
size        one an axis   of the window
==========  ============  ================================================================

The geometry (strides, dilation, before) is that of :mod:`minikeras.kernels.reference.patches`, except that a window
over the edge of the image has fewer pixels; there are no zeros around it.
"""

import numpy as np

from .patches import Sizes, tap


def max_pool(
    x: np.ndarray, y: np.ndarray, winner: np.ndarray, size: Sizes, strides: Sizes, dilation: Sizes, before: Sizes
) -> None:
    """y = the largest entry of each window; winner = the first tap that has it, NaN being larger than all numbers.

    Writes y and winner. The winner of a window without a pixel is −1, and its y is −∞.
    """
    y[...], winner[...] = -np.inf, -1
    for number, t in enumerate(np.ndindex(size)):
        where, met = tap(t, x.shape[1:-1], y.shape[1:-1], strides, dilation, before)
        value, best, now = x[met], y[where], winner[where]
        better = (now < 0) | (value.real > best.real) | (np.isnan(value) & ~np.isnan(best))
        best[better], now[better] = value[better], number


def max_pool_backward(
    dy: np.ndarray, winner: np.ndarray, dx: np.ndarray, size: Sizes, strides: Sizes, dilation: Sizes, before: Sizes
) -> None:
    """dx = dy at the winner of each window, 0 elsewhere; added where one pixel wins several. Writes dx."""
    dx[...] = 0
    for number, t in enumerate(np.ndindex(size)):
        where, met = tap(t, dx.shape[1:-1], dy.shape[1:-1], strides, dilation, before)
        dx[met] += np.where(winner[where] == number, dy[where], 0)


def average_pool(
    x: np.ndarray, share: np.ndarray, y: np.ndarray, size: Sizes, strides: Sizes, dilation: Sizes, before: Sizes
) -> None:
    """y[n, o, c] = share[o] Σ x[n, s, c] over the pixels s of window o. Writes y."""
    y[...] = 0
    for t in np.ndindex(size):
        where, met = tap(t, x.shape[1:-1], y.shape[1:-1], strides, dilation, before)
        y[where] += x[met]
    y *= share


def average_pool_backward(
    dy: np.ndarray, share: np.ndarray, dx: np.ndarray, size: Sizes, strides: Sizes, dilation: Sizes, before: Sizes
) -> None:
    """dx[n, s, c] = Σ share[o] dy[n, o, c] over the windows o that meet pixel s. Writes dx."""
    dx[...] = 0
    for t in np.ndindex(size):
        where, met = tap(t, dx.shape[1:-1], dy.shape[1:-1], strides, dilation, before)
        dx[met] += dy[where] * share[where[1:]]


def global_max(x: np.ndarray, y: np.ndarray, share: np.ndarray) -> None:
    """y[n, c] = the largest x[n, s, c]; share[n, s, c] = 1 / the number of largest entries at these, 0 elsewhere.

    Writes y (N, C) and share, which has the shape of x (N, S, C). NaN is larger than all numbers.
    """
    first = np.argmax(x.real, axis=1)[:, None]
    y[...] = np.take_along_axis(x, first, axis=1)[:, 0]
    ties = (x.real == y.real[:, None]) | np.isnan(x)
    share[...] = ties / ties.sum(axis=1, keepdims=True)


def global_max_backward(dy: np.ndarray, share: np.ndarray, dx: np.ndarray) -> None:
    """dx[n, s, c] = share[n, s, c] dy[n, c]. Writes dx."""
    np.multiply(share, dy[:, None], out=dx)
