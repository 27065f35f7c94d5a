"""From what the user passes to batches in the model's dtype.

The arrays of the caller are never copied whole: each batch is gathered (in the epoch's order) and cast on its own.
"""

import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sized
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..errors import DataError
from ..workspace import Workspace

Batch = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]


class Start(NamedTuple):
    """Where a training begins; :class:`~minikeras.callbacks.BackupAndRestore` says so for one that goes on.

    Attributes:
        epoch: the first epoch.
        step: the first step in it.
        taken: how many batches of the present pass over the data are behind it.
        order: of the rows in this pass, if it is not to be drawn.
    """

    epoch: int = 0
    step: int = 0
    taken: int = 0
    order: np.ndarray | None = None


class Arrays:
    """x, y and sample weights as arrays of one length, given out batch by batch.

    Raises:
        DataError: if their lengths differ or there are no rows.
    """

    def __init__(self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, dtype: Any) -> None:
        self.batch_size = 32 if batch_size is None else int(batch_size)
        if self.batch_size < 1:
            raise ValueError(f"`batch_size` must be a positive integer. Received: batch_size={batch_size}")
        self.x = np.asarray(x)
        self.y = None if y is None else np.asarray(y)
        self.sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        self.dtype = np.dtype(dtype)
        if self.x.dtype == object or self.x.dtype.kind not in "biuf":
            raise DataError(f"x must be an array of numbers. Received: dtype={self.x.dtype}")
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

    def epoch(self, workspace: Workspace, order: np.ndarray | None = None, taken: int = 0) -> "Pass":
        """All batches once, but for some that were taken before; the last one may be shorter."""
        return Pass(self, workspace, order, taken)

    def batch(self, picked: Any, workspace: Workspace) -> Batch:
        """Some rows, given as a slice or as their numbers."""
        return (
            self._take(self.x, picked, "x", workspace, self.dtype),
            None if self.y is None else self._take(self.y, picked, "y", workspace, self.y.dtype),
            None if self.sample_weight is None else self._take(self.sample_weight, picked, "w", workspace, self.dtype),
        )

    def _take(self, data: np.ndarray, rows: Any, name: str, workspace: Workspace, dtype: Any) -> np.ndarray:
        if isinstance(rows, slice):
            part = data[rows]
            if part.dtype == dtype:
                return part
            out = workspace.get(name, part.shape, dtype)
            out[...] = part
            return out
        out = workspace.get(name, (len(rows), *data.shape[1:]), dtype)
        if gathers(data):
            kernels.select(dtype).gather(data, rows, out)
        else:
            out[...] = data[rows]
        return out


def gathers(data: np.ndarray) -> bool:
    """Whether a kernel picks and casts its rows: of arrays in C's order, and of numbers that Numba knows.

    >>> gathers(np.zeros((2, 3))), gathers(np.zeros((2, 3), "float16")), gathers(np.zeros((2, 3), ">f4"))
    (True, False, False)
    """
    known = data.dtype.isnative and data.dtype.name not in ("float16", "longdouble", "float128")
    return known and data.ndim > 1 and data.flags.c_contiguous


class Pass:
    """One pass over arrays, batch by batch.

    Attributes:
        taken: how many batches are behind it.
    """

    def __init__(self, arrays: Arrays, workspace: Workspace, order: np.ndarray | None, taken: int) -> None:
        self.arrays, self.order, self.taken = arrays, order, taken
        self._workspace = workspace

    def __iter__(self) -> "Pass":
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


