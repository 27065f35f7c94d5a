"""Functions that consist of others, whose derivatives they inherit; NaN does not count in those that begin with nan."""

from typing import Any

import numpy as np

from ..base import Binary, Elementwise
from . import arithmetic, elementwise, indexing, plain, products, reductions, shapes


class Sinc(Elementwise):
    """y = sin πx / πx, and 1 at 0;  dx = (cos πx − y) / x dy, and 0 at 0."""

    def f(self, x: np.ndarray) -> np.ndarray:
        t = np.pi * np.where(x == 0, 1e-20, x)
        return (np.sin(t) / t).astype(x.dtype)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        safe = np.where(x == 0, 1, x)
        return np.where(x == 0, 0, (np.cos(np.pi * safe) - y) / safe).astype(x.dtype)


class Fmax(Binary):
    """y = max(x1, x2), and the other one where one is NaN;  dy goes to the one that y is, to x1 of equal ones."""

    def f(self, x1: Any, x2: Any) -> Any:
        return np.where(self._first(x1, x2), x1, x2)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        first = self._first(x1, x2)
        return dy * first, dy * ~first

    def _first(self, x1: Any, x2: Any) -> Any:
        return (x1.real >= x2.real) | np.isnan(x2)


class Fmin(Fmax):
    """y = min(x1, x2), and the other one where one is NaN;  dy goes to the one that y is, to x1 of equal ones."""

    def _first(self, x1: Any, x2: Any) -> Any:
        return (x1.real <= x2.real) | np.isnan(x2)


class Fmod(Binary):
    """y = x1 − x2 trunc(x1 / x2);  dx1 = dy, dx2 = −trunc(x1 / x2) dy."""

    def f(self, x1: Any, x2: Any) -> Any:
        if x1.dtype.kind != "c" and x2.dtype.kind != "c":
            return np.fmod(x1, x2)
        return x1 - x2 * np.trunc(x1.real / x2.real)

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        return dy, -np.trunc(x1.real / x2.real) * dy


def deg2rad(x: Any) -> Any:
    """x π / 180."""
    return x * (np.pi / 180)


def rad2deg(x: Any) -> Any:
    """x 180 / π."""
    return x * (180 / np.pi)


def logaddexp2(x1: Any, x2: Any) -> Any:
    """log₂ (2^x1 + 2^x2)."""
    return arithmetic.logaddexp(x1 * np.log(2), x2 * np.log(2)) / np.log(2)


def ldexp(x1: Any, x2: Any) -> Any:
    """x1 · 2^x2, with integers x2."""
    return x1 * elementwise.exp2(x2)


def heaviside(x1: Any, x2: Any) -> Any:
    """0 where x1 < 0, 1 where x1 > 0, x2 where x1 = 0."""
    zero = plain.zeros_like(x1 * x2)
    return arithmetic.where(plain.equal(x1, 0), x2 + zero, arithmetic.where(plain.greater(x1, 0), zero + 1, zero))


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Σ (yᵢ₊₁ + yᵢ) / 2 · (xᵢ₊₁ − xᵢ) along an axis; ``dx`` is the distance where there is no x."""
    size = y.shape[axis]
    pairs = indexing.take(y, np.arange(1, size), axis) + indexing.take(y, np.arange(size - 1), axis)
    if x is None:
        return reductions.sum(pairs * (dx / 2), axis)
    steps = indexing.diff(x, axis=axis if len(x.shape) > 1 else -1)
    if len(steps.shape) == 1:
        steps = shapes.reshape(steps, [-1 if a == axis % len(y.shape) else 1 for a in range(len(y.shape))])
    return reductions.sum(pairs * steps / 2, axis)


def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """The vector product of vectors of three entries, or of two, which gives the third entry alone."""
    axisa, axisb, axisc = (axis, axis, axis) if axis is not None else (axisa, axisb, axisc)
    a, b = _parts(x1, axisa), _parts(x2, axisb)
    if {len(a), len(b)} - {2, 3}:
        raise ValueError(f"cross needs vectors of 2 or 3 entries. Received: {len(a)} and {len(b)}")
    last = a[0] * b[1] - a[1] * b[0]
    if len(a) == len(b) == 2:
        return last
    a, b = ([*parts, parts[0] * 0] if len(parts) == 2 else parts for parts in (a, b))
    return shapes.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], last], axis=axisc)


def _parts(x: Any, axis: int) -> list[Any]:
    return [indexing.take(x, i, axis) for i in range(x.shape[axis])]


def kron(x1: Any, x2: Any) -> Any:
    """The Kronecker product: every entry of x1 times the whole of x2."""
    n = max(len(x1.shape), len(x2.shape))
    a, b = ((1,) * (n - len(x.shape)) + tuple(x.shape) for x in (x1, x2))
    left = shapes.reshape(x1, [size for s in a for size in (s, 1)])
    right = shapes.reshape(x2, [size for s in b for size in (1, s)])
    return shapes.reshape(left * right, [s * t for s, t in zip(a, b, strict=True)])


def corrcoef(x: Any) -> Any:
    """The correlations of the rows of x."""
    centred = x - reductions.mean(x, axis=-1, keepdims=True)
    scaled = centred / elementwise.sqrt(reductions.sum(elementwise.square(centred), axis=-1, keepdims=True))
    return products.einsum("it,jt->ij", scaled, scaled)


def correlate(x1: Any, x2: Any, mode: str = "valid") -> Any:
    """y[k] = Σ x1[k + j] x2[j]; ``mode`` "full" has all k where both meet, "same" as many as x1."""
    n, m = x1.shape[0], x2.shape[0]
    if n < m:
        return shapes.flip(correlate(x2, x1, mode))
    before, after = {"valid": (0, 0), "full": (m - 1, m - 1), "same": (m // 2, (m - 1) // 2)}[mode]
    padded = shapes.pad(x1, ((before, after),))
    at = np.arange(n + before + after - m + 1)[:, None] + np.arange(m)
    return products.einsum("kj,j->k", indexing.take(padded, at), x2)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of x as columns, the highest one first."""
    powers = np.arange(x.shape[0] if N is None else N)
    columns = [plain.ones_like(x) if p == 0 else x**p for p in map(int, powers if increasing else powers[::-1])]
    return shapes.stack(columns, axis=-1)


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """The choice of the first condition that holds, else ``default``."""
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = arithmetic.where(condition, choice, found)
    return found


