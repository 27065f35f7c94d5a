"""Classes as vectors of 0 and 1."""

from typing import Any

import numpy as np

from ... import config
from ..base import constant


@constant
def one_hot(x: Any, /, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the class of each entry along a new axis, 0 elsewhere; all 0 for a class out of range."""
    x = np.asarray(x)
    hot = x.astype(np.int64)[..., None] == np.arange(num_classes)
    return np.moveaxis(hot, -1, axis).astype(dtype or config.floatx())


@constant
def multi_hot(inputs: Any, /, num_classes: Any = None, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the classes that occur along the last axis, 0 elsewhere."""
    inputs = np.asarray(inputs)
    hot = inputs.astype(np.int64)[..., None] == np.arange(num_classes)
    over = 1 if inputs.ndim > 1 else 0
    return hot.any(over).astype(dtype or config.floatx())
