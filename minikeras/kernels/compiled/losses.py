"""Compiled twins of :mod:`minikeras.kernels.reference.losses`."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def softmax_crossentropy(z, labels, weights, p, losses, dz):
    for n in range(z.shape[0]):
        m = z[n, 0]
        for k in range(1, z.shape[1]):
            m = max(m, z[n, k])
        s = z.dtype.type(0)
        for k in range(z.shape[1]):
            p[n, k] = np.exp(z[n, k] - m)
            s += p[n, k]
        losses[n] = np.log(s) - (z[n, labels[n]] - m)
        for k in range(z.shape[1]):
            p[n, k] /= s
            dz[n, k] = p[n, k] * weights[n]
        dz[n, labels[n]] = (p[n, labels[n]] - z.dtype.type(1)) * weights[n]
