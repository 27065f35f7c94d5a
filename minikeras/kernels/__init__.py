"""The math of the engine, as functions on arrays.

Every kernel exists twice under one name: in :mod:`~minikeras.kernels.reference`, in plain NumPy, which reads like
the equation and takes any dtype, complex numbers too (the complex step of the gradient checks needs that); and in
:mod:`~minikeras.kernels.compiled`, a Numba loop over float32 or float64. Tests hold the two equal.

The contract of a kernel: ``name(inputs…, outputs…)``. It allocates no output, checks nothing, and changes only what
its docstring marks as an output. Letters are fixed: N batch, D inputs, K units or classes; a leading d means ∂L/∂.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import numpy as np

from .. import config
from . import reference

_REAL = frozenset(kind(name) for name in ("float32", "float64") for kind in (str, np.dtype))
_compiled: ModuleType | None = None

Call = tuple[str, tuple[Any, ...]]
_calls: ContextVar[list[Call] | None] = ContextVar("calls", default=None)


def select(dtype: Any) -> Any:
    """The kernels for a dtype: compiled ones for float32 and float64, unless the backend is "numpy".

    Numba is imported at the first call that needs it.
    """
    global _compiled
    if dtype not in _REAL or config._backend == "numpy":
        return reference
    if _compiled is None:
        from . import compiled

        _compiled = compiled
    calls = _calls.get()
    return _compiled if calls is None else _Recorder(_compiled, calls)


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
    try:
        yield calls
    finally:
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
