"""Gradient checks for models, custom layers and losses; the bug zoo; and which mistake a wrong gradient shows.

>>> from minikeras import layers
>>> print(check_layer(layers.Dense(2, name="d"), (3,), methods="direction", seed=1))     # doctest: +ELLIPSIS
Gradient check of d (Dense) in float64: passed
...
"""

from . import zoo
from .check import check_gradients, check_layer, check_loss
from .diagnose import Diagnosis, diagnose
from .lesson import Lesson, lesson
from .result import GradientCheck, GradientError, Row
from .subjects import step_gradients
from .updates import update_error
from .zoo import MUTANTS, mutant

__all__ = [
    "MUTANTS",
    "Diagnosis",
    "GradientCheck",
    "GradientError",
    "Lesson",
    "Row",
    "check_gradients",
    "check_layer",
    "check_loss",
    "diagnose",
    "lesson",
    "mutant",
    "step_gradients",
    "update_error",
    "zoo",
]
