"""Compiled twins of :mod:`minikeras.kernels.reference.gated_recurrent`."""

from .gates import sigmoid_row, tanh_row
from .jit import kernel
from .recurrent import ONE, add, recur, recur_backward, with_blas


@kernel
def mix(gates, before, h):
    """h = u h′ + (1 − u) n; all of one row."""
    k = h.size
    for m in range(k):
        h[m] = gates[m] * before[m] + (ONE - gates[m]) * gates[2 * k + m]


@with_blas
def gru(address, first, last, z, u, b, keep, mask, gates, a, h, work):
    k = len(u)
    for t in range(len(z)):
        for n in range(first, last):
            a[t, n] = b
        recur(address, h[t, first:last], u, keep[:, first:last], a[t, first:last], 0, 3, work[first:last])
        for n in range(first, last):
            v, w, y = z[t, n], a[t, n], gates[t, n]
            for m in range(2 * k):
                v[m] += w[m]
                y[m] = v[m]
            sigmoid_row(y[: 2 * k])
            for m in range(k):
                v[2 * k + m] += y[k + m] * w[2 * k + m]
                y[2 * k + m] = v[2 * k + m]
            tanh_row(y[2 * k :])
            mix(y, h[t, n], h[t + 1, n])
            if len(mask) > 0 and mask[t, n] == 0:
                h[t + 1, n] = h[t, n]


@with_blas
def gru_backward(address, first, last, dy, z, gates, a, h, u, keep, mask, dh, dz, da, work):
    k = len(u)
    for t in range(len(z) - 1, -1, -1):
        if len(dy) > 0:
            add(dh[first:last], dy[t, first:last])
        for n in range(first, last):
            if len(mask) > 0 and mask[t, n] == 0:
                dz[t, n] = 0
                da[t, n] = 0
                continue
            y, w, d, out, inner, before = gates[t, n], a[t, n], dh[n], dz[t, n], da[t, n], h[t, n]
            for m in range(k):
                update, reset, candidate = y[m], y[k + m], y[2 * k + m]
                dn = (ONE - candidate * candidate) * (d[m] * (ONE - update))
                out[m] = inner[m] = update * (ONE - update) * (d[m] * (before[m] - candidate))
                out[k + m] = inner[k + m] = reset * (ONE - reset) * (dn * w[2 * k + m])
                out[2 * k + m] = dn
                inner[2 * k + m] = dn * reset
                d[m] *= update
        recur_backward(address, da[t, first:last], u, keep[:, first:last], dh[first:last], 0, 3, work[first:last])


@with_blas
def gru_reset_before(address, first, last, z, u, keep, mask, gates, q, h, work):
    k = len(u)
    for t in range(len(z)):
        recur(address, h[t, first:last], u, keep[:, first:last], z[t, first:last], 0, 2, work[first:last])
        for n in range(first, last):
            y = gates[t, n]
            y[: 2 * k] = z[t, n, : 2 * k]
            sigmoid_row(y[: 2 * k])
            for m in range(k):
                q[t, n, m] = y[k + m] * h[t, n, m] * (keep[2, n, m] if len(keep) else ONE)
        recur(address, q[t, first:last], u, keep[:0], z[t, first:last], 2, 3, work[first:last])
        for n in range(first, last):
            y = gates[t, n]
            y[2 * k :] = z[t, n, 2 * k :]
            tanh_row(y[2 * k :])
            mix(y, h[t, n], h[t + 1, n])
            if len(mask) > 0 and mask[t, n] == 0:
                h[t + 1, n] = h[t, n]


@with_blas
def gru_reset_before_backward(address, first, last, dy, z, gates, h, u, keep, mask, dh, dz, work):
    k = len(u)
    for t in range(len(z) - 1, -1, -1):
        if len(dy) > 0:
            add(dh[first:last], dy[t, first:last])
        for n in range(first, last):
            if len(mask) > 0 and mask[t, n] == 0:
                dz[t, n] = 0
                continue
            y, d, out, before = gates[t, n], dh[n], dz[t, n], h[t, n]
            for m in range(k):
                update, candidate = y[m], y[2 * k + m]
                out[m] = update * (ONE - update) * (d[m] * (before[m] - candidate))
                out[2 * k + m] = (ONE - candidate * candidate) * (d[m] * (ONE - update))
        work[first:last] = 0
        recur_backward(address, dz[t, first:last], u, keep[:0], work[first:last], 2, 3, work[first:last])
        for n in range(first, last):
            if len(mask) > 0 and mask[t, n] == 0:
                continue
            y, d, out, before, dq = gates[t, n], dh[n], dz[t, n], h[t, n], work[n]
            for m in range(k):
                reset = y[k + m]
                v = dq[m] * (keep[2, n, m] if len(keep) else ONE)
                out[k + m] = reset * (ONE - reset) * (v * before[m])
                d[m] = d[m] * y[m] + v * reset
        recur_backward(address, dz[t, first:last], u, keep[:, first:last], dh[first:last], 0, 2, work[first:last])
