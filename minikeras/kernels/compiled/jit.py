"""How a loop becomes a kernel: Numba compiles it at its first call, and keeps the result on disk for the next process.

Where there is no folder to keep it in (a read-only installation without a home directory), every process compiles
anew. Several processes may compile at once: Numba writes its files under another name and renames them.
``NUMBA_CACHE_DIR`` names another folder.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from numba import njit


def kernel(loop: Callable[..., Any], **options: Any) -> Any:
    """The compiled loop: without the GIL, and with NaN and infinity as IEEE 754 has them (no ``fastmath``)."""
    try:
        return njit(cache=True, nogil=True, **options)(loop)
    except RuntimeError:  # no folder can be written to
        return njit(nogil=True, **options)(loop)


def flat(loop: Callable[..., Any]) -> Any:
    """A kernel over the entries of arrays of any shape: the loop sees them flat. ``.loop`` is the compiled loop."""
    compiled = kernel(loop)

    @wraps(loop)
    def run(*arguments: Any) -> None:
        compiled(*[a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments])

    run.loop = compiled  # type: ignore[attr-defined]
    return run
