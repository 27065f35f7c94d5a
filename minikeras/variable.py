"""Variable: a parameter under Keras's name and with its constructor's arguments."""

from typing import Any

import numpy as np

from . import config, initializers
from .parameter import Parameter
from .tensor import value


class Variable(Parameter):
    """An array that layers, metrics and training loops change.

    Args (as in Keras):
        initializer: the initial value; or an initializer or a function of (shape, dtype), with ``shape``.
        shape: of the value, where an initializer makes it.
        dtype: default ``floatx`` for floats; of an array, its own.
        trainable: whether gradients by it are wanted.
        name: default "variable", numbered.

    Keras's ``autocast``, ``aggregation``, ``synchronization``, ``layout`` are accepted and have no effect.

    >>> v = Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0])
    >>> v * 2, v.numpy(), v.dtype.name
    (array([4., 6.], dtype=float32), array([2., 3.], dtype=float32), 'float32')
    """

    __slots__ = ()

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        name: str | None = None,
        layout: Any = None,
        **unused: Any,
    ) -> None:
        name = name or config.unique_name(type(self).__name__)
        if callable(initializer) or isinstance(initializer, str | dict):
            if shape is None:
                raise ValueError(f"A Variable needs a `shape` with the initializer {initializer!r}.")
            kind = np.dtype(dtype or config.floatx())
            initializer = initializers.get(initializer) if isinstance(initializer, str | dict) else initializer
            start = np.array(value(initializer(tuple(np.atleast_1d(shape).tolist()), dtype=kind.name)), kind)
        else:
            given = value(initializer)
            if dtype is None and not isinstance(given, np.ndarray | np.generic):
                dtype = config.floatx() if np.asarray(given).dtype.kind == "f" else "int32"
            start = np.array(given, dtype)
        super().__init__(start, name, name, trainable)
