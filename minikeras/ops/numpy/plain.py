"""Functions without a derivative: comparisons, positions, counts, rounding, and arrays made from nothing."""

import builtins
from typing import Any

import numpy as np

from ... import config
from ...tensor import Tensor, plain, wrapped
from ..base import constant, promoted, value


def _compare(name: str, f: Any, doc: str) -> Any:
    def compare(x1: Any, x2: Any, /) -> Any:
        return f(*promoted(x1, x2))

    compare.__name__, compare.__doc__ = name, doc
    return constant(compare)


equal = _compare("equal", np.equal, "x1 = x2.")
not_equal = _compare("not_equal", np.not_equal, "x1 ≠ x2.")
greater = _compare("greater", np.greater, "x1 > x2.")
greater_equal = _compare("greater_equal", np.greater_equal, "x1 ≥ x2.")
less = _compare("less", np.less, "x1 < x2.")
less_equal = _compare("less_equal", np.less_equal, "x1 ≤ x2.")
logical_and = _compare("logical_and", np.logical_and, "x1 and x2.")
logical_or = _compare("logical_or", np.logical_or, "x1 or x2.")
logical_xor = _compare("logical_xor", np.logical_xor, "Either x1 or x2.")
bitwise_and = _compare("bitwise_and", np.bitwise_and, "x1 and x2, bit by bit.")
bitwise_or = _compare("bitwise_or", np.bitwise_or, "x1 or x2, bit by bit.")
bitwise_xor = _compare("bitwise_xor", np.bitwise_xor, "Either x1 or x2, bit by bit.")
left_shift = _compare("left_shift", np.left_shift, "x1 · 2 ^ x2, of integers.")
right_shift = _compare("right_shift", np.right_shift, "⌊x1 / 2 ^ x2⌋, of integers.")
floor_divide = _compare("floor_divide", np.floor_divide, "⌊x1 / x2⌋.")


@constant
def logical_not(x: Any, /) -> Any:
    """True where x is 0 or False."""
    return np.logical_not(x)


@constant
def isnan(x: Any, /) -> Any:
    """True where x is NaN."""
    return np.isnan(x)


@constant
def isinf(x: Any, /) -> Any:
    """True where x is infinite."""
    return np.isinf(x)


@constant
def isfinite(x: Any, /) -> Any:
    """True where x is neither NaN nor infinite."""
    return np.isfinite(x)


