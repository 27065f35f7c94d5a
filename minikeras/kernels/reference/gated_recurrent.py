"""GRU, a whole sequence in one call. Letters as in :mod:`.recurrent`, and

==========  ============  ==================================================================
gates       (T, N, 3 K)   u, r, n: update, reset, candidate
a           (T, N, 3 K)   reset_after: h′ U + b_r, the recurrent part of all three gates
b           (3 K,)        b_r, the recurrent bias; zeros without one
da          (T, N, 3 K)   ∂L/∂a
q, dq       (T, N, K)     reset_before: r ⊙ h′, which the candidate sees
==========  ============  ==================================================================
"""

from typing import Any

import numpy as np

from .recurrent import SIGMOID, TANH, hold, recur, recur_backward, seen, stepping


def thirds(row: np.ndarray) -> list[np.ndarray]:
    """The three gates' parts: views."""
    return np.split(row, 3, axis=1)


def gru(
    z: np.ndarray,
    u: np.ndarray,
    b: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    gates: np.ndarray,
    a: np.ndarray,
    h: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
    sigma: Any = SIGMOID,
) -> None:
    """One GRU with ``reset_after``. Changes z, writes gates, a and h[1:].

    a = h′ U + b_r;  u, r = σ(z + a);  n = φ(z + r a);  h = u h′ + (1 − u) n.
    """
    for t in range(len(z)):
        a[t] = b
        recur(h[t], u, keep, a[t], 0, 3)
        (zu, zr, zn), (au, ar, an), (update, reset, candidate) = thirds(z[t]), thirds(a[t]), thirds(gates[t])
        zu += au
        zr += ar
        sigma.forward(zu, update)
        sigma.forward(zr, reset)
        zn += reset * an
        phi.forward(zn, candidate)
        h[t + 1] = update * h[t] + (1 - update) * candidate
        hold(mask, t, h[t + 1], h[t])


def gru_backward(
    dy: np.ndarray,
    z: np.ndarray,
    gates: np.ndarray,
    a: np.ndarray,
    h: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    dh: np.ndarray,
    dz: np.ndarray,
    da: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
    sigma: Any = SIGMOID,
) -> None:
    """Back through it. Changes dh, writes dz and da.

    dh += dy;  du = dh (h′ − n);  dn = dh (1 − u);  dz_n = φ′ dn;  dr = dz_n a_n;  dz_u, dz_r = σ′ du, σ′ dr;
    da = dz_u, dz_r, dz_n r;  dh′ = dh u + da Uᵀ.
    """
    for t in reversed(range(len(z))):
        (zu, zr, zn), (dzu, dzr, dzn), (update, reset, candidate) = thirds(z[t]), thirds(dz[t]), thirds(gates[t])
        if len(dy):
            dh += dy[t]
        step = stepping(mask, t, dh)
        dh -= step  # what is left belongs to rows that kept their state
        sigma.backward(step * (h[t] - candidate), zu, update, dzu)
        phi.backward(step * (1 - update), zn, candidate, dzn)
        sigma.backward(dzn * thirds(a[t])[2], zr, reset, dzr)
        da[t] = dz[t]
        thirds(da[t])[2][...] *= reset
        dh += step * update
        recur_backward(da[t], u, keep, dh, 0, 3)


def gru_reset_before(
    z: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    gates: np.ndarray,
    q: np.ndarray,
    h: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
    sigma: Any = SIGMOID,
) -> None:
    """One GRU that resets h′ before the product. Changes z, writes gates, q and h[1:].

    u, r = σ(z + h′ U);  q = r h′;  n = φ(z + q U_n);  h = u h′ + (1 − u) n.
    """
    for t in range(len(z)):
        recur(h[t], u, keep, z[t], 0, 2)
        (zu, zr, zn), (update, reset, candidate) = thirds(z[t]), thirds(gates[t])
        sigma.forward(zu, update)
        sigma.forward(zr, reset)
        q[t] = reset * seen(h[t], keep, 2)
        recur(q[t], u, keep[:0], z[t], 2, 3)
        phi.forward(zn, candidate)
        h[t + 1] = update * h[t] + (1 - update) * candidate
        hold(mask, t, h[t + 1], h[t])


def gru_reset_before_backward(
    dy: np.ndarray,
    z: np.ndarray,
    gates: np.ndarray,
    h: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    dh: np.ndarray,
    dz: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
    sigma: Any = SIGMOID,
) -> None:
    """Back through it. Changes dh, writes dz.

    dh += dy;  du = dh (h′ − n);  dn = dh (1 − u);  dz_n = φ′ dn;  dq = dz_n U_nᵀ;  dr = dq h′;
    dz_u, dz_r = σ′ du, σ′ dr;  dh′ = dh u + dq r + (dz_u, dz_r) U_urᵀ.
    """
    for t in reversed(range(len(z))):
        (zu, zr, zn), (dzu, dzr, dzn), (update, reset, candidate) = thirds(z[t]), thirds(dz[t]), thirds(gates[t])
        if len(dy):
            dh += dy[t]
        step = stepping(mask, t, dh)
        dh -= step  # what is left belongs to rows that kept their state
        sigma.backward(step * (h[t] - candidate), zu, update, dzu)
        phi.backward(step * (1 - update), zn, candidate, dzn)
        dq = np.zeros_like(dh)
        recur_backward(dz[t], u, keep[:0], dq, 2, 3)
        dq = seen(dq, keep, 2)
        sigma.backward(dq * h[t], zr, reset, dzr)
        dh += step * update + dq * reset
        recur_backward(dz[t], u, keep, dh, 0, 2)
