"""The math of the engine, as functions on arrays.

Every kernel exists twice under one name: in :mod:`~minikeras.kernels.reference`, in plain NumPy, which reads like
the equation and takes any dtype, complex numbers too (the complex step of the gradient checks needs that); and in
:mod:`~minikeras.kernels.compiled`, a Numba loop over float32 or float64. Tests hold the two equal.

The contract of a kernel: ``name(inputs…, outputs…)``. It allocates no output, checks nothing, and changes only what
its docstring marks as an output. Letters are fixed: N batch, D inputs, K units or classes; a leading d means ∂L/∂.
"""

from types import ModuleType
from typing import Any

import numpy as np

from .. import config
from . import reference

_REAL = frozenset((np.dtype("float32"), np.dtype("float64")))
_compiled: ModuleType | None = None


def select(dtype: Any) -> Any:
    """The kernels for a dtype: compiled ones for float32 and float64, unless the backend is "numpy".

    Numba is imported at the first call that needs it.
    """
    global _compiled
    if dtype not in _REAL or config.backend() == "numpy":
        return reference
    if _compiled is None:
        from . import compiled

        _compiled = compiled
    return _compiled
