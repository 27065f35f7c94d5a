"""Optimizer updates.

=====  =========  ===================================
w, g   any shape  parameter, ∂L/∂w
v      as w       velocity
=====  =========  ===================================
"""

import numpy as np


def sgd(w: np.ndarray, g: np.ndarray, lr: np.floating) -> None:
    """w ← w − lr · g. Changes w."""
    w -= lr * g


def sgd_momentum(
    w: np.ndarray, v: np.ndarray, g: np.ndarray, lr: np.floating, momentum: np.floating, nesterov: bool
) -> None:
    """v ← momentum · v − lr · g;  w ← w + v, or w + momentum · v − lr · g with Nesterov. Changes v and w."""
    v[...] = momentum * v - lr * g
    w += momentum * v - lr * g if nesterov else v


def weight_decay(w: np.ndarray, decay: np.floating, lr: np.floating) -> None:
    """w ← w − w · decay · lr. Changes w."""
    w -= w * decay * lr
