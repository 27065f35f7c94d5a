"""Attention from scores: softmax of the scores that are allowed, then the weighted sum of the values.

===========  ================  ==============================================
q, k, v      (…, T, H), (…, S, H), (…, S, V)   queries, keys, values
s, p         (…, T, S)         scores, weights
m            (…, T, S)         True where a query may look at a key
d            (…, T, S)         dropout: 0 or 1 / (1 − rate)
o            (…, T, V)         output
===========  ================  ==============================================

Forward::

    (1)  s = a q kᵀ                                  a = 1 / √H in MultiHeadAttention
    (2)  p = softmax(s where m, else −∞)
    (3)  o = (p ⊙ d) v

Backward; the row sums in (5) are those of softmax's derivative::

    (4)  dv = (p ⊙ d)ᵀ do,   dp = (do vᵀ) ⊙ d
    (5)  ds = p ⊙ (dp − Σ_s dp ⊙ p)
    (6)  dq = a ds k,   dk = a dsᵀ q

A row of ds sums to 0, so a bias that is added to all keys alike changes nothing: its gradient is 0.

Source: Vaswani et al., "Attention is all you need", NeurIPS 2017.
"""

from typing import Any

import numpy as np


def softmax_where(s: np.ndarray, m: np.ndarray | None, empty: bool) -> np.ndarray:
    """(2). A row of m without True gives equal weights, or with ``empty`` all zeros."""
    if m is not None:
        s = np.where(m, s, -1e30)
    e = np.exp(s - s.real.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return np.where(m, p, 0) if m is not None and empty else p


def softmax_where_backward(dp: np.ndarray, p: np.ndarray, m: np.ndarray | None) -> np.ndarray:
    """(5)."""
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    return ds if m is None else np.where(m, ds, 0)


def weigh(p: np.ndarray, d: np.ndarray | None, v: np.ndarray) -> np.ndarray:
    """(3)."""
    return (p if d is None else p * d) @ v


def weigh_backward(do: np.ndarray, p: np.ndarray, d: np.ndarray | None, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """dp and dv, (4)."""
    dp = do @ swapped(v)
    return (dp if d is None else dp * d), swapped(p if d is None else p * d) @ do


def swapped(a: np.ndarray) -> np.ndarray:
    """The matrices transposed."""
    return a.swapaxes(-1, -2)


def causal(t: int, s: int) -> np.ndarray:
    """(T, S): True where key j is not after query i, j ≤ i."""
    return np.tril(np.ones((t, s), bool))


def both(a: Any, b: Any) -> Any:
    """a and b, where None allows all."""
    return b if a is None else a if b is None else np.logical_and(a, b)
