"""Optimizer updates without a running scale: SGD, Lion, Muon's momentum; weight decay and the average of weights.

=====  =========  ===================================
w, g   any shape  parameter, ∂L/∂w
m, v   as w       momentum, velocity
=====  =========  ===================================
"""

import numpy as np


def flush(a: np.ndarray) -> None:
    """Sets to 0 what is below the smallest normal number. Changes a.

    A mean of gradients that stay 0 ends there, and processors calculate several times slower with such numbers.
    """
    a[np.abs(a) < np.finfo(a.dtype).tiny] = 0


def sgd(w: np.ndarray, g: np.ndarray, lr: np.floating) -> None:
    """w ← w − lr · g. Changes w."""
    w -= lr * g


def sgd_momentum(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, lr: np.floating, momentum: np.floating, nesterov: bool
) -> None:
    """v ← momentum · v − lr · g;  w ← w + v, or w + momentum · v − lr · g with Nesterov. Changes v and w."""
    v[...] = momentum * v - lr * g
    flush(v)
    w += momentum * v - lr * g if nesterov else v


def lion(
    w: np.ndarray,
    m: np.ndarray,
    g: np.ndarray,
    lr: np.floating,
    beta_1: np.floating,
    beta_2: np.floating,
    rest_1: np.floating,
    rest_2: np.floating,
) -> None:
    """w ← w − lr · sign(β₁ m + (1 − β₁) g);  m ← β₂ m + (1 − β₂) g, the rests being 1 − β. Changes w and m."""
    w -= lr * np.sign(m * beta_1 + g * rest_1)
    m[...] = m * beta_2 + g * rest_2


def muon_momentum(
    m: np.ndarray, g: np.ndarray, u: np.ndarray, momentum: np.floating, rest: np.floating, nesterov: bool
) -> None:
    """m ← m + (g − rest · m);  u ← m, or g + momentum · m with Nesterov; rest = 1 − momentum. Changes m and u."""
    m += g - m * rest
    u[...] = g + momentum * m if nesterov else m


def weight_decay(w: np.ndarray, decay: np.floating, lr: np.floating) -> None:
    """w ← w − w · decay · lr. Changes w."""
    w -= w * decay * lr


def moving_average(a: np.ndarray, w: np.ndarray, momentum: np.floating, rest: np.floating) -> None:
    """a ← momentum · a + (1 − momentum) · w, rest being 1 − momentum. Changes a."""
    a[...] = momentum * a + rest * w
