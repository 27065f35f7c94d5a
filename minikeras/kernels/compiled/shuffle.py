"""Compiled twin of :mod:`minikeras.kernels.reference.shuffle`."""

from .jit import kernel


@kernel
def fisher_yates(partners, p):
    for i in range(partners.size):
        j = partners[i]
        p[i], p[j] = p[j], p[i]
