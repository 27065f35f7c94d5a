"""One call of a compiled kernel on the arrays of many parameters.

A call from Python takes some microseconds, which is more than the update of a bias. A kernel that has an ``each``, as
``sgd`` has, goes over a table of addresses instead.
"""

from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np

from .. import kernels

#: Number of entries from which an array has a call of its own, since the cores share such a call (compiled/jit.py).
LONG = 1 << 18


class Together:
    """The arrays of some parameters, for kernels that take a group of them, such as w and g.

    Args:
        lists: for each argument of the kernel a list of arrays, one for each parameter; None for an argument that is
            None.

    Attributes:
        dtype: of all arrays; None if there are several.

    >>> w, g = [np.ones(2), np.ones((2, 1))], [np.full(2, 0.5), np.full((2, 1), 0.25)]
    >>> together = Together([w, g])
    >>> together.run("sgd", (np.float64(1),))
    >>> w[0], w[1].ravel(), together.is_of([w, g])
    (array([0.5, 0.5]), array([0.75, 0.75]), True)
    """

    def __init__(self, lists: Sequence[Sequence[Any] | None]) -> None:
        self._ids = [arrays and [*map(id, arrays)] for arrays in lists]
        count = len(next(arrays for arrays in lists if arrays is not None))
        self._groups = list(zip(*([None] * count if arrays is None else arrays for arrays in lists), strict=True))
        dtypes = {a.dtype for group in self._groups for a in group if a is not None}
        self.dtype: Any = dtypes.pop() if len(dtypes) == 1 else None
        short = [self.dtype is not None and all(map(_is_short, group)) for group in self._groups]
        self._alone = [g for g, is_short in zip(self._groups, short, strict=True) if not is_short]
        # A row for each short one: the number of entries, and the address of each array; 0 for None.
        rows = [[g[0].size, *(0 if a is None else a.ctypes.data for a in g)] for g in compress(self._groups, short)]
        self._table = np.array(rows) if rows else None

    def is_of(self, lists: Sequence[Sequence[Any] | None]) -> bool:
        """True if it was made of these very arrays."""
        return [arrays and [*map(id, arrays)] for arrays in lists] == self._ids

    def run(self, name: str, numbers: tuple[Any, ...]) -> None:
        """Runs a kernel on each group of arrays, followed by the numbers."""
        kernel = getattr(kernels.select(self.dtype), name)
        each = None if self._table is None else getattr(kernel, "each", None)
        for group in self._groups if each is None else self._alone:
            kernel(*group, *numbers)
        if each is not None:
            each(self._table, self.dtype.type(0), *numbers)


def _is_short(array: Any) -> bool:
    return array is None or (array.flags.c_contiguous and array.size < LONG)
