"""Compiled twin of :mod:`minikeras.kernels.reference.box_muller`."""

import math

import numpy as np

from ..reference.box_muller import box_muller as reference
from .jit import kernel


@kernel
def _box_muller(u, phi, x):
    for n in range(u.size):
        r = math.sqrt(-2.0 * math.log(u[n]))
        x[n, 0] = r * math.sin(phi[n])
        x[n, 1] = r * math.cos(phi[n])


def box_muller(u, phi, x):
    # The float32 functions of the C library differ between platforms; the reference's do not.
    if u.dtype == np.float32:
        reference(u, phi, x)
    else:
        _box_muller(u, phi, x)
