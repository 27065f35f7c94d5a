"""Arrays that a training run uses again at every step.

A layer asks for each output array it needs: ``self.buffer("y", shape)``. By default that is a new array, which
the caller may keep. In a pass that has a :class:`Workspace`, the same call of the pass gets the same memory at
every step, so that training allocates nothing after the first one; a shorter last batch takes a part of it.

>>> workspace = Workspace()
>>> full, short = workspace["y", (32, 10), "float32"], workspace["y", (7, 10), "float32"]
>>> np.shares_memory(full, short), workspace["y", (32, 10), "float32"] is full
(True, True)
"""

import math
from collections.abc import Hashable
from typing import Any

import numpy as np


class Workspace(dict[tuple[Hashable, tuple[int, ...], Any], np.ndarray]):
    """``workspace[key, shape, dtype]`` is an uninitialised C-contiguous array, always the same one.

    Each key has one block of memory for each dtype, as large as the largest request; the arrays are views of it. A copy
    (``copy.deepcopy``, pickle) is empty.
    """

    def __init__(self) -> None:
        self._blocks: dict[Hashable, np.ndarray] = {}

    def __missing__(self, wanted: tuple[Hashable, tuple[int, ...], Any]) -> np.ndarray:
        key, shape, dtype = wanted
        size = math.prod(shape)
        block = self._blocks.get((key, dtype))
        if block is None or block.size < size:
            for old in [k for k in self if (k[0], k[2]) == (key, dtype)]:
                del self[old]
            block = self._blocks[key, dtype] = np.empty(size, dtype)
        view = self[wanted] = block[:size].reshape(shape)
        return view

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return Workspace, ()


class New:
    """``new[key, shape, dtype]`` is a new array each time."""

    def __getitem__(self, wanted: tuple[Hashable, tuple[int, ...], Any]) -> np.ndarray:
        return np.empty(wanted[1], wanted[2])


NEW = New()
