"""Normal numbers from uniform ones.

    r = √(−2 log u),   x₀ = r·sin φ,   x₁ = r·cos φ

With u uniform in (0, 1) and φ in [0, 2π), x₀ and x₁ are independent standard normals.

Source: Box and Muller, The Annals of Mathematical Statistics 29 (1958).
"""

import numpy as np

from . import libm


def box_muller(u: np.ndarray, phi: np.ndarray, x: np.ndarray) -> None:
    """x[n] = (r·sin φ, r·cos φ).

    Logarithm, sine and cosine are the C library's, to the last bit: so are TensorFlow's.

    Args:
        u: (N,) float32 or float64 in (0, 1).
        phi: (N,) the same dtype, in [0, 2π].
        x: (N, 2), written.

    >>> x = np.empty((1, 2))
    >>> box_muller(np.array([np.exp(-0.5)]), np.array([0.0]), x)
    >>> x
    array([[0., 1.]])
    """
    if u.dtype == np.float32:
        log, (sin, cos) = libm.log(u), libm.sin_cos(phi)
    else:
        log, (sin, cos) = libm.log_double(u), libm.sin_cos_double(phi)
    r = np.sqrt(u.dtype.type(-2) * log)
    np.multiply(r, sin, out=x[:, 0])
    np.multiply(r, cos, out=x[:, 1])
