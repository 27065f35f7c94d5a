"""The math of the engine, as functions on arrays.

Every kernel exists twice under one name: in :mod:`~minikeras.kernels.reference`, in plain NumPy, which reads like
the equation and takes any dtype, complex numbers too (the complex step of the gradient checks needs that); and in
:mod:`~minikeras.kernels.compiled`, a Numba loop over float32 or float64. Tests hold the two equal.

The contract of a kernel: ``name(inputs…, outputs…)``. It allocates no output, checks nothing, and changes only what
its docstring marks as an output. Letters are fixed: N batch, D inputs, K units or classes; a leading d means ∂L/∂.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from .. import config
from . import reference

_REAL = frozenset(kind(name) for name in ("float32", "float64") for kind in (str, np.dtype))

Call = tuple[str, tuple[Any, ...]]
_calls: ContextVar[list[Call] | None] = ContextVar("calls", default=None)
_recordings, _counting = 0, threading.Lock()


def select(dtype: Any) -> Any:
    """The kernels for a dtype: compiled ones for float32 and float64, unless the backend is "numpy".

    Numba is imported at the first call that needs it.
    """
    kernels = _kernels_for(dtype)
    return _noting(kernels) if _recordings else kernels


@cache
def _kernels_for(dtype: Any) -> Any:
    if dtype not in _REAL or config.backend() == "numpy":
        return reference
    from . import compiled

    return compiled


config.when_backend_changes.append(_kernels_for.cache_clear)


def _noting(kernels: Any) -> Any:
    """Compiled kernels that note their calls, in a thread that records."""
    calls = _calls.get()
    return kernels if calls is None or kernels is reference else _Recorder(kernels, calls)


def _count(change: int) -> None:
    """One more or fewer thread that records."""
    global _recordings
    with _counting:
        _recordings += change


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Notes which compiled kernels run inside the ``with`` block, and on what.

    >>> with recorded() as calls:
    ...     select("float32").add_bias(np.zeros((2, 3), "float32"), np.ones(3, "float32"))
    >>> [name for name, arguments in calls]
    ['add_bias']
    """
    calls: list[Call] = []
    token = _calls.set(calls)
    _count(+1)
    try:
        yield calls
    finally:
        _count(-1)
        _calls.reset(token)


class _Recorder:
    """Kernels that note each call before they do their work."""

    def __init__(self, kernels: ModuleType, calls: list[Call]) -> None:
        self._kernels, self._noted = kernels, calls

    def __getattr__(self, name: str) -> Any:
        kernel = getattr(self._kernels, name)

        def run(*arguments: Any) -> None:
            self._noted.append((name, arguments))
            kernel(*arguments)

        return run
