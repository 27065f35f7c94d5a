"""Optimizer updates of Adam's family: a running mean of the gradient over a running scale.

=====  =========  ============================================================
w, g   any shape  parameter, ∂L/∂w
m      as w       mean of the gradients
v      as w       mean of their squares
=====  =========  ============================================================

``rest_1`` and ``rest_2`` are 1 − β₁ and 1 − β₂; ``left_1`` and ``left_2`` are 1 − β₁ᵗ and 1 − β₂ᵗ at step t.
"""

import numpy as np

from .updates import flush


def adam(
    w: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    v_hat: np.ndarray | None,
    g: np.ndarray,
    alpha: np.floating,
    rest_1: np.floating,
    rest_2: np.floating,
    epsilon: np.floating,
) -> None:
    """m ← m + (g − m) rest₁;  v ← v + (g² − v) rest₂;  w ← w − m α / (√v + ε). Changes w, m, v and v_hat.

    With ``v_hat``, which is None without AMSGrad: v̂ ← max(v̂, v), which takes the place of v in the last equation.
    """
    m += (g - m) * rest_1
    flush(m)
    v += (g * g - v) * rest_2
    if v_hat is not None:
        np.maximum(v_hat, v, out=v_hat)
        v = v_hat
    w -= m * alpha / (np.sqrt(v) + epsilon)


def adamax(
    w: np.ndarray,
    m: np.ndarray,
    u: np.ndarray,
    g: np.ndarray,
    lr: np.floating,
    rest_1: np.floating,
    beta_2: np.floating,
    left_1: np.floating,
    epsilon: np.floating,
) -> None:
    """m ← m + (g − m) rest₁;  u ← max(β₂ u, |g|);  w ← w − lr m / (left₁ (u + ε)). Changes w, m and u."""
    m += (g - m) * rest_1
    u[...] = np.maximum(beta_2 * u, np.abs(g))
    w -= lr * m / (left_1 * (u + epsilon))


def nadam(
    w: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    g: np.ndarray,
    lr: np.floating,
    rest_1: np.floating,
    rest_2: np.floating,
    ahead: np.floating,
    left_ahead: np.floating,
    now: np.floating,
    left_now: np.floating,
    left_2: np.floating,
    epsilon: np.floating,
) -> None:
    """m and v as :func:`adam`;  w ← w − m̂ lr / (√(v / left₂) + ε),  m̂ = ahead m / left_ahead + now g / left_now.

    Changes w, m and v.
    """
    m += (g - m) * rest_1
    v += (g * g - v) * rest_2
    m_hat = ahead * m / left_ahead + now * g / left_now
    w -= m_hat * lr / (np.sqrt(v / left_2) + epsilon)


def lamb_direction(
    m: np.ndarray,
    v: np.ndarray,
    g: np.ndarray,
    u: np.ndarray,
    rest_1: np.floating,
    rest_2: np.floating,
    left_1: np.floating,
    left_2: np.floating,
    epsilon: np.floating,
) -> None:
    """m and v as :func:`adam`;  u ← (m / left₁) / (√(v / left₂) + ε). Changes m, v and u."""
    m += (g - m) * rest_1
    v += (g * g - v) * rest_2
    u[...] = m / left_1 / (np.sqrt(v / left_2) + epsilon)


def schedule_free_adamw(
    w: np.ndarray,
    z: np.ndarray,
    v: np.ndarray,
    g: np.ndarray,
    lr: np.floating,
    beta_1: np.floating,
    rest_1: np.floating,
    rest_2: np.floating,
    left_2: np.floating,
    epsilon: np.floating,
    weight: np.floating,
    rest: np.floating,
) -> None:
    """One step of schedule-free AdamW, rest being 1 − weight. Changes w, z and v.

    x ← (w − (1 − β₁) z) / β₁;  v ← v + (g² − v) rest₂;  z ← z − lr g / (√(v / left₂) + ε);
    x ← rest x + weight z;  w ← (1 − β₁) z + β₁ x.
    """
    x = (w - rest_1 * z) / beta_1
    v += (g * g - v) * rest_2
    z -= lr * g / (np.sqrt(v / left_2) + epsilon)
    w[...] = rest_1 * z + beta_1 * (rest * x + weight * z)
