"""Softmax and its logarithm over the last axis of a matrix.

=========  ======  =======================================
z, dz      (N, K)  logits, ∂L/∂z
y, dy      (N, K)  probabilities or their logarithms, ∂L/∂y
m          (N, K)  True for entries that are allowed
=========  ======  =======================================
"""

from typing import Any

import numpy as np


@np.errstate(invalid="ignore")
def softmax(z: np.ndarray, y: np.ndarray) -> None:
    """y[n,k] = exp(z[n,k] − m[n]) / Σⱼ exp(z[n,j] − m[n]),  m[n] = maxⱼ z[n,j]. Writes y.

    Subtracting m changes nothing (softmax is shift invariant) and keeps exp from overflowing. A row with NaN
    or +∞, or of −∞ alone, is NaN throughout. Source: Bridle, "Probabilistic interpretation of feedforward
    classification network outputs", 1990.
    """
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    y[...] = e / e.sum(axis=-1, keepdims=True)


@np.errstate(invalid="ignore")
def softmax_backward(dy: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz[n,k] = y[n,k] · (dy[n,k] − Σⱼ dy[n,j] y[n,j]). Writes dz.

    The Jacobian is ∂yⱼ/∂zₖ = yⱼ (1[j=k] − yₖ); summing dyⱼ over it leaves the line above.
    """
    dz[...] = y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@np.errstate(invalid="ignore")
def log_softmax(z: np.ndarray, y: np.ndarray) -> None:
    """y[n,k] = z[n,k] − m[n] − log Σⱼ exp(z[n,j] − m[n]),  m[n] = maxⱼ z[n,j]. Writes y, never −log 0."""
    shifted = z - z.real.max(axis=-1, keepdims=True)
    y[...] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@np.errstate(invalid="ignore")
def log_softmax_backward(dy: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz[n,k] = dy[n,k] − exp(y[n,k]) · Σⱼ dy[n,j]. Writes dz.

    The Jacobian is ∂yⱼ/∂zₖ = 1[j=k] − pₖ with p = exp(y) the softmax.
    """
    dz[...] = dy - np.exp(y) * dy.sum(axis=-1, keepdims=True)


@np.errstate(invalid="ignore")
def softmax_where(z: np.ndarray, m: Any, empty: bool, y: np.ndarray) -> None:
    """Softmax over the entries that m allows; the others get 0. Writes y, which may be z.

    m is None where all are allowed. A row without any gets 0 with ``empty``, else 1/K everywhere.
    """
    if m is None:
        softmax(z, y)
        return
    softmax(np.where(m, z, -1e30), y)
    if empty:
        y[~m] = 0


@np.errstate(invalid="ignore")
def softmax_where_backward(dy: np.ndarray, y: np.ndarray, m: Any, dz: np.ndarray) -> None:
    """dz as in :func:`softmax_backward`; 0 where m does not allow an entry. Writes dz, which may be dy."""
    softmax_backward(dy, y, dz)
    if m is not None:
        dz[~m] = 0
