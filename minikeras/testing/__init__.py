"""Is my gradient right? Checks for models, custom layers, losses and optimizers.

>>> from minikeras import layers
>>> print(check_layer(layers.Dense(2, name="d"), (3,), methods="direction", seed=1))     # doctest: +ELLIPSIS
Gradient check of d (Dense) in float64: passed
...
"""

from typing import Any

from .check import check_gradients, check_layer, check_loss
from .result import GradientCheck, GradientError, Row
from .subjects import step_gradients
from .updates import update_error

__all__ = [
    "GradientCheck",
    "GradientError",
    "Row",
    "check_gradients",
    "check_layer",
    "check_loss",
    "step_gradients",
    "update_error",
]


def __getattr__(name: str) -> Any:
    if name in ("MUTANTS", "mutant"):  # mistakes to plant, for checks of checks
        from .. import bugs

        return getattr(bugs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
