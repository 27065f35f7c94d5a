"""|z| for real numbers and for the complex numbers of the complex step."""

import numpy as np


def magnitude(z: np.ndarray) -> np.ndarray:
    """z, or −z where the real part is negative: analytic on both sides of 0, as |z| of complex numbers is not.

    >>> magnitude(np.array([-2.0, 3.0])), magnitude(np.array([-2 + 1e-30j]))
    (array([2., 3.]), array([2.-1.e-30j]))
    """
    return np.where(z.real < 0, -z, z)
