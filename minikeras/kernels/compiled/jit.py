"""How a loop becomes a kernel: Numba compiles it at its first call, and keeps the result on disk for the next process.

Where there is no folder to keep it in (a read-only installation without a home directory), every process compiles
anew. Several processes may compile at once: Numba writes its files under another name and renames them.
``NUMBA_CACHE_DIR`` names another folder.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit


def kernel(loop: Callable[..., Any], **options: Any) -> Any:
    """The compiled loop: without the GIL, and with NaN and infinity as IEEE 754 has them (no ``fastmath``)."""
    try:
        return njit(cache=True, nogil=True, **options)(loop)
    except RuntimeError:  # no folder can be written to
        return njit(nogil=True, **options)(loop)


def elementwise(loop: Callable[..., Any]) -> Any:
    """A kernel on arrays of any shape and layout from a loop over flat ones."""
    compiled = kernel(loop, error_model="numpy")
    output = 3 if loop.__name__.endswith("_backward") else 1

    @functools.wraps(loop)
    def on_any_shape(*arguments: Any) -> None:
        flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments]
        compiled(*flat)
        out = arguments[output]
        if not out.flags.c_contiguous:  # then flattening it made a copy
            out[...] = flat[output].reshape(out.shape)

    on_any_shape.loop = compiled  # type: ignore[attr-defined]
    return on_any_shape
