"""Softmax over the last axis of a matrix.

=========  ======  =======================
z, dz      (N, K)  logits, ∂L/∂z
y, dy      (N, K)  probabilities, ∂L/∂y
=========  ======  =======================
"""

import numpy as np


def softmax(z: np.ndarray, y: np.ndarray) -> None:
    """y[n,k] = exp(z[n,k] − m[n]) / Σⱼ exp(z[n,j] − m[n]),  m[n] = maxⱼ z[n,j]. Writes y.

    Subtracting m changes nothing (softmax is shift invariant) and keeps exp from overflowing.
    """
    e = np.exp(z - z.real.max(axis=-1, keepdims=True))
    y[...] = e / e.sum(axis=-1, keepdims=True)


def softmax_backward(dy: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz[n,k] = y[n,k] · (dy[n,k] − Σⱼ dy[n,j] y[n,j]). Writes dz.

    The Jacobian is ∂yⱼ/∂zₖ = yⱼ (1[j=k] − yₖ); summing dyⱼ over it leaves the line above.
    """
    dz[...] = y * (dy - (dy * y).sum(axis=-1, keepdims=True))
