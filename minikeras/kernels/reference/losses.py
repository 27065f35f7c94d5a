"""Loss heads: activation and loss in one, where their derivatives cancel.

===========  ======  =================================================
z, p, dz     (N, K)  logits, probabilities, ∂L/∂z
labels       (N,)    integer classes in [0, K)
weights      (N,)    each row's weight in the mean, such as 1/N
losses       (N,)    per-row losses, unweighted
===========  ======  =================================================
"""

import numpy as np

from .magnitude import magnitude


def softmax_crossentropy(
    z: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    p: np.ndarray,
    losses: np.ndarray,
    dz: np.ndarray,
) -> None:
    """Softmax, sparse cross-entropy and their gradient, from the logits. Writes p, losses and dz.

    (1) m[n] = maxₖ z[n,k];  s[n] = Σₖ exp(z[n,k] − m[n])
    (2) p[n,k] = exp(z[n,k] − m[n]) / s[n]
    (3) losses[n] = log s[n] − (z[n,label[n]] − m[n])            = −log p[n,label[n]], never −log 0
    (4) dz[n,k] = (p[n,k] − 1[k = label[n]]) · weights[n]
    """
    rows = np.arange(len(z))
    shifted = z - z.real.max(axis=-1, keepdims=True)
    e = np.exp(shifted)  # (1)
    s = e.sum(axis=-1)
    p[...] = e / s[:, None]  # (2)
    losses[...] = np.log(s) - shifted[rows, labels]  # (3)
    dz[...] = p  # (4)
    dz[rows, labels] -= 1
    dz *= weights[:, None]


def softmax_crossentropy_dense(
    z: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    p: np.ndarray,
    losses: np.ndarray,
    dz: np.ndarray,
) -> None:
    """The same for targets (N, K), one distribution a row. Writes p, losses and dz.

    losses[n] = Σₖ t[n,k] · (log s[n] − (z[n,k] − m[n]));  dz[n,k] = (p[n,k] · Σⱼ t[n,j] − t[n,k]) · weights[n]
    """
    shifted = z - z.real.max(axis=-1, keepdims=True)
    e = np.exp(shifted)
    s = e.sum(axis=-1, keepdims=True)
    p[...] = e / s
    losses[...] = (targets * (np.log(s) - shifted)).sum(axis=-1)
    dz[...] = (p * targets.sum(axis=-1, keepdims=True) - targets) * weights[:, None]


def sigmoid_crossentropy(
    z: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    p: np.ndarray,
    losses: np.ndarray,
    dz: np.ndarray,
) -> None:
    """Sigmoid, binary cross-entropy (a mean over K) and their gradient, from the logits. Writes p, losses and dz.

    p = σ(z);  losses[n] = (1/K) Σₖ max(z, 0) − z t + log(1 + exp(−|z|));  dz = (p − t) · weights[n] / K
    """
    e = np.exp(-magnitude(z))  # exp(−|z|) ≤ 1
    p[...] = np.where(z.real < 0, e, 1) / (1 + e)
    losses[...] = (np.where(z.real >= 0, z, 0) - z * targets + np.log1p(e)).mean(axis=-1)
    dz[...] = (p - targets) * (weights / z.shape[-1])[:, None]
