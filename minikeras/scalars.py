"""Hyper-parameters on their way to the arrays that they multiply."""

from typing import Any

import numpy as np

from .random import state


def rounded(value: float) -> float:
    """A hyper-parameter rounded to float32, or as it is while the random stream is that of JAX.

    Keras on TensorFlow makes a float32 tensor of a Python float before it casts it, even to float64: a
    momentum of 0.9 is 0.8999999761581421 there; on JAX it is 0.9. Following it keeps float64 runs equal to the last
    digits.

    >>> rounded(0.9)
    0.8999999761581421
    """
    return float(np.float32(value)) if state.stream() == "tensorflow" else float(value)


def scalar(value: float, dtype: Any) -> Any:
    """A hyper-parameter as :func:`rounded` gives it, in an array's dtype."""
    return dtype.type(rounded(value))
