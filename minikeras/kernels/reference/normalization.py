"""Normalization: entries with the same statistics get mean 0 and variance 1, or length 1.

=============  =========  ==============================================================
x, dx          (A, R, B)  input, ∂L/∂x; all entries x[:, r, :] share their statistics
h, dh          (A, R, B)  the normalized input, ∂L/∂h
mean           (R,)       μ
variance       (R,)       v
r              (R,)       what the differences are multiplied by, 1/√(v + ε)
weight         (A, R, B)  which entries count, divided by their number for each r
=============  =========  ==============================================================

Batch normalization has R channels and normalizes over A samples and B pixels; layer normalization has A = 1, and R
samples of B features each.
"""

from typing import Any

import numpy as np


def moments(x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> None:
    """μ = mean of x,  v = mean of (x − μ)², which is not divided by the number less one. Writes mean and variance."""
    mean[...] = x.mean(axis=(0, 2))
    variance[...] = ((x - mean[:, None]) ** 2).mean(axis=(0, 2))


def normalize(x: np.ndarray, mean: np.ndarray, r: np.ndarray, h: np.ndarray) -> None:
    """h = (x − μ) r. Writes h."""
    h[...] = (x - mean[:, None]) * r[:, None]


def normalize_backward(dh: np.ndarray, h: np.ndarray, r: np.ndarray, dx: np.ndarray) -> None:
    """dx = r (dh − mean dh − h · mean(dh h)), for μ and v that are the moments of x. Writes dx.

    The second term is the mean's share: μ grows by 1/(AB) with each x. The third is the variance's.
    """
    dx[...] = r[:, None] * (dh - _mean(dh) - h * _mean(dh * h))


def normalize_scaled(
    x: np.ndarray, mean: np.ndarray, r: np.ndarray, gamma: np.ndarray, beta: np.ndarray, h: np.ndarray, y: np.ndarray
) -> None:
    """h = (x − μ) r;  y = γ h + β, with γ and β of shape (R,). Writes h and y."""
    normalize(x, mean, r, h)
    y[...] = gamma[:, None] * h + beta[:, None]


def sums(x: np.ndarray, y: np.ndarray, total: np.ndarray, dot: np.ndarray) -> None:
    """total = Σ x,  dot = Σ x y. Writes total and dot (R,)."""
    total[...] = x.sum(axis=(0, 2))
    dot[...] = (x * y).sum(axis=(0, 2))


def squares(x: np.ndarray, mean: np.ndarray, total: np.ndarray) -> None:
    """total = Σ (x − μ)². Writes total (R,)."""
    total[...] = ((x - mean[:, None]) ** 2).sum(axis=(0, 2))


def normalize_backward_of_sums(
    dh: np.ndarray, h: np.ndarray, r: np.ndarray, mean: np.ndarray, dot: np.ndarray, dx: np.ndarray
) -> None:
    """dx = r (dh − mean − h · dot), with the means of dh and of dh h given. Writes dx."""
    dx[...] = r[:, None] * (dh - mean[:, None] - h * dot[:, None])


def rms_normalize_backward(dh: np.ndarray, h: np.ndarray, r: np.ndarray, dx: np.ndarray, count: float) -> None:
    """dx = r (dh − h · Σ(dh h) / count), for h = x r and r = (Σ x² / count + ε)^(−1/2). Writes dx."""
    dx[...] = r[:, None] * (dh - h * (dh * h).sum(axis=(0, 2))[:, None] / count)


def layer_normalize(
    x: np.ndarray, gamma: Any, beta: Any, epsilon: float, h: np.ndarray, r: np.ndarray, y: np.ndarray
) -> None:
    """μ, v of each row;  r = 1/√(v + ε);  h = (x − μ) r;  y = γ h + β. Writes h (R, B), r (R,) and y (R, B).

    γ and β (B,) are None where the layer has none.
    """
    centered = x - x.mean(axis=1, keepdims=True)
    r[...] = 1 / np.sqrt((centered**2).mean(axis=1) + epsilon)
    h[...] = centered * r[:, None]
    y[...] = (h if gamma is None else gamma * h) + (0 if beta is None else beta)


def layer_normalize_backward(
    dy: np.ndarray,
    h: np.ndarray,
    r: np.ndarray,
    gamma: Any,
    dx: np.ndarray,
    dgamma: np.ndarray,
    dbeta: np.ndarray,
) -> None:
    """dγ = Σ dy h;  dβ = Σ dy;  dh = γ dy;  dx = r (dh − mean dh − h · mean(dh h)). Writes dx, dgamma, dbeta (B,)."""
    dgamma[...] = (dy * h).sum(axis=0)
    dbeta[...] = dy.sum(axis=0)
    dh = dy if gamma is None else gamma * dy
    dx[...] = r[:, None] * (dh - dh.mean(axis=1, keepdims=True) - h * (dh * h).mean(axis=1, keepdims=True))


def masked_moments(x: np.ndarray, weight: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> None:
    """μ = Σ weight x,  v = Σ weight (x − μ)². Writes mean and variance. Entries that do not count may be NaN."""
    mean[...] = np.where(weight > 0, x * weight, 0).sum(axis=(0, 2))
    variance[...] = np.where(weight > 0, (x - mean[:, None]) ** 2 * weight, 0).sum(axis=(0, 2))


def masked_normalize_backward(
    dh: np.ndarray, h: np.ndarray, r: np.ndarray, mean: np.ndarray, weight: np.ndarray, dx: np.ndarray
) -> None:
    """dx = r (dh − weight (Σ dh + (h − (1 − Σ weight) μ r) · Σ(dh h))), for the masked moments of x. Writes dx.

    The weights sum to a little less than 1, as Keras adds an ε to the number of entries; then the differences from μ
    do not sum to 0, and v depends on x through μ too: that is the term with 1 − Σ weight.
    """
    missing = 1 - weight.sum(axis=(0, 2))
    total, dot = dh.sum(axis=(0, 2)), (dh * h).sum(axis=(0, 2))
    shifted = h - (missing * mean * r)[:, None]
    dx[...] = r[:, None] * (dh - weight * (total[:, None] + shifted * dot[:, None]))


def _mean(a: np.ndarray) -> np.ndarray:
    return a.mean(axis=(0, 2))[:, None]
