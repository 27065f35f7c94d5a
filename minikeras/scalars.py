"""Hyper-parameters on their way to the arrays that they multiply."""

from typing import Any

import numpy as np


def scalar(value: float, dtype: Any) -> Any:
    """A hyper-parameter in an array's dtype, rounded to float32 on the way.

    Keras on TensorFlow makes a float32 tensor of a Python float before it casts it, even to float64: a
    momentum of 0.9 is 0.8999999761581421 there. Following it keeps float64 runs equal to the last digits.

    >>> float(scalar(0.9, np.dtype("float64")))
    0.8999999761581421
    """
    return dtype.type(np.float32(value))
