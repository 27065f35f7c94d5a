"""Recurrent layers, a whole sequence in one call: SimpleRNN and LSTM (GRU in :mod:`.gated_recurrent`).

==========  =============  ============================================================================
z           (T, N, G K)    x W + b of all steps, G gates side by side; afterwards the pre-activations
gates       (T, N, G K)    φ or σ of z; may be z itself where the activations are tanh and σ
u           (K, G K)       ``recurrent_kernel``
keep        (G, N, K)      what each gate sees of h′ under recurrent dropout: 0 or 1 / (1 − rate); (0, N, K): h′ itself
mask        (T, N)         1, or 0 where row n makes no step t; (0, N): no step is left out
h, c        (T + 1, N, K)  states; entry 0 is the initial one, and entry t + 1 what step t leaves
dy          (T, N, K)      ∂L/∂h[t + 1], what comes from above; (0, N, K) where only the last state is read
dh, dc      (N, K)         ∂L/∂(last state), afterwards ∂L/∂(initial state)
work        (N, K)         memory for the compiled twins
==========  =============  ============================================================================

h′ and c′ are the states before a step. ``phi`` and ``sigma`` are activations, with ``forward`` and ``backward``; the
compiled twins know tanh and σ only and take none.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from .activations import sigmoid, sigmoid_backward, tanh, tanh_backward

TANH: Any = SimpleNamespace(forward=tanh, backward=tanh_backward)
SIGMOID: Any = SimpleNamespace(forward=sigmoid, backward=sigmoid_backward)


def seen(h: np.ndarray, keep: np.ndarray, j: int) -> np.ndarray:
    """What gate j sees of h′."""
    return keep[j] * h if len(keep) else h


def recur(h: np.ndarray, u: np.ndarray, keep: np.ndarray, z: np.ndarray, first: int, last: int) -> None:
    """z_j ← z_j + (h′ ⊙ keep_j) U_j for the gates first ≤ j < last. Changes z (N, G K)."""
    k = len(u)
    for j in range(first, last):
        z[:, j * k : (j + 1) * k] += seen(h, keep, j) @ u[:, j * k : (j + 1) * k]


def recur_backward(dz: np.ndarray, u: np.ndarray, keep: np.ndarray, dh: np.ndarray, first: int, last: int) -> None:
    """dh′ ← dh′ + Σⱼ (dz_j U_jᵀ) ⊙ keep_j for the gates first ≤ j < last. Changes dh."""
    k = len(u)
    for j in range(first, last):
        dh += seen(dz[:, j * k : (j + 1) * k] @ u[:, j * k : (j + 1) * k].T, keep, j)


def hold(mask: np.ndarray, t: int, after: np.ndarray, before: np.ndarray) -> None:
    """The state stays where the mask is 0. Changes ``after``."""
    if len(mask):
        after[...] = np.where(mask[t].real[:, None] != 0, after, before)


def stepping(mask: np.ndarray, t: int, d: np.ndarray) -> np.ndarray:
    """d where row n makes step t, else 0."""
    return np.where(mask[t].real[:, None] != 0, d, 0) if len(mask) else d.copy()


def simple_rnn(
    z: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    gates: np.ndarray,
    h: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
) -> None:
    """z ← z + h′ U;  h = φ(z). Changes z, writes gates (each step's h before masking) and h[1:]."""
    for t in range(len(z)):
        recur(h[t], u, keep, z[t], 0, 1)
        phi.forward(z[t], gates[t])
        h[t + 1] = gates[t]
        hold(mask, t, h[t + 1], h[t])


def simple_rnn_backward(
    dy: np.ndarray,
    z: np.ndarray,
    gates: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    dh: np.ndarray,
    dz: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
) -> None:
    """dh += dy;  dz = φ′(z) dh;  dh′ = dz Uᵀ. Changes dh, writes dz."""
    for t in reversed(range(len(z))):
        if len(dy):
            dh += dy[t]
        step = stepping(mask, t, dh)
        phi.backward(step, z[t], gates[t], dz[t])
        dh -= step  # what is left belongs to rows that kept their state
        recur_backward(dz[t], u, keep, dh, 0, 1)


def lstm(
    z: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    gates: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    tanh_c: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
    sigma: Any = SIGMOID,
) -> None:
    """One LSTM. Changes z, writes gates (i, f, g, o side by side), h[1:], c[1:] and tanh_c (T, N, K), which is φ(c).

    z ← z + h′ U;  i, f, g, o = σ, σ, φ, σ of z;  c = f c′ + i g;  h = o φ(c).
    """
    for t in range(len(z)):
        recur(h[t], u, keep, z[t], 0, 4)
        i, f, g, o = np.split(gates[t], 4, axis=1)
        for y, v, activation in zip((i, f, g, o), np.split(z[t], 4, axis=1), (sigma, sigma, phi, sigma), strict=True):
            activation.forward(v, y)
        c[t + 1] = f * c[t] + i * g
        phi.forward(c[t + 1], tanh_c[t])
        h[t + 1] = o * tanh_c[t]
        hold(mask, t, c[t + 1], c[t])
        hold(mask, t, h[t + 1], h[t])


def lstm_backward(
    dy: np.ndarray,
    z: np.ndarray,
    gates: np.ndarray,
    c: np.ndarray,
    tanh_c: np.ndarray,
    u: np.ndarray,
    keep: np.ndarray,
    mask: np.ndarray,
    dh: np.ndarray,
    dc: np.ndarray,
    dz: np.ndarray,
    work: np.ndarray,
    phi: Any = TANH,
    sigma: Any = SIGMOID,
) -> None:
    """Back through one LSTM. Changes dh and dc, writes dz.

    dh += dy;  do = dh φ(c);  dc += φ′(c) (dh o);  di = dc g;  df = dc c′;  dg = dc i;  dz = σ′, σ′, φ′, σ′ of these;
    dc′ = dc f;  dh′ = dz Uᵀ.
    """
    for t in reversed(range(len(z))):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        if len(dy):
            dh += dy[t]
        dh_step, dc_step = stepping(mask, t, dh), stepping(mask, t, dc)
        dh -= dh_step  # what is left belongs to rows that kept their state
        dc -= dc_step
        through = np.empty_like(dc)
        phi.backward(dh_step * o, c[t + 1], tanh_c[t], through)
        dc_step = dc_step + through
        zi, zf, zg, zo = np.split(z[t], 4, axis=1)
        di, df, dg, do = np.split(dz[t], 4, axis=1)
        sigma.backward(dc_step * g, zi, i, di)
        sigma.backward(dc_step * c[t], zf, f, df)
        phi.backward(dc_step * i, zg, g, dg)
        sigma.backward(dh_step * tanh_c[t], zo, o, do)
        dc += dc_step * f
        recur_backward(dz[t], u, keep, dh, 0, 4)
