"""A dataset that is iterated anew for every epoch, with the methods of ``tf.data.Dataset`` that programs use.

>>> import numpy as np
>>> dataset = Dataset.from_tensor_slices((np.arange(5), np.arange(5) % 2))
>>> for x, y in dataset.map(lambda x, y: (10 * x, y)).batch(2):
...     print(x, y)
[ 0 10] [0 1]
[20 30] [0 1]
[40] [0]
"""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .. import random as streams
from .. import tree
from ..random import tensorflow_stream
from ..tensor import plain, wrapped

_DEFAULT_SEED = 87654321
INFINITE, UNKNOWN = -1, -2


class Dataset:
    """Elements that ``make()`` gives anew at every iteration.

    An element is a tensor, or a tuple or dictionary of tensors. Each method returns a new dataset.

    Args:
        make: returns an iterator over the elements.
        size: the number of elements; -1 if there is no end, -2 if the number is not known.

    Differs from Keras: Keras returns a ``tf.data.Dataset``. Here ``map`` calls its function for one element after the
    other, and ``prefetch`` does nothing.
    """

    AUTOTUNE = -1
    class_names: list[str] | None = None
    file_paths: list[str]

    def __init__(self, make: Callable[[], Iterator[Any]], size: int = UNKNOWN) -> None:
        self._make = make
        self._size = size

    @staticmethod
    def from_tensor_slices(tensors: Any) -> "Dataset":
        """The rows of arrays of one length, in the arrays' own nesting.

        Raises:
            ValueError: if the lengths differ.
        """
        arrays = _arrays(tensors)
        sizes = {len(array) for array in tree.flatten(arrays)}
        if len(sizes) != 1:
            raise ValueError(f"from_tensor_slices expects arrays of one length. Received lengths: {sorted(sizes)}")
        (n,) = sizes
        return Dataset(lambda: _rows(arrays), n)

    @staticmethod
    def from_tensors(tensors: Any) -> "Dataset":
        """One element."""
        return Dataset(lambda: iter([_arrays(tensors)]), 1)

    @staticmethod
    def from_generator(generator: Callable[[], Iterable[Any]], *args: Any, **kwargs: Any) -> "Dataset":
        """The elements that a generator function yields; what else TensorFlow takes has no effect."""
        return Dataset(lambda: (_arrays(element) for element in generator()))

    @staticmethod
    def range(*args: int) -> "Dataset":
        """Integers, as Python's ``range``."""
        numbers = range(*args)
        return Dataset(lambda: (np.int64(i) for i in numbers), len(numbers))

    @staticmethod
    def zip(*datasets: Any) -> "Dataset":
        """Tuples of one element of each dataset, as long as the shortest."""
        parts = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], tuple | list) else datasets
        sizes = [part._size for part in parts]
        known = [size for size in sizes if size >= 0]
        size = UNKNOWN if UNKNOWN in sizes else min(known, default=INFINITE)
        return Dataset(lambda: zip(*(part._make() for part in parts), strict=False), size)

    def __iter__(self) -> Iterator[Any]:
        return map(_tensors, self._make())

    def __len__(self) -> int:
        """The number of elements.

        Raises:
            TypeError: if there is no end, or the number is not known.
        """
        if self._size == INFINITE:
            raise TypeError("The dataset is infinite.")
        if self._size == UNKNOWN:
            raise TypeError("The dataset length is unknown.")
        return self._size

    def __bool__(self) -> bool:
        return True

    def cardinality(self) -> int:
        """The number of elements; -1 if there is no end, -2 if it is not known."""
        return self._size

    @property
    def element_spec(self) -> Any:
        """(shape, dtype) of each array of the first element."""
        return tree.map_structure(lambda a: (np.shape(a), np.asarray(a).dtype.name), next(self._make()))

    def as_numpy_iterator(self) -> Iterator[Any]:
        """An iterator over the elements, as plain arrays."""
        return iter(self._make())

    def map(self, map_func: Callable[..., Any], *args: Any, **kwargs: Any) -> "Dataset":
        """``map_func(element)`` for every element; the parts of a tuple are separate arguments."""

        def apply(element: Any) -> Any:
            return tree.map_structure(plain, _called(map_func, element))

        return Dataset(lambda: map(apply, self._make()), self._size)

    def filter(self, predicate: Callable[..., Any]) -> "Dataset":
        """The elements for which ``predicate`` is true."""

        def keep(element: Any) -> bool:
            return bool(_called(predicate, element))

        return Dataset(lambda: filter(keep, self._make()))

    def enumerate(self, start: int = 0) -> "Dataset":
        """(number, element)."""
        return Dataset(lambda: ((np.int64(i), element) for i, element in enumerate(self._make(), start)), self._size)

    def batch(self, batch_size: int, drop_remainder: bool = False, **kwargs: Any) -> "Dataset":
        """So many elements stacked into one; the last batch may be shorter unless it is dropped."""
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")

        def batches() -> Iterator[Any]:
            elements = self._make()
            while rows := list(itertools.islice(elements, batch_size)):
                if len(rows) == batch_size or not drop_remainder:
                    yield tree.map_structure(lambda *parts: np.stack(parts), *rows)

        whole, rest = divmod(self._size, batch_size)
        return Dataset(batches, self._size if self._size < 0 else whole + bool(rest and not drop_remainder))

    def unbatch(self) -> "Dataset":
        """The rows of every element, one after the other."""

        return Dataset(lambda: itertools.chain.from_iterable(map(_rows, self._make())))

    def rebatch(self, batch_size: int, drop_remainder: bool = False) -> "Dataset":
        """Batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = None, **kwargs: Any
    ) -> "Dataset":
        """The elements in random order, drawn through a buffer.

        With a seed, the order is that of ``tf.data`` with the same seed, in every iteration, whether or not
        ``set_random_seed`` was called before. Without one, ``set_random_seed`` makes it reproducible, but in another
        order than TensorFlow's.

        Args (as in TensorFlow):
            buffer_size: the entries of the buffer; from the number of elements on, every order is equally likely.
            seed: an integer.
            reshuffle_each_iteration: False: the same order in every iteration.
        """
        given = streams.seed()
        first = _DEFAULT_SEED if given is None else given
        second = random.randrange(2**31) if seed is None else int(seed)
        pair = (first, second or (0 if first else 2**31 - 1))
        draws = tensorflow_stream.words(*pair)

        def shuffled() -> Iterator[Any]:
            seeds = pair if reshuffle_each_iteration is False else (next(draws), next(draws))
            return tensorflow_stream.buffer_order(seeds, self._make(), buffer_size)

        return Dataset(shuffled, self._size)

    def repeat(self, count: int | None = None) -> "Dataset":
        """The dataset so many times over; without an end for None and -1."""
        endless = count is None or count < 0
        times = itertools.count() if endless else range(count or 0)
        size = (INFINITE if endless else self._size * (count or 0)) if self._size >= 0 else self._size
        return Dataset(lambda: itertools.chain.from_iterable(self._make() for _ in times), size)

    def take(self, count: int) -> "Dataset":
        """The first elements; all of them for -1."""
        size = self._size if count < 0 else count if self._size == INFINITE else min(count, self._size)
        return Dataset(lambda: itertools.islice(self._make(), count if count >= 0 else None), size)

    def skip(self, count: int) -> "Dataset":
        """The elements after the first ones; none for -1."""
        if count < 0:
            return self.take(0)
        size = max(self._size - count, 0) if self._size >= 0 else self._size
        return Dataset(lambda: itertools.islice(self._make(), count, None), size)

    def concatenate(self, dataset: "Dataset") -> "Dataset":
        """These elements, then the other dataset's."""
        both = (self._size, dataset._size)
        size = INFINITE if INFINITE in both else UNKNOWN if UNKNOWN in both else sum(both)
        return Dataset(lambda: itertools.chain(self._make(), dataset._make()), size)

    def cache(self, filename: str = "") -> "Dataset":
        """The same elements, kept in memory from the first complete iteration on."""
        kept: list[Any] = []
        whole = False

        def elements() -> Iterator[Any]:
            nonlocal whole
            if whole:
                yield from kept
                return
            seen = []
            for element in self._make():
                seen.append(element)
                yield element
            kept[:] = seen
            whole = True

        return Dataset(elements, self._size)

    def prefetch(self, buffer_size: int | None = None, **kwargs: Any) -> "Dataset":
        """The same elements."""
        return Dataset(self._make, self._size)

    def with_options(self, options: Any) -> "Dataset":
        """The same elements."""
        return Dataset(self._make, self._size)

    def apply(self, transformation_func: Callable[["Dataset"], "Dataset"]) -> "Dataset":
        """``transformation_func(dataset)``."""
        return transformation_func(self)

    def __repr__(self) -> str:
        return f"<Dataset element_spec={self.element_spec}>"


def _tensors(element: Any) -> Any:
    """The element as programs see it: tensors, with ``numpy()`` and the operators of :mod:`minikeras.ops`."""
    return tree.map_structure(lambda part: wrapped(np.asarray(part)), element)


def _called(function: Callable[..., Any], element: Any) -> Any:
    """``function(element)``; the parts of a tuple are separate arguments."""
    tensors = _tensors(element)
    return function(*tensors) if type(tensors) is tuple else function(tensors)


def _rows(element: Any) -> Iterator[Any]:
    """The rows of the arrays of an element, in its nesting."""
    for i in range(len(tree.flatten(element)[0])):
        yield tree.map_structure(lambda array: array[i], element)  # noqa: B023


def _arrays(tensors: Any) -> Any:
    """The same tuples and dictionaries with arrays inside; a list is an array."""

    def array(part: Any) -> Any:
        return None if isinstance(part, tuple | dict) else np.asarray(part)

    return tree.traverse(array, tensors)
