"""Attention by head. The compiled twin works on one head of one row at a time, whose scores stay in the cache.

==================  =============  ============================================================
q, dq, k, dk, v, dv  (B, T, N, H)  queries; keys and values, which have S in place of T
p                    (B, N, T, S)  weights
m                    (B, N, T, S)  True where a query may look at a key; None: everywhere
d, kept              (B, N, T, S)  dropout, 0 or 1 / (1 − rate), and p ⊙ d; d None: kept is p
o, do                (B, T, N, H)  output, ∂L/∂o
dweights             (B, N, T, S)  ∂L/∂p where the weights are returned and used, or None
ds                   (T, S)        memory for the compiled twin
==================  =============  ============================================================

The numbers (1) to (6) are those of the equations in :mod:`minikeras.layers.attention.dot_product`.
"""

from typing import Any

import numpy as np

from .softmax import softmax_where, softmax_where_backward


def attend(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    scale: float,
    m: Any,
    d: Any,
    empty: bool,
    p: np.ndarray,
    kept: np.ndarray,
    o: np.ndarray,
) -> None:
    """p = softmax(scale · q kᵀ where m);  o = (p ⊙ d) v. Writes p, kept and o. ``empty`` as in ``softmax_where``."""
    p[...] = scale * (by_head(q) @ swapped(by_head(k)))  # (1)
    softmax_where(p, m, empty, p)  # (2)
    if d is not None:
        kept[...] = p * d
    by_head(o)[...] = kept @ by_head(v)  # (3)


def attend_backward(
    do: np.ndarray,
    dweights: Any,
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    scale: float,
    m: Any,
    d: Any,
    p: np.ndarray,
    kept: np.ndarray,
    ds: np.ndarray,
    dq: np.ndarray,
    dk: np.ndarray,
    dv: np.ndarray,
) -> None:
    """dv = (p ⊙ d)ᵀ do;  dp = (do vᵀ) ⊙ d;  ds from dp and p as in softmax;  dq = scale · ds k;  dk = scale · dsᵀ q.

    ``dp`` gets ``dweights`` added. Writes dq, dk and dv; ds is used by the compiled twin.
    """
    by_head(dv)[...] = swapped(kept) @ by_head(do)  # (4)
    dp = by_head(do) @ swapped(by_head(v))
    dp = dp if d is None else dp * d
    dp = dp if dweights is None else dp + dweights
    dscores = np.empty_like(p)
    softmax_where_backward(dp, p, m, dscores)  # (5)
    by_head(dq)[...] = scale * (dscores @ by_head(k))  # (6)
    by_head(dk)[...] = scale * (swapped(dscores) @ by_head(q))


def by_head(a: np.ndarray) -> np.ndarray:
    """(B, N, T, H), a view."""
    return a.swapaxes(1, 2)


def swapped(a: np.ndarray) -> np.ndarray:
    """The matrices transposed."""
    return a.swapaxes(-1, -2)
