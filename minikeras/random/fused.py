"""A multiplication and an addition rounded once, as processors with a fused multiply-add have it."""

from typing import Any

import numpy as np


def multiply_add(a: np.ndarray, b: Any, c: Any) -> np.ndarray:
    """a·b + c in the dtype of a, the product being kept exactly.

    float32 goes through float64, where the product is exact. float64 takes Dekker's product and Knuth's sum,
    a·b = product + e₁ and product + c = total + e₂ without error, and returns total + (e₁ + e₂).

    Source: Dekker, Numerische Mathematik 18 (1971); Knuth, The Art of Computer Programming 2, section 4.2.2.

    >>> float(multiply_add(np.float64([1 + 2**-30]), 1 - 2**-30, -1.0)[0]) == -(2**-60)
    True
    """
    if a.dtype == np.float32:
        return (a * np.float64(b) + np.float64(c)).astype(np.float32)
    a1, b1 = _upper(a), _upper(b)
    a2, b2 = a - a1, b - b1
    product = a * b
    e1 = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2
    total = product + c
    shift = total - product
    e2 = (product - (total - shift)) + (c - shift)
    return total + (e1 + e2)


def _upper(x: Any) -> Any:
    """The upper 26 bits of float64 numbers."""
    scaled = x * 134217729.0  # 2²⁷ + 1
    return scaled - (scaled - x)
