"""Further functions without a derivative: integers and their bits, positions, windows, arrays made from nothing."""

from typing import Any

import numpy as np

from ... import config
from ...tensor import Tensor, wrapped
from ..base import constant

_bits: dict[str, tuple[Any, str]] = {
    "bitwise_left_shift": (np.left_shift, "x1 · 2 ^ x2, of integers."),
    "bitwise_right_shift": (np.right_shift, "⌊x1 / 2 ^ x2⌋, of integers."),
    "gcd": (np.gcd, "The greatest common divisor of integers."),
    "lcm": (np.lcm, "The least common multiple of integers."),
}


def _of_two(name: str, f: Any, doc: str) -> Any:
    def function(x1: Any, x2: Any, /) -> Any:
        return f(x1, x2)

    function.__name__, function.__doc__ = name, doc
    return constant(function)


bitwise_left_shift, bitwise_right_shift, gcd, lcm = (_of_two(name, *f) for name, f in _bits.items())


@constant
def bitwise_not(x: Any, /) -> Any:
    """All bits of integers turned round."""
    return np.invert(x)


bitwise_invert = bitwise_not


@constant
def isposinf(x: Any, /) -> Any:
    """True where x is +∞."""
    return np.isposinf(x)


@constant
def isneginf(x: Any, /) -> Any:
    """True where x is −∞."""
    return np.isneginf(x)


@constant
def signbit(x: Any, /) -> Any:
    """True where x is below 0 or −0."""
    return np.signbit(x)


@constant
def nanargmax(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the largest entry that is not NaN; −1 where all are."""
    return _where_some(x, np.argmax(np.where(np.isnan(x), -np.inf, x), axis, keepdims=keepdims), axis, keepdims)


@constant
def nanargmin(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the smallest entry that is not NaN; −1 where all are."""
    return _where_some(x, np.argmin(np.where(np.isnan(x), np.inf, x), axis, keepdims=keepdims), axis, keepdims)


def _where_some(x: Any, found: Any, axis: Any, keepdims: bool) -> Any:
    return np.where(np.isnan(x).all(axis, keepdims=keepdims), -1, found).astype(np.int32)


@constant
def argpartition(x: Any, /, kth: int, axis: int = -1) -> Any:
    """Positions that put the kth smallest entry at its place, the smaller ones before it."""
    return np.argpartition(x, kth, axis).astype(np.int32)


@constant
def unravel_index(indices: Any, /, shape: Any) -> Any:
    """Positions in an array of a shape, axis by axis, from positions in its flat form."""
    return tuple(a.astype(indices.dtype) for a in np.unravel_index(indices, shape))


@constant
def histogram(x: Any, /, bins: int = 10, range: Any = None) -> Any:
    """How many entries lie in each of some bins of one width, and the bins' ends."""
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"Argument `bins` should be a positive integer. Received: bins={bins}")
    if np.ndim(x) != 1:
        raise ValueError(f"Input tensor must be 1-dimensional. Received: input.shape={np.shape(x)}")
    if range is not None and range[1] < range[0]:
        raise ValueError(f"The second element of `range` must be at least the first one. Received: range={range}")
    counts, ends = np.histogram(x, bins, range)
    return counts.astype(np.int32), ends.astype(x.dtype)


@constant
def empty_like(x: Any, /, dtype: Any = None) -> Any:
    """An array as x, with any numbers in it."""
    return np.empty_like(x, dtype)


def _window(name: str, doc: str) -> Any:
    def window(x: Any, /) -> Any:
        return getattr(np, name)(int(x)).astype(config.floatx())

    window.__name__, window.__doc__ = name, doc
    return constant(window)


bartlett = _window("bartlett", "The x weights of a triangle.")
blackman = _window("blackman", "The x weights 0.42 − 0.5 cos 2πn/(x−1) + 0.08 cos 4πn/(x−1).")
hamming = _window("hamming", "The x weights 0.54 − 0.46 cos 2πn/(x−1).")
hanning = _window("hanning", "The x weights 0.5 − 0.5 cos 2πn/(x−1).")


@constant
def kaiser(x: Any, beta: Any, /) -> Any:
    """The x weights of a Kaiser window."""
    return np.kaiser(int(x), float(beta)).astype(config.floatx())


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Tensor:
    """Powers of ``base`` whose exponents are equally far apart."""
    return wrapped(np.logspace(start, stop, num, endpoint, base, dtype or config.floatx(), axis))


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """Numbers from start to stop, each the same multiple of the one before."""
    return wrapped(np.geomspace(start, stop, num, endpoint, dtype or config.floatx(), axis))
