"""Where the matrix products are: the addresses of gemm and gemv in the BLAS library that NumPy has loaded."""

import ctypes
import sys
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ... import threads

ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112

_NAMES = (("scipy_cblas_", "64_"), ("cblas_", "64_"), ("cblas_", ""))


class Products(NamedTuple):
    """Addresses of C functions: out = a b for matrices, and for a matrix and a vector."""

    gemm: int
    gemv: int


@cache
def products(dtype: np.dtype) -> Products | None:
    """Those for float32 or float64; None if they are not found.

    Sizes are passed as 64-bit numbers; a library that takes 32 bits reads the lower half of each, which is right on
    little-endian 64-bit machines where every argument has a slot of its own: Linux and Windows.
    """
    if sys.byteorder != "little" or sys.maxsize < 2**32:
        return None
    letter = {"float32": "s", "float64": "d"}[dtype.name]
    for library in sorted(threads.blas(), key=lambda library: "numpy" not in library.filepath):
        loaded = ctypes.CDLL(library.filepath)
        for before, after in _NAMES:
            if after or sys.platform in ("linux", "win32"):
                found = [_address(loaded, f"{before}{letter}{name}{after}") for name in Products._fields]
                if all(found):
                    return Products(*found)
    return None


def _address(library: Any, name: str) -> int:
    function: Any = getattr(library, name, None)
    return ctypes.cast(function, ctypes.c_void_p).value or 0
