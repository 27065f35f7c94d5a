"""Functions that take entries by their position;  dx holds dy at those positions, summed where one was taken often."""

from typing import Any

import numpy as np

from ..base import Op


class GetItem(Op):
    """y = x[key], for any key of NumPy's;  dx[key] += dy."""

    takes_structures = True

    def call(self, x: np.ndarray, key: Any) -> np.ndarray:
        y = x[key]
        self.save(x=x, key=key)
        return y.copy() if y.base is not None and y.shape == x.shape else y

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        dx, key = np.zeros(kept["x"].shape, dy.dtype), kept["key"]
        if _is_basic(key):
            dx[key] = dy
        else:
            np.add.at(dx, key, dy)
        return dx, None


def _is_basic(key: Any) -> bool:
    """True if no entry can be taken twice: slices, integers, None and ellipses."""
    keys = key if isinstance(key, tuple) else (key,)
    return all(k is None or k is Ellipsis or isinstance(k, int | np.integer | slice) for k in keys)


class Take(Op):
    """y = x at indices along an axis (of all entries if None);  dx[indices] += dy.

    Raises:
        IndexError: for an index out of range; negative ones count from the end.
    """

    axis: Any = None

    def call(self, x: np.ndarray, indices: Any) -> np.ndarray:
        indices = np.asarray(indices)
        indices = indices if indices.dtype.kind in "iu" else indices.astype(np.int64)
        self.save(shape=x.shape, indices=indices)
        return np.take(x, indices, self.axis)

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        shape, indices = kept["shape"], kept["indices"]
        axis = 0 if self.axis is None else self.axis % len(shape)
        dx = np.zeros(shape if self.axis is not None else int(np.prod(shape)), dy.dtype)
        np.add.at(dx, (slice(None),) * axis + (indices,), dy)
        return dx.reshape(shape), None


class TakeAlongAxis(Op):
    """y[i, j] = x[indices[i, j], j] and so on along an axis;  dx[indices[i, j], j] += dy[i, j]."""

    axis: Any = None

    def call(self, x: np.ndarray, indices: Any) -> np.ndarray:
        indices = np.asarray(indices)
        if self.axis is not None:  # both stretch to one shape along the other axes
            axis = self.axis % x.ndim
            others = np.broadcast_shapes(_with_one(x.shape, axis), _with_one(indices.shape, axis))
            indices = np.broadcast_to(indices, _with(others, axis, indices.shape[axis]))
        self.save(shape=x.shape, indices=indices)
        return np.take_along_axis(x, indices, self.axis)

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        shape, indices = kept["shape"], kept["indices"]
        if self.axis is None:
            flat = np.zeros(int(np.prod(shape)), dy.dtype)
            np.add.at(flat, indices, dy)
            return flat.reshape(shape), None
        axis = self.axis % len(shape)
        full = _with(indices.shape, axis, shape[axis])
        dx = np.zeros(full, dy.dtype)
        where = list(np.ogrid[tuple(slice(size) for size in indices.shape)])
        where[axis] = indices
        np.add.at(dx, tuple(where), dy)
        stretched = tuple(i for i, size in enumerate(shape) if size != full[i])
        return (dx.sum(stretched, keepdims=True) if stretched else dx), None


def _with(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _with_one(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return _with(shape, axis, 1)


class Part(Op):
    """x with 0 outside some positions, which a subclass gives as ``kept(shape)``;  dx likewise."""

    k: int = 0

    def kept(self, shape: tuple[int, ...]) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} does not define kept(shape).")

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(shape=x.shape)
        return np.where(self.kept(x.shape), x, x.dtype.type(0))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return np.where(self.kept(self.saved()["shape"]), dy, dy.dtype.type(0))


class Tril(Part):
    """The entries on and below diagonal k, 0 elsewhere."""

    def kept(self, shape: tuple[int, ...]) -> np.ndarray:
        return np.tri(shape[-2], shape[-1], self.k, dtype=bool)


class Triu(Part):
    """The entries on and above diagonal k, 0 elsewhere."""

    def kept(self, shape: tuple[int, ...]) -> np.ndarray:
        return ~np.tri(shape[-2], shape[-1], self.k - 1, dtype=bool)


class Diagonal(Op):
    """The entries of a diagonal of two axes, as a last axis;  dx holds dy there, 0 elsewhere."""

    offset: int = 0
    axis1: int = 0
    axis2: int = 1

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(shape=x.shape)
        return np.diagonal(x, self.offset, self.axis1, self.axis2).copy()

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(self.saved()["shape"], dy.dtype)
        rows, columns = _diagonal(dy.shape[-1], self.offset)
        np.moveaxis(dx, (self.axis1, self.axis2), (-2, -1))[..., rows, columns] = dy
        return dx


class Diag(Op):
    """A matrix with x on diagonal k; of a matrix, its diagonal k;  dx holds dy there."""

    k: int = 0

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(shape=x.shape)
        return np.array(np.diag(x, self.k))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        shape = self.saved()["shape"]
        if len(shape) == 1:
            return np.diagonal(dy, self.k)
        dx = np.zeros(shape, dy.dtype)
        dx[_diagonal(len(dy), self.k)] = dy
        return dx


def _diagonal(n: int, offset: int) -> tuple[np.ndarray, np.ndarray]:
    i = np.arange(n)
    return i - min(offset, 0), i + max(offset, 0)


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of a diagonal."""
    from .reductions import sum

    return sum(diagonal(x, offset, axis1, axis2), -1)


def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """a[i + 1] − a[i] along an axis, n times."""
    for _ in range(n):
        size = a.shape[axis]
        a = take(a, np.arange(1, size), axis) - take(a, np.arange(size - 1), axis)
    return a


get_item, take, take_along_axis = GetItem.function(), Take.function(), TakeAlongAxis.function()
tril, triu, diagonal, diag = (c.function() for c in (Tril, Triu, Diagonal, Diag))
