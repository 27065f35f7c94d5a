"""Keras's names for dtype policies from before ``keras.dtype_policies``. There is no mixed precision here.

>>> set_global_policy("mixed_float16")
Traceback (most recent call last):
minikeras.errors.UnsupportedError: minikeras has no mixed precision: ...
"""

from typing import Any

from .config import dtype_policy, set_dtype_policy
from .dtype_policies import DTypePolicy

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy

__all__ = [
    "DTypePolicy",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
_LATER = ("LossScaleOptimizer",)
__all__ += _LATER


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from . import optimizers
        from .errors import missing

        return getattr(optimizers, name, missing(f"keras.mixed_precision.{name}", "There is no mixed precision."))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
