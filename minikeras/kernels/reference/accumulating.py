"""Optimizer updates that scale each entry by its past gradients: RMSprop, Adagrad, Adadelta, Ftrl, Adafactor.

=======  =========  ============================================================
w, g     any shape  parameter, ∂L/∂w
v        as w       mean or sum of the gradients' squares
=======  =========  ============================================================

``rest`` is 1 − ρ, or 1 − β.
"""

import numpy as np

from .updates import flush


def rmsprop(
    w: np.ndarray,
    v: np.ndarray,
    b: np.ndarray | None,
    a: np.ndarray | None,
    g: np.ndarray,
    lr: np.floating,
    rho: np.floating,
    rest: np.floating,
    momentum: np.floating,
    epsilon: np.floating,
) -> None:
    """v ← ρ v + rest g²;  a ← ρ a + rest g;  b ← momentum b + lr g / √(v − a² + ε);  w ← w − b. Changes w, v, b, a.

    Without centering a is None and counts as 0; without momentum b is None and starts anew at each step.
    """
    v[...] = rho * v + rest * (g * g)
    flush(v)
    if a is not None:
        a[...] = rho * a + rest * g
        step = lr * g / np.sqrt(v - a * a + epsilon)
    else:
        step = lr * g / np.sqrt(v + epsilon)
    if b is not None:
        b[...] = momentum * b + step
        step = b
    w -= step


def adagrad(w: np.ndarray, v: np.ndarray, g: np.ndarray, lr: np.floating, epsilon: np.floating) -> None:
    """v ← v + g²;  w ← w − lr g / √(v + ε). Changes w and v."""
    v += g * g
    w -= lr * g / np.sqrt(v + epsilon)


def adadelta(
    w: np.ndarray,
    v: np.ndarray,
    d: np.ndarray,
    g: np.ndarray,
    lr: np.floating,
    rho: np.floating,
    rest: np.floating,
    epsilon: np.floating,
) -> None:
    """v ← ρ v + rest g²;  δ = −√(d + ε) g / √(v + ε);  d ← ρ d + rest δ²;  w ← w + lr δ. Changes w, v and d."""
    v[...] = rho * v + rest * (g * g)
    delta = -(np.sqrt(d + epsilon) * g / np.sqrt(v + epsilon))
    d[...] = rho * d + rest * (delta * delta)
    w += lr * delta


def ftrl(
    w: np.ndarray,
    n: np.ndarray,
    z: np.ndarray,
    g: np.ndarray,
    lr: np.floating,
    power: np.floating,
    l1: np.floating,
    twice_l2: np.floating,
    twice_shrinkage: np.floating,
) -> None:
    """With n′ = n + g² and p the power: changes z, w and n, in this order.

    z ← z + g + 2s w − w (n′ᵖ − nᵖ) / lr;  w ← (min(max(z, −l1), l1) − z) / (n′ᵖ / lr + 2 l2);  n ← n′.
    """
    new = n + g * g
    z += g + twice_shrinkage * w - (new**power - n**power) / lr * w
    w[...] = (np.clip(z, -l1, l1) - z) / (new**power / lr + twice_l2)
    n[...] = new


def adafactor_factored(
    g: np.ndarray,
    r: np.ndarray,
    c: np.ndarray,
    v: np.ndarray,
    u: np.ndarray,
    beta: np.floating,
    rest: np.floating,
    epsilon: np.floating,
) -> None:
    """r ← β r + rest meanⱼ s;  c ← β c + rest meanᵢ s;  v ← r c / meanᵢ r;  u ← g / √v. Changes r, c, v and u.

    s = g² + ε; g, v, u (B, I, J); r (B, I); c (B, J).
    """
    s = g * g + epsilon
    r[...] = beta * r + rest * s.mean(axis=-1)
    c[...] = beta * c + rest * s.mean(axis=-2)
    v[...] = (r / r.mean(axis=-1, keepdims=True))[..., None] * c[..., None, :]
    u[...] = g / np.sqrt(v)


def adafactor_entrywise(
    g: np.ndarray, v: np.ndarray, u: np.ndarray, beta: np.floating, rest: np.floating, epsilon: np.floating
) -> None:
    """v ← β v + rest (g² + ε);  u ← g / √v. Changes v and u."""
    v[...] = beta * v + rest * (g * g + epsilon)
    u[...] = g / np.sqrt(v)
