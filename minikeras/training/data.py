"""From what the user passes to a source of batches: :class:`Arrays` or :class:`Batches`."""

import math
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .. import config
from ..errors import DataError
from ..structures import flat, mapped
from .arrays import Arrays, Batch, all_numbers, gathers, is_structure
from .py_dataset import PyDataset
from .streams import Batches, NumberedBatches, is_endless, unpack

__all__ = [
    "Arrays",
    "Batch",
    "Batches",
    "ResumePoint",
    "check_finite",
    "first_rows",
    "gathers",
    "is_structure",
    "limited",
    "make",
    "split",
    "unpack",
]


class ResumePoint(NamedTuple):
    """Where a training begins; :class:`~minikeras.callbacks.BackupAndRestore` sets it for a training that goes on.

    Attributes:
        epoch: the first epoch.
        step: the first step in it.
        taken: number of batches already taken from the present pass over the data.
        order: of the rows (or of the numbered batches) in this pass; None if it is still to be drawn.
    """

    epoch: int = 0
    step: int = 0
    taken: int = 0
    order: np.ndarray | None = None


def limited(number: int | None, most: int | None, name: str) -> int | None:
    """A number of epochs or steps, or ``most`` (a setting of :mod:`minikeras.config`) with a warning if that is less.

    >>> limited(5, None, "epochs"), limited(2, 3, "steps")
    (5, 2)
    """
    if not most or (number is not None and number <= most):
        return number
    warnings.warn(f"Limiting {name} to {most}", stacklevel=4)
    return most


def require_steps(batches: Arrays | Batches, steps: int | None, name: str) -> int | None:
    """A number of steps, at most ``config.max_steps_per_epoch()``.

    Raises:
        ValueError: if it is less than 1, or missing where the data has no end.
    """
    if steps is not None and steps < 1:
        raise ValueError(f"`{name}` must be a positive integer or None. Received: {name}={steps}")
    most = config.max_steps_per_epoch()
    if most and (batches.steps is None or batches.steps > most):
        steps = limited(steps, most, "steps_per_epoch")
    endless = isinstance(batches, Batches) and is_endless(batches.source)
    if steps is None and (endless or (isinstance(batches, NumberedBatches) and batches.steps is None)):
        raise ValueError(f"The data has no end: say how many batches to take, with `{name}`.")
    return steps


def is_list_of_batches(x: Any) -> bool:
    """True for a list of tuples: [(x, y), (x, y)]."""
    return isinstance(x, list) and len(x) > 0 and isinstance(x[0], tuple)


def make(x: Any, y: Any, sample_weight: Any, batch_size: int | None, dtype: Any) -> Arrays | Batches:
    """The right source for what was passed: arrays, lists and data frames, or an iterable of batches."""
    is_array = hasattr(x, "__array__") or hasattr(x, "toarray") or isinstance(x, list) or is_structure(x)
    if (is_array and not is_list_of_batches(x)) or y is not None:
        return Arrays(x, y, sample_weight, batch_size, dtype)
    if not isinstance(x, Iterable | PyDataset):
        raise ValueError(
            f"Unrecognized data type: x={x!r} (of type {type(x)}). Expected arrays, an iterable or generator of "
            f"batches (with `__iter__`), or batches by number: a subclass of minikeras.utils.PyDataset."
        )
    if batch_size is not None:
        raise ValueError("`batch_size` must not be given with an iterable of batches: they have their sizes.")
    return NumberedBatches(x, dtype) if isinstance(x, PyDataset) else Batches(x, dtype)


def split(validation_split: float, *arrays: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The first rows for training and the last ones, before any shuffling, for validation.

    >>> split(0.25, np.arange(8), None)
    ((array([0, 1, 2, 3, 4, 5]), None), (array([6, 7]), None))
    """
    if not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1. Received: {validation_split}")
    if not (
        hasattr(arrays[0], "__array__") or hasattr(arrays[0], "toarray") or isinstance(arrays[0], list | tuple | dict)
    ):
        raise ValueError(
            f"`validation_split` needs arrays: batches of a generator or dataset cannot be split. Pass "
            f"`validation_data` instead. Received: validation_split={validation_split}, x of type {type(arrays[0])}"
        )
    parts = [all_numbers("data", a) if is_structure(a) or hasattr(a, "toarray") else _array(a) for a in arrays]
    n = next(len(a) for a in flat(parts) if a is not None)
    at = math.floor(n * (1.0 - validation_split))
    if at in (0, n):
        raise ValueError(
            f"Training data contains {n} samples, which is not sufficient to split it into a validation and "
            f"training set as specified by `validation_split={validation_split}`. Either provide more data, or a "
            f"different value for the `validation_split` argument."
        )
    return (
        tuple(mapped(lambda a: None if a is None else a[:at], part) for part in parts),
        tuple(mapped(lambda a: None if a is None else a[at:], part) for part in parts),
    )


def first_rows(x: Any, n: int = 1) -> Any:
    """The first rows of an array, or of each in a structure."""
    return mapped(lambda a: None if a is None else a[:n], x)


def _array(a: Any) -> Any:
    return None if a is None else np.asarray(a)


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