@constant
def isclose(x1: Any, x2: Any, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """|x1 − x2| ≤ atol + rtol |x2|."""
    return np.isclose(x1, x2, rtol, atol, equal_nan)


@constant
def allclose(x1: Any, x2: Any, /, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """True if |x1 − x2| ≤ atol + rtol |x2| everywhere."""
    return np.allclose(x1, x2, rtol, atol, equal_nan)


@constant
def isin(x1: Any, x2: Any, /, assume_unique: bool = False, invert: bool = False) -> Any:
    """True where an entry of x1 is among those of x2."""
    return np.isin(x1, x2, assume_unique, invert)


@constant
def all(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """True where all entries along the axes are."""
    return np.all(x, axis, keepdims=keepdims)


@constant
def any(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """True where some entry along the axes is."""
    return np.any(x, axis, keepdims=keepdims)


@constant
def argmax(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the largest entry, the first of equal ones."""
    return np.argmax(x, axis, keepdims=keepdims).astype(np.int32)


@constant
def argmin(x: Any, /, axis: Any = None, keepdims: bool = False) -> Any:
    """The position of the smallest entry, the first of equal ones."""
    return np.argmin(x, axis, keepdims=keepdims).astype(np.int32)


@constant
def argsort(x: Any, /, axis: Any = -1) -> Any:
    """The positions of the entries in ascending order, equal ones in their order."""
    return np.argsort(x, axis, kind="stable").astype(np.int32)


@constant
def count_nonzero(x: Any, /, axis: Any = None) -> Any:
    """The number of entries other than 0."""
    return np.asarray(np.count_nonzero(x, axis)).astype(np.int32)


@constant
def sign(x: Any, /) -> Any:
    """−1, 0 or 1."""
    return np.sign(x)


@constant
def floor(x: Any, /) -> Any:
    """The largest integer ≤ x, as a float."""
    return np.floor(_floats(x))


@constant
def ceil(x: Any, /) -> Any:
    """The smallest integer ≥ x, as a float."""
    return np.ceil(_floats(x))


@constant
def round(x: Any, /, decimals: int = 0) -> Any:
    """x to so many decimals; halves go to the even neighbour."""
    return np.round(x, decimals)


@constant
def trunc(x: Any, /) -> Any:
    """x without its decimals."""
    return np.trunc(x)


@constant
def searchsorted(sorted_sequence: Any, values: Any, /, side: Any = "left") -> Any:
    """Where values would go in a sorted array."""
    return np.searchsorted(sorted_sequence, values, side).astype(np.int32)


@constant
def digitize(x: Any, bins: Any, /) -> Any:
    """The number of the interval between bins in which each entry lies."""
    return np.digitize(x, bins).astype(np.int32)


@constant
def bincount(x: Any, /, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each integer from 0 occurs, or the sum of its weights."""
    weights = None if weights is None else value(weights)
    rows = np.atleast_2d(x)
    length = builtins.max(int(x.max(initial=-1)) + 1, minlength)
    w = [None] * len(rows) if weights is None else np.atleast_2d(weights)
    counts = np.stack([np.bincount(row, weight, length) for row, weight in zip(rows, w, strict=True)])
    counts = counts.astype(np.int32 if weights is None else np.asarray(weights).dtype)
    return counts[0] if x.ndim == 1 else counts


@constant
def zeros_like(x: Any, /, dtype: Any = None) -> Any:
    """Zeros in the shape of x."""
    return np.zeros_like(x, dtype)


@constant
def ones_like(x: Any, /, dtype: Any = None) -> Any:
    """Ones in the shape of x."""
    return np.ones_like(x, dtype)


@constant
def full_like(x: Any, fill_value: Any, /, dtype: Any = None) -> Any:
    """One value in the shape of x."""
    return np.full_like(x, fill_value, dtype)


@constant
def ndim(x: Any, /) -> Any:
    """The number of axes."""
    return np.ndim(x)


@constant
def size(x: Any, /) -> Any:
    """The number of entries."""
    return np.size(x)


def nonzero(x: Any) -> Any:
    """The positions of the entries other than 0, axis by axis."""
    return tuple(wrapped(a.astype(np.int32)) for a in np.nonzero(value(x)))


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    size: Any = None,
    fill_value: Any = None,
) -> Any:
    """The different entries in ascending order, and what else is asked for."""
    if size is not None:
        raise ValueError("unique does not support `size` in minikeras: results have the size that they have.")
    unique_of: Any = np.unique
    found = unique_of(np.asarray(value(x)), return_index, return_inverse, return_counts, axis)
    return tuple(map(wrapped, found)) if isinstance(found, tuple) else wrapped(found)


# Arrays made from nothing.


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """Zeros; of ``floatx`` by default."""
    return wrapped(np.zeros(_shape(shape), dtype or config.floatx()))


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """Ones; of ``floatx`` by default."""
    return wrapped(np.ones(_shape(shape), dtype or config.floatx()))


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """One value everywhere."""
    return wrapped(np.full(_shape(shape), value(fill_value), dtype or config.floatx()))


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """An array of zeros: what is in it is not to be relied on."""
    return zeros(shape, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones on diagonal k, zeros elsewhere."""
    return wrapped(np.eye(N, M, k, dtype or config.floatx()))


def identity(n: int, dtype: Any = None) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Ones on and below diagonal k, zeros elsewhere."""
    return wrapped(np.tri(N, M, k, dtype or config.floatx()))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """start, start + step, … below stop; ``floatx`` if one of them is a float, else integers as wide."""
    given = [value(a) for a in (start, stop, step) if a is not None]
    if dtype is None:
        integers = "int64" if config.floatx() == "float64" else "int32"
        dtype = config.floatx() if builtins.any(np.asarray(a).dtype.kind == "f" for a in given) else integers
    start, stop, step = value(start), value(stop), value(step)
    numbers = np.arange(start) if stop is None else np.arange(start, stop, 1 if step is None else step)
    return wrapped(numbers.astype(dtype))


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """num numbers at equal distances from start to stop."""
    line: Any = np.linspace
    found = line(value(start), value(stop), num, endpoint, retstep, dtype or config.floatx(), axis)
    return (wrapped(found[0]), found[1]) if retstep else wrapped(found)


def meshgrid(*x: Any, indexing: Any = "xy") -> Any:
    """Grids of the coordinates x."""
    return [wrapped(np.array(grid)) for grid in np.meshgrid(*map(value, x), indexing=indexing)]


def array(x: Any, dtype: Any = None) -> Any:
    """x as a tensor."""
    from ..core import convert_to_tensor

    return convert_to_tensor(x, dtype)


def _shape(shape: Any) -> Any:
    shape = plain(shape)
    return (
        tuple(int(n) for n in shape) if isinstance(shape, list | tuple | np.ndarray) and np.ndim(shape) else int(shape)
    )


def _floats(x: Any) -> Any:
    return x if np.asarray(x).dtype.kind in "fc" else np.asarray(x, config.floatx())