class Batches:
    """An iterable that yields x, (x, y) or (x, y, sample_weight) batches."""

    batch_size = 32  # until they come, nobody knows

    def __init__(self, source: Iterable[Any], dtype: Any) -> None:
        self.source, self.dtype = source, np.dtype(dtype)
        self.steps: int | None = len(source) if isinstance(source, Sized) else None

    def first(self) -> np.ndarray:
        """The x of the first batch, which ``epoch`` still yields."""
        iterator = iter(self.source)
        try:
            first = next(iterator)
        except StopIteration:
            raise DataError("The iterable of batches is empty.") from None
        if iterator is self.source:  # a generator gives each batch once
            self.source = itertools.chain([first], iterator)
        return np.asarray(unpack(first)[0])

    def epoch(self, workspace: Workspace, order: np.ndarray | None = None, taken: int = 0) -> Iterator[Batch]:
        for batch in itertools.islice(self.source, taken, None):
            x, y, w = unpack(batch)
            one = Arrays(x, y, w, len(np.atleast_1d(x)) or 1, self.dtype)
            yield np.asarray(one.x, self.dtype), one.y, one.sample_weight


def unpack(data: Any) -> tuple[Any, Any, Any]:
    """x, y, sample_weight from what may lack the latter two.

    >>> unpack((1, 2))
    (1, 2, None)
    """
    if not isinstance(data, tuple | list):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, "
            f"found {len(data)} parts"
        )
    x, y, w = (*data, None, None)[:3]
    return x, y, w


def make(x: Any, y: Any, sample_weight: Any, batch_size: int | None, dtype: Any) -> Arrays | Batches:
    """The right source for what was passed: arrays, lists and data frames, or an iterable of batches."""
    is_array = hasattr(x, "__array__") or isinstance(x, list | np.ndarray)
    batches_in_list = isinstance(x, list) and len(x) > 0 and isinstance(x[0], tuple)
    if (is_array and not batches_in_list) or y is not None:
        return Arrays(x, y, sample_weight, batch_size, dtype)
    if not isinstance(x, Iterable):
        raise ValueError(f"Unrecognized data type: x={x!r} (of type {type(x)})")
    if batch_size is not None:
        raise ValueError("`batch_size` must not be given with an iterable of batches: they have their sizes.")
    return Batches(x, dtype)


def split(validation_split: float, *arrays: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The first rows for training and the last ones, before any shuffling, for validation.

    >>> split(0.25, np.arange(8), None)
    ((array([0, 1, 2, 3, 4, 5]), None), (array([6, 7]), None))
    """
    if not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1. Received: {validation_split}")
    parts = [None if a is None else np.asarray(a) for a in arrays]
    n = next(len(a) for a in parts if a is not None)
    at = math.floor(n * (1.0 - validation_split))
    if at in (0, n):
        raise ValueError(
            f"Training data contains {n} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={validation_split}`. Either provide more data, or a "
            f"different value for the `validation_split` argument."
        )
    return (
        tuple(None if a is None else a[:at] for a in parts),
        tuple(None if a is None else a[at:] for a in parts),
    )


def class_weighted(y: Any, class_weight: dict[int, float], sample_weight: Any, dtype: Any) -> np.ndarray:
    """Sample weights from class weights: w[n] = class_weight[label[n]] (1 where absent), times any given ones.

    >>> class_weighted(np.array([0, 1, 2]), {1: 3.0}, None, "float32")
    array([1., 3., 1.], dtype=float32)
    """
    y = np.asarray(y)
    labels = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1).astype(np.int64)
    table = np.ones(max(int(labels.max()), *class_weight) + 1, dtype)
    for label, weight in class_weight.items():
        table[int(label)] = weight
    weights = table[labels]
    return weights if sample_weight is None else weights * np.asarray(sample_weight, dtype)


def check_finite(x: np.ndarray, action: str) -> None:
    """Looks for NaN and infinity, some rows at a time.

    Args:
        x: floating point data; integers pass.
        action: "warn", "raise" or "ignore".
    """
    if action == "ignore" or x.dtype.kind != "f":
        return
    rows = max(1, 1_000_000 // max(1, x[0].size))
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        finite = np.isfinite(part)
        if not finite.all():
            bad = np.argwhere(~finite)
            index = (int(bad[0][0]) + start, *map(int, bad[0][1:]))
            value = x[index]
            message = f"x contains {value} at index {index}: the loss and every weight will become NaN."
            if action == "raise":
                raise DataError(message)
            warnings.warn(message, RuntimeWarning, stacklevel=4)
            return