def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with the entries of x on its k-th diagonal."""
    return indexing.diag(shapes.ravel(x), k)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Parts along an axis, of sizes that differ by one at most; or cut at some positions."""
    if not isinstance(indices_or_sections, int):
        return shapes.split(x, indices_or_sections, axis)
    size, n = x.shape[axis], indices_or_sections
    ends = np.cumsum([size // n + (i < size % n) for i in range(n)])
    return shapes.split(x, [int(end) for end in ends[:-1]], axis)


def dstack(xs: Any) -> Any:
    """Arrays joined along their third axis."""
    raised = [x if len(x.shape) > 2 else x[None, :, None] if len(x.shape) == 1 else x[..., None] for x in xs]
    return shapes.concatenate(raised, axis=2)


def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """Parts along the first axis."""
    return shapes.split(x, indices_or_sections, 0)


def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """Parts along the second axis, or the only one."""
    return shapes.split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1)


def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """Parts along the third axis."""
    return shapes.split(x, indices_or_sections, 2)


def _without_nan(x: Any, instead: float) -> Any:
    return arithmetic.where(plain.isnan(x), instead, x)


def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum of what is not NaN."""
    return reductions.sum(_without_nan(x, 0.0), axis, keepdims)


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product of what is not NaN."""
    return reductions.prod(_without_nan(x, 1.0), axis, keepdims)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest of what is not NaN."""
    return _nan_where_all(x, reductions.max(_without_nan(x, -np.inf), axis, keepdims), axis, keepdims)


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest of what is not NaN."""
    return _nan_where_all(x, reductions.min(_without_nan(x, np.inf), axis, keepdims), axis, keepdims)


def _nan_where_all(x: Any, y: Any, axis: Any, keepdims: bool) -> Any:
    return arithmetic.where(plain.all(plain.isnan(x), axis, keepdims), np.nan, y)


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean of what is not NaN."""
    counted = arithmetic.where(plain.isnan(x), 0.0, plain.ones_like(x))
    return nansum(x, axis, keepdims) / reductions.sum(counted, axis, keepdims)


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean square of the differences from the mean, of what is not NaN."""
    return nanmean(elementwise.square(x - nanmean(x, axis, True)), axis, keepdims)


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The root of the variance of what is not NaN."""
    return elementwise.sqrt(nanvar(x, axis, keepdims))


def nancumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Running sums in which NaN counts as 0."""
    return reductions.cumsum(_without_nan(x, 0.0), axis, dtype)


def nancumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Running products in which NaN counts as 1."""
    return reductions.cumprod(_without_nan(x, 1.0), axis, dtype)


sinc, fmax, fmin, fmod = (c.function() for c in (Sinc, Fmax, Fmin, Fmod))
