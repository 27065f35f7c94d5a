"""What the preprocessing layers share: no casting of the input, no derivative, and batches for ``adapt``."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..base import Layer


class IndexLayer(Layer):
    """A layer whose output is an index or a code of one: nothing flows back through it.

    Its input keeps its dtype: integers stay integers and strings stay strings.
    """

    _casts_inputs = False

    def __init__(self, *, dtype: Any = None, **kwargs: Any) -> None:
        self._integer_dtype = str(dtype) if str(dtype) in ("int32", "int64") else None
        super().__init__(dtype=None if self._integer_dtype else dtype, **kwargs)

    def backward(self, dy: np.ndarray) -> Any:
        """None: an index has no derivative."""
        return None


def batches(data: Any, steps: int | None = None) -> Iterator[np.ndarray]:
    """The arrays that ``adapt`` learns from: an array or a list of values is one, an iterable gives many.

    Of a tuple (x, y) in an iterable only x is read. ``steps`` limits how many are read of an iterable.
    """
    if isinstance(data, np.ndarray | list | tuple) or hasattr(data, "__array__"):
        yield np.asarray(data)
        return
    for i, batch in enumerate(data):
        if steps is not None and i >= steps:
            return
        yield np.asarray(batch[0] if isinstance(batch, tuple) else batch)
