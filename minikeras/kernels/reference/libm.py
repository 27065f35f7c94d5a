"""The C library's logarithm, sine and cosine, to the last bit.

TensorFlow's float32 normals go through ``logf``, ``sinf`` and ``cosf``. Those of glibc (2.28 and later; Arm's
"optimized routines") compute in double, with short polynomials, and round once at the end. So does this file,
with the same coefficients, and agrees with glibc on every float32 that the normals can ask for; NumPy's own
float32 functions are off by one unit in the last place for about every fifth value.

* log x = log c + k·log 2 + log(1 + r),  where x = 2ᵏz, c ≈ z from a table of 16, r = z/c − 1
* sin x, cos x: x − n·π/2 in [−π/4, π/4], then an odd or an even polynomial, by the quadrant n mod 4

>>> log(np.float32([1.0, 0.5]))
array([ 0.       , -0.6931472], dtype=float32)
"""

import math

import numpy as np

_h = float.fromhex

# fmt: off
_INVERSE_C = np.array([_h(c) for c in (
    "0x1.661ec79f8f3bep+0", "0x1.571ed4aaf883dp+0", "0x1.49539f0f010bp+0", "0x1.3c995b0b80385p+0",
    "0x1.30d190c8864a5p+0", "0x1.25e227b0b8eap+0", "0x1.1bb4a4a1a343fp+0", "0x1.12358f08ae5bap+0",
    "0x1.0953f419900a7p+0", "0x1p+0", "0x1.e608cfd9a47acp-1", "0x1.ca4b31f026aap-1",
    "0x1.b2036576afce6p-1", "0x1.9c2d163a1aa2dp-1", "0x1.886e6037841edp-1", "0x1.767dcf5534862p-1",
)])
_LOG_C = np.array([_h(c) for c in (
    "-0x1.57bf7808caadep-2", "-0x1.2bef0a7c06ddbp-2", "-0x1.01eae7f513a67p-2", "-0x1.b31d8a68224e9p-3",
    "-0x1.6574f0ac07758p-3", "-0x1.1aa2bc79c81p-3", "-0x1.a4e76ce8c0e5ep-4", "-0x1.1973c5a611cccp-4",
    "-0x1.252f438e10c1ep-5", "0x0p+0", "0x1.aa5aa5df25984p-5", "0x1.c5e53aa362eb4p-4",
    "0x1.526e57720db08p-3", "0x1.bc2860d22477p-3", "0x1.1058bc8a07ee1p-2", "0x1.4043057b6ee09p-2",
)])
_A = [_h(c) for c in ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")]
_LN2 = _h("0x1.62e42fefa39efp-1")
_C = [_h(c) for c in (
    "0x1p0", "-0x1.ffffffd0c621cp-2", "0x1.55553e1068f19p-5", "-0x1.6c087e89a359dp-10",
    "0x1.99343027bf8c3p-16",
)]
_S = [_h(c) for c in ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")]
_HALF_PI, _TWO_OVER_PI = _h("0x1.921FB54442D18p0"), _h("0x1.45F306DC9C883p-1")
# fmt: on
_OFFSET = 0x3F330000  # the bits of about 0.7: z lies in [0.7, 1.4)


def log(x: np.ndarray) -> np.ndarray:
    """``logf`` of positive, normal float32 numbers."""
    bits = x.view(np.int32)
    above = bits - _OFFSET
    entry, k = (above >> 19) & 15, above >> 23
    z = (bits - (k << 23)).view(np.float32).astype(np.float64)
    r = z * _INVERSE_C[entry] - 1.0
    r2 = r * r
    tail = _A[0] * r2 + (_A[1] * r + _A[2])
    return (tail * r2 + ((_LOG_C[entry] + k * _LN2) + r)).astype(np.float32)


def sin_cos(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``sinf`` and ``cosf`` of float32 numbers in [0, 120)."""
    y = x.astype(np.float64)
    n = np.floor(y * _TWO_OVER_PI + 0.5)
    y -= n * _HALF_PI
    y2 = y * y
    y3, y4 = y * y2, y2 * y2
    sine = (y + y3 * _S[0]) + (y3 * y2) * (_S[1] + y2 * _S[2])
    cosine = ((_C[0] + y2 * _C[1]) + y4 * _C[2]) + (y4 * y2) * (_C[3] + y2 * _C[4])
    quadrant = n.astype(np.int64) & 3
    odd = (quadrant & 1) == 1
    sin = np.where(odd, cosine, sine)
    cos = np.where(odd, sine, cosine)
    np.negative(sin, out=sin, where=quadrant >= 2)
    np.negative(cos, out=cos, where=(quadrant == 1) | (quadrant == 2))
    return sin.astype(np.float32), cos.astype(np.float32)


def log_double(x: np.ndarray) -> np.ndarray:
    """The C library's ``log`` of positive float64 numbers.

    NumPy's own vectorised one differs in the last bit here and there, on some processors.
    """
    return np.fromiter(map(math.log, x.data), np.float64, x.size)


def sin_cos_double(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The C library's ``sin`` and ``cos`` of float64 numbers, as its complex exponential has them.

    exp(ix) = cos x + i·sin x;  NumPy hands complex exponentials to the C library one by one.

    >>> sin, cos = sin_cos_double(np.array([0.0, 1.0]))
    >>> sin.tolist() == [0.0, math.sin(1)], cos.tolist() == [1.0, math.cos(1)]
    (True, True)
    """
    turned = np.exp(1j * x)
    return turned.imag, turned.real
