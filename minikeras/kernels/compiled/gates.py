"""tanh and σ without branches and library calls, so that the compiler computes several entries at once.

With x = n ln 2 + r and |r| ≤ ½ ln 2,  eˣ = 2ⁿ p + 2ⁿ  and  eˣ − 1 = 2ⁿ p + (2ⁿ − 1), where p = eʳ − 1 is a short Taylor
polynomial. Nothing cancels, so small x keep their digits. Then::

    tanh |x| = −m / (2 + m),  m = e^(−2|x|) − 1          σ(−|x|) = e / (1 + e),  σ(|x|) = 1 / (1 + e),  e = e^(−|x|)

Errors measured over all magnitudes: 3 units in the last place at most, down to σ = 1e-37 (float32) and
1e-307. NaN stays NaN.
"""

import functools
import math

import numpy as np
from numba import types
from numba.extending import overload

from .jit import kernel, power_of_two

ZERO, ONE, TWO = np.float32(0), np.float32(1), np.float32(2)


def exponential(x):
    """(eˣ, eˣ − 1) for x ≤ 0."""
    return math.exp(x), math.expm1(x)


@overload(exponential, inline="always")
def _exponential(x):
    narrow = x == types.float32
    real = np.float32 if narrow else np.float64
    magic, lowest = real(1.5 * 2.0 ** (23 if narrow else 52)), real(-87 if narrow else -708)
    per_ln2, high = real(1 / math.log(2)), real(0.693145751953125)  # ln 2 to 16 bits, so that n · high is exact
    low = real(1.4286068203094172e-06)  # ln 2 − high
    c13, c12, c11, c10, c9, c8, c7, c6, c5, c4, c3, c2 = (real(1 / math.factorial(k)) for k in range(13, 1, -1))
    one = real(1)
    if narrow:

        def both(x):
            v = lowest if x < lowest else x
            shifted = v * per_ln2 + magic
            n = shifted - magic
            r = v - n * high - n * low
            p = r + r * r * (c2 + r * (c3 + r * (c4 + r * (c5 + r * (c6 + r * c7)))))
            s = power_of_two(shifted)
            return s * p + s, s * p + (s - one)

    else:

        def both(x):
            v = lowest if x < lowest else x
            shifted = v * per_ln2 + magic
            n = shifted - magic
            r = v - n * high - n * low
            p = c7 + r * (c8 + r * (c9 + r * (c10 + r * (c11 + r * (c12 + r * c13)))))
            p = r + r * r * (c2 + r * (c3 + r * (c4 + r * (c5 + r * (c6 + r * p)))))
            s = power_of_two(shifted)
            return s * p + s, s * p + (s - one)

    return both


@functools.partial(kernel, error_model="numpy")
def tanh_row(z):
    """z ← tanh z. Changes z (K,)."""
    for k in range(z.size):
        v = z[k]
        _, m = exponential(-TWO * abs(v))
        t = m / (TWO + m)
        z[k] = t if v < ZERO else ZERO - t


@functools.partial(kernel, error_model="numpy")
def sigmoid_row(z):
    """z ← σ(z). Changes z (K,)."""
    for k in range(z.size):
        v = z[k]
        e, _ = exponential(-abs(v))
        z[k] = (e if v < ZERO else ONE) / (ONE + e)
