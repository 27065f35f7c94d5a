"""Arrays of equal length, given out batch by batch in the model's dtype.

The arrays of the caller are never copied whole: each batch is gathered (in the epoch's order) and cast on its own.
"""

import math
from typing import Any

import numpy as np

from .. import kernels, random
from ..errors import DataError
from ..workspace import Workspace
from .class_weight import class_weighted

Batch = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]


class Arrays:
    """x, y and sample weights as arrays of one length, given out batch by batch.

    Raises:
        DataError: if their lengths differ or there are no rows.
    """

    def __init__(self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, dtype: Any) -> None:
        self.batch_size = 32 if batch_size is None else int(batch_size)
        if self.batch_size < 1:
            raise ValueError(f"`batch_size` must be a positive integer. Received: batch_size={batch_size}")
        self.x = numbers("x", x)
        self.y = None if y is None else numbers("y", y)
        self.sample_weight = None if sample_weight is None else numbers("sample_weight", sample_weight)
        self.dtype = np.dtype(dtype)
        if self.x.ndim == 0:
            raise DataError("x must have a batch axis. Received a scalar.")
        sizes = {"x": len(self.x)}
        for name, array in (("y", self.y), ("sample_weight", self.sample_weight)):
            if array is not None:
                sizes[name] = len(array) if array.ndim else 0
        if len(set(sizes.values())) > 1:
            described = " ".join(f"'{name}' sizes: {size}" for name, size in sizes.items())
            raise DataError(
                f"Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. {described}"
            )
        if not len(self.x):
            raise DataError("The data has no rows: nothing to train, evaluate or predict on.")
        self.steps: int | None = math.ceil(len(self.x) / self.batch_size)

    def weigh(self, class_weight: Any, targets: str) -> None:
        """Multiplies the sample weights by class weights; see :func:`class_weighted`."""
        self.sample_weight = class_weighted(self.y, class_weight, self.sample_weight, self.dtype, targets)

    def order(self, shuffle: Any, owner: Any) -> np.ndarray | None:
        """The rows' order in the next pass: over all rows, within each batch for "batch", None for their own."""
        if shuffle == "batch":
            n, size = len(self.x), self.batch_size
            starts = range(0, n, size)
            return np.concatenate([i + random.batch_order(size, i // size, min(size, n - i), owner) for i in starts])
        return random.order(len(self.x), owner) if shuffle else None

    def epoch(self, workspace: Workspace, order: np.ndarray | None = None, taken: int = 0) -> "ArrayEpoch":
        """All batches once, except the first ``taken``; the last one may be shorter."""
        return ArrayEpoch(self, workspace, order, taken)

    def batch(self, picked: Any, workspace: Workspace) -> Batch:
        """Some rows, given as a slice or as their numbers."""
        y, w = self.y, self.sample_weight
        return (
            take(self.x, picked, "x", workspace, self.dtype),
            None if y is None else take(y, picked, "y", workspace, y.dtype),
            None if w is None else take(w, picked, "w", workspace, self.dtype),
        )


def numbers(name: str, values: Any) -> np.ndarray:
    """Values as an array of numbers.

    >>> numbers("y", [True, 2.5])
    array([1. , 2.5])

    Raises:
        DataError: for strings, objects and whatever else NumPy does not calculate with.
    """
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return array
    message = f"{name} must be an array of numbers. Received: dtype={array.dtype}"
    if array.size and array.dtype.kind in "OSU":
        message += f", such as {array.ravel()[:1].tolist()[0]!r}"
        if name == "y":
            message += (
                ". If these labels are words, np.unique(y, return_inverse=True) gives the classes and a number for "
                "each label; if they are numbers of another type, y.astype('int64') or y.astype('float32') converts "
                "them"
            )
    raise DataError(f"{message}.")


def take(array: np.ndarray, rows: Any, name: str, workspace: Workspace, dtype: Any) -> np.ndarray:
    """Some rows of an array in a dtype: a view where that is possible, else in the workspace, under the name."""
    if isinstance(rows, slice):
        part = array[rows]
        if part.dtype == dtype:
            return part
        out = workspace.get(name, part.shape, dtype)
        out[...] = part
        return out
    out = workspace.get(name, (len(rows), *array.shape[1:]), dtype)
    if gathers(array):
        kernels.select(dtype).gather(array, rows, out)
    else:
        out[...] = array[rows]
    return out


def gathers(data: np.ndarray) -> bool:
    """Whether a kernel picks and casts its rows: of arrays in C's order, and of numbers that Numba knows.

    >>> gathers(np.zeros((2, 3))), gathers(np.zeros((2, 3), "float16")), gathers(np.zeros((2, 3), ">f4"))
    (True, False, False)
    """
    known = data.dtype.isnative and data.dtype.name not in ("float16", "longdouble", "float128")
    return known and data.ndim > 1 and data.flags.c_contiguous


class ArrayEpoch:
    """One pass over arrays, batch by batch.

    Attributes:
        order: of the rows; None for the order that they have.
        taken: number of batches already given.
    """

    def __init__(self, arrays: Arrays, workspace: Workspace, order: np.ndarray | None, taken: int) -> None:
        self.arrays, self.order, self.taken = arrays, order, taken
        self._workspace = workspace

    def __iter__(self) -> "ArrayEpoch":
        return self

    def __next__(self) -> Batch:
        size = self.arrays.batch_size
        rows = slice(self.taken * size, (self.taken + 1) * size)
        if rows.start >= len(self.arrays.x):
            raise StopIteration
        self.taken += 1
        return self.arrays.batch(rows if self.order is None else self.order[rows], self._workspace)

    def numbers(self, batches: int) -> np.ndarray:
        """The rows of the next full batches, or with −1 of the last one, in an order that was drawn: (batches, N)."""
        size, first = self.arrays.batch_size, self.taken + min(batches, 0)
        return self.order[first * size : (first + abs(batches)) * size].reshape(abs(batches), size)  # type: ignore[index]
