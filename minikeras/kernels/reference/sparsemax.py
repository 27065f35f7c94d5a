"""Sparsemax, the projection onto the probability simplex, and GLU, over the last axis of a matrix.

=========  =======  =========================================
z, dz      (N, K)   logits, ∂L/∂z; K even for GLU
y, dy      (N, K)   probabilities, ∂L/∂y; (N, K/2) for GLU
=========  =======  =========================================
"""

import numpy as np

from .activations import _sigmoid, quiet


@quiet
def sparsemax(z: np.ndarray, y: np.ndarray) -> None:
    """y[n,k] = max(z[n,k] − τ[n], 0), with the τ that makes Σₖ y[n,k] = 1. Writes y.

    (1) S = {k : z[n,k] > τ[n]}   the support
    (2) τ[n] = (Σ_{k∈S} z[n,k] − 1) / |S|

    The maximum m[n] of the row is subtracted first, which changes nothing and keeps the sums small. No y exceeds 1, so
    τ ≥ −1 then; beginning there, (1) and (2) in turn until S stays: τ only grows. A row with NaN or +∞, or of −∞
    alone, is NaN throughout. Source: Martins & Astudillo, "From softmax to sparsemax: a sparse model of attention and
    multi-label classification", ICML 2016.
    """
    z = z - z.real.max(axis=-1, keepdims=True, initial=-np.inf)
    tau, size = np.full((*z.shape[:-1], 1), -1, z.dtype), -1
    while size != (support := ~(z.real <= tau.real)).sum():  # (1)
        size = support.sum()
        tau = (np.where(support, z, 0).sum(axis=-1, keepdims=True) - 1) / support.sum(axis=-1, keepdims=True)  # (2)
    y[...] = np.where(support, z - tau, 0)


@quiet
def sparsemax_backward(dy: np.ndarray, y: np.ndarray, dz: np.ndarray) -> None:
    """dz[n,k] = dy[n,k] − (Σ_{j∈S} dy[n,j]) / |S| for k in S = {k : y[n,k] > 0}, else 0. Writes dz.

    The Jacobian on S is ∂yⱼ/∂zₖ = 1[j=k] − 1/|S|. An entry exactly at τ counts as outside, where Keras on TensorFlow
    lets dy pass, which is the derivative of neither side.
    """
    inside = y.real != 0  # NaN too
    mean = np.where(inside, dy, 0).sum(axis=-1, keepdims=True) / inside.sum(axis=-1, keepdims=True)
    dz[...] = np.where(inside, dy - mean + 0 * y, 0)


@quiet
def glu(z: np.ndarray, y: np.ndarray) -> None:
    """y[n,k] = z[n,k] · σ(z[n,k+K/2]): the second half of a row says how much of the first passes. Writes y.

    Source: Dauphin, Fan, Auli & Grangier, "Language modeling with gated convolutional networks", ICML 2017.
    """
    a, g = np.split(z, 2, axis=-1)
    y[...] = a * _sigmoid(g)


@quiet
def glu_backward(dy: np.ndarray, z: np.ndarray, dz: np.ndarray) -> None:
    """da = σ(g) · dy and dg = a σ(g) σ(−g) · dy, with z = [a, g] and dz = [da, dg]. Writes dz."""
    a, g = np.split(z, 2, axis=-1)
    da, dg = np.split(dz, 2, axis=-1)
    s = _sigmoid(g)
    da[...] = s * dy
    dg[...] = a * s * _sigmoid(-g) * dy
