"""Which classic mistake is it? A zoo of mistakes to plant, what each does to accuracy, and the diagnosis of a gradient.

>>> import numpy as np
>>> print(diagnose(np.array([1.0, -2.0]), np.array([-1.0, 2.0])))
sign: the gradient has the wrong sign: it climbs.
"""

from . import zoo
from .diagnose import Diagnosis, diagnose
from .lesson import Lesson, lesson
from .zoo import MUTANTS, mutant

__all__ = ["MUTANTS", "Diagnosis", "Lesson", "diagnose", "lesson", "mutant", "zoo"]
