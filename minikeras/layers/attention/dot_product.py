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

from ... import kernels


def softmax_where(s: np.ndarray, m: np.ndarray | None, empty: bool, p: Any = None) -> np.ndarray:
    """(2), into p if it is given. A row of m without True gives equal weights, or with ``empty`` all zeros."""
    p = np.empty_like(s) if p is None else p
    kernels.select(s.dtype).softmax_where(rows(s), allowed(m, s.shape), empty, rows(p))
    return p


def softmax_where_backward(dp: np.ndarray, p: np.ndarray, m: np.ndarray | None, ds: Any = None) -> np.ndarray:
    """(5), into ds if it is given."""
    ds = np.empty_like(dp) if ds is None else ds
    kernels.select(dp.dtype).softmax_where_backward(rows(dp), rows(p), allowed(m, p.shape), rows(ds))
    return ds


def rows(a: np.ndarray) -> np.ndarray:
    """The matrices below each other."""
    return a.reshape(-1, a.shape[-1])


def allowed(m: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """m for scores of a shape, as :func:`rows`."""
    return None if m is None else rows(np.ascontiguousarray(np.broadcast_to(m, shape)))


def swapped(a: np.ndarray) -> np.ndarray:
    """The matrices transposed."""
    return a.swapaxes(-1, -2)


def causal(t: int, s: int) -> np.ndarray:
    """(T, S): True where key j is not after query i, j ≤ i."""
    return np.tril(np.ones((t, s), bool))


def both(a: Any, b: Any) -> Any:
    """a and b, where None allows all."""
    return b if a is None else a if b is None else np.logical_and(a, b)
