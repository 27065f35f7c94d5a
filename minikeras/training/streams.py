"""Iterables of batches: generators, lists of batches, data loaders, batches by number."""

import itertools
import random as python_random
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..errors import DataError
from ..workspace import Workspace
from .arrays import Arrays, Batch, all_numbers
from .class_weight import class_weighted
from .py_dataset import PyDataset


class Batches:
    """An iterable that yields x, (x, y) or (x, y, sample_weight) batches.

    Attributes:
        steps: number of batches in a pass; None if the iterable does not tell it.
    """

    batch_size = 32  # assumed until the first batch comes

    def __init__(self, source: Iterable[Any], dtype: Any) -> None:
        self.source, self.dtype = source, np.dtype(dtype)
        self.steps: int | None = length(source)
        self.weigh(None, "same")

    def weigh(self, class_weight: Any, targets: str) -> None:
        """Multiplies the sample weights of every batch by class weights; see :func:`class_weighted`."""
        self._class_weight, self._targets = class_weight, targets

    def first(self) -> Any:
        """The x of the first batch, which ``epoch`` still yields."""
        iterator = iter(self.source)
        try:
            first = next(iterator)
        except StopIteration:
            raise DataError("The iterable of batches is empty: it gave no batch.") from None
        if iterator is self.source:  # a generator gives each batch once
            self.source = itertools.chain([first], iterator)
        return all_numbers("x", unpack(first)[0])

    def order(self, shuffle: Any, owner: Any) -> np.ndarray | None:
        """None: the batches come in the iterable's own order."""
        return None

    def epoch(self, workspace: Workspace, order: np.ndarray | None = None, taken: int = 0) -> "StreamEpoch":
        """All batches once, except the first ``taken``."""
        return StreamEpoch(map(self._converted, itertools.islice(self.source, taken, None)), order, taken)

    def _converted(self, batch: Any) -> Batch:
        x, y, w = unpack(batch)
        w = class_weighted(y, self._class_weight, w, self.dtype, self._targets)
        one = Arrays(x, y, w, None, self.dtype)
        if type(one.x) is np.ndarray:
            return np.asarray(one.x, self.dtype), one.y, one.sample_weight
        return one.batch(slice(None), Workspace())


class NumberedBatches(Batches):
    """A :class:`~minikeras.utils.PyDataset`: batches by number, shuffled as whole batches, as in Keras."""

    source: PyDataset  # type: ignore[assignment]

    def __init__(self, source: PyDataset, dtype: Any) -> None:
        super().__init__((), dtype)
        self.source, self.steps = source, source.num_batches

    def first(self) -> Any:
        if self.steps == 0:
            raise DataError("The PyDataset has no batches.")
        return all_numbers("x", unpack(self.source[0])[0])

    def order(self, shuffle: Any, owner: Any) -> np.ndarray | None:
        """The batches' order in the next pass, from Python's ``random`` as in Keras."""
        if not shuffle or self.steps is None:
            return None
        order = list(range(self.steps))
        python_random.shuffle(order)
        return np.array(order, np.int64)

    def epoch(self, workspace: Workspace, order: np.ndarray | None = None, taken: int = 0) -> "StreamEpoch":
        return StreamEpoch(map(self._converted, self._numbered(order, taken)), order, taken)

    def _numbered(self, order: np.ndarray | None, taken: int) -> Iterator[Any]:
        self.source.on_epoch_begin()
        everything = itertools.count() if self.steps is None else range(self.steps)
        for i in itertools.islice(everything if order is None else order.tolist(), taken, None):
            yield self.source[i]
        self.source.on_epoch_end()


class StreamEpoch:
    """One pass over an iterable of batches.

    Attributes:
        order: of the numbered batches; None for the iterable's own.
        taken: number of batches already given.
    """

    def __init__(self, batches: Iterator[Batch], order: np.ndarray | None, taken: int) -> None:
        self._batches, self.order, self.taken = batches, order, taken

    def __iter__(self) -> "StreamEpoch":
        return self

    def __next__(self) -> Batch:
        batch = next(self._batches)
        self.taken += 1
        return batch


def length(source: Any) -> int | None:
    """len(source), or None for an iterable that has none or refuses to tell it.

    >>> length([1, 2]), length(iter([1, 2]))
    (2, None)
    """
    try:
        return len(source)
    except (TypeError, ValueError, OverflowError, NotImplementedError):  # tf.data: TypeError; infinite: OverflowError
        return None


def is_endless(source: Any) -> bool:
    """True if the source is known to give batches for ever: ``itertools.cycle``, or tf.data's ``repeat()``."""
    cardinality = getattr(source, "cardinality", None)
    return isinstance(source, itertools.cycle) or (callable(cardinality) and int(cardinality()) == -1)


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
