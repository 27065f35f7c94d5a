"""Arrays of equal length, given out batch by batch in the model's dtype.

x, y and the sample weights are each one array, or a list, tuple or dictionary of arrays.
The arrays of the caller are never copied whole: each batch is gathered (in the epoch's order) and cast on its own.
"""

import math
from typing import Any

import numpy as np

from .. import kernels, random
from ..errors import DataError
from ..structures import flat, mapped
from ..workspace import Workspace
from .class_weight import class_weighted

Batch = tuple[Any, Any, Any]


class Arrays:
    """x, y and sample weights as arrays of one length, given out batch by batch.

    Raises:
        DataError: if their lengths differ or there are no rows.
    """

    def __init__(self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, dtype: Any) -> None:
        self.batch_size = 32 if batch_size is None else int(batch_size)
        if self.batch_size < 1:
            raise ValueError(f"`batch_size` must be a positive integer. Received: batch_size={batch_size}")
        self.x = all_numbers("x", x)
        self.y = all_numbers("y", y)
        self.sample_weight = all_numbers("sample_weight", sample_weight)
        self.dtype = np.dtype(dtype)
        if any(a is not None and a.ndim == 0 for a in flat(self.x)):
            raise DataError("x must have a batch axis. Received a scalar.")
        sizes: dict[str, list[int]] = {}
        for name, arrays in (("x", self.x), ("y", self.y), ("sample_weight", self.sample_weight)):
            sizes[name] = [len(a) if a.ndim else 0 for a in flat(arrays) if a is not None]
        different = {size for found in sizes.values() for size in found}
        if len(different) > 1:
            described = " ".join(f"'{name}' sizes: {', '.join(map(str, s))}" for name, s in sizes.items() if s)
            raise DataError(
                f"Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. {described}"
            )
        if different in (set(), {0}):
            raise DataError("The data has no rows: nothing to train, evaluate or predict on.")
        self.rows = different.pop()
        self.steps: int | None = math.ceil(self.rows / self.batch_size)

    def weigh(self, class_weight: Any, targets: str) -> None:
        """Multiplies the sample weights by class weights; see :func:`class_weighted`."""
        self.sample_weight = class_weighted(self.y, class_weight, self.sample_weight, self.dtype, targets)

    def order(self, shuffle: Any, owner: Any) -> np.ndarray | None:
        """The rows' order in the next pass: over all rows, within each batch for "batch", None for their own."""
        if shuffle == "batch":
            n, size = self.rows, self.batch_size
            starts = range(0, n, size)
            return np.concatenate([i + random.batch_order(size, i // size, min(size, n - i), owner) for i in starts])
        return random.order(self.rows, owner) if shuffle else None

    def epoch(self, workspace: Workspace, order: np.ndarray | None = None, taken: int = 0) -> "ArrayEpoch":
        """All batches once, except the first ``taken``; the last one may be shorter."""
        return ArrayEpoch(self, workspace, order, taken)

    def batch(self, picked: Any, workspace: Workspace) -> Batch:
        """Some rows, given as a slice or as their numbers."""
        if type(self.x) is np.ndarray:
            x = take(self.x, picked, "x", workspace, self.dtype)
        else:
            x = self._each(self.x, picked, "x", workspace, lambda a: self.dtype if a.dtype.kind == "f" else a.dtype)
        y = self._each(self.y, picked, "y", workspace, lambda a: a.dtype)
        return x, y, self._each(self.sample_weight, picked, "w", workspace, lambda a: self.dtype)

    def _each(self, arrays: Any, picked: Any, name: str, workspace: Workspace, dtype_of: Any) -> Any:
        if arrays is None:
            return None
        if type(arrays) is np.ndarray:
            return take(arrays, picked, name, workspace, dtype_of(arrays))
        keys = iter(range(len(flat(arrays))))

        def some(a: Any) -> Any:
            key = (name, next(keys))
            return None if a is None else take(a, picked, key, workspace, dtype_of(a))

        return mapped(some, arrays)


def is_structure(values: Any) -> bool:
    """True for several arrays: a dictionary, or a list or tuple whose items are arrays (or such structures, or None).

    >>> is_structure([np.zeros(2), np.zeros(2)]), is_structure([[1, 2], [3, 4]])
    (True, False)
    """
    if isinstance(values, dict):
        return True
    leaves = flat(values) if isinstance(values, list | tuple) else []
    arrays = [leaf for leaf in leaves if leaf is not None]
    return bool(arrays) and all(len(getattr(a, "shape", ())) > 0 for a in arrays)


def all_numbers(name: str, values: Any) -> Any:
    """:func:`numbers` of every array; None stays None."""
    if values is None:
        return None
    if not is_structure(values):
        return numbers(name, values)
    return mapped(lambda a: None if a is None else numbers(name, a), values)


def numbers(name: str, values: Any) -> np.ndarray:
    """Values as an array of numbers.

    >>> numbers("y", [True, 2.5])
    array([1. , 2.5])

    Raises:
        DataError: for strings, objects and whatever else NumPy does not calculate with.
    """
    array = np.asarray(values.toarray() if hasattr(values, "toarray") else values)  # SciPy's sparse matrices
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
        else:
            message += (
                f". If these are numbers of another type, {name}.astype('float32') converts them; a TextVectorization "
                f"turns texts into numbers, vectorize({name}), before they are passed here"
            )
    raise DataError(f"{message}.")


def take(array: np.ndarray, rows: Any, name: Any, workspace: Workspace, dtype: Any) -> np.ndarray:
    """Some rows of an array in a dtype: a view where that is possible, else in the workspace, under the name."""
    if isinstance(rows, slice):
        part = array[rows]
        if part.dtype == dtype:
            return part
        out = workspace[name, part.shape, dtype]
        out[...] = part
        return out
    out = workspace[name, (len(rows), *array.shape[1:]), dtype]
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
    known = data.dtype.isnative and data.dtype.char not in "eg"  # half and long double
    return data.ndim > 1 and known and data.flags.c_contiguous


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
        if rows.start >= self.arrays.rows:
            raise StopIteration
        self.taken += 1
        return self.arrays.batch(rows if self.order is None else self.order[rows], self._workspace)

    def numbers(self, batches: int) -> np.ndarray:
        """The rows of so many full batches, the first of which was given last, in an order that was drawn."""
        size, first = self.arrays.batch_size, self.taken - 1
        return self.order[first * size : (first + batches) * size].reshape(batches, size)  # type: ignore[index]
