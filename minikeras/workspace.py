"""Arrays that a training run uses again at every step.

A layer asks for each output array it needs: ``self.buffer("y", shape)``. By default that is a new array, which
the caller may keep. In a pass that has a :class:`Workspace`, the same call of the pass gets the same memory at
every step, so that training allocates nothing after the first one; a shorter last batch takes a part of it.

>>> workspace = Workspace()
>>> full, short = workspace.get("y", (32, 10), "float32"), workspace.get("y", (7, 10), "float32")
>>> np.shares_memory(full, short), workspace.get("y", (32, 10), "float32") is full
(True, True)
"""

import math
from collections.abc import Hashable
from typing import Any

import numpy as np


class Workspace:
    """Memory by key: one block each, as large as the largest request, and a view for each shape asked for.

    A copy (``copy.deepcopy``, pickle) is empty.
    """

    def __init__(self) -> None:
        self._blocks: dict[Hashable, np.ndarray] = {}
        self._views: dict[Hashable, np.ndarray] = {}

    def get(self, key: Hashable, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """An uninitialised C-contiguous array, the same one for the same arguments."""
        view = self._views.get((key, shape, dtype))
        if view is None:
            size = math.prod(shape)
            block = self._blocks.get((key, dtype))
            if block is None or block.size < size:
                self._views = {k: v for k, v in self._views.items() if (k[0], k[2]) != (key, dtype)}  # type: ignore[index]
                block = self._blocks[key, dtype] = np.empty(size, dtype)
            view = self._views[key, shape, dtype] = block[:size].reshape(shape)
        return view

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return Workspace, ()
