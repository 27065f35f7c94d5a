"""What user code between operations sees: recorded arrays (Tensor) and symbols of a graph (KerasTensor).

Both have the same operators and methods; :mod:`minikeras.ops` fills them in, so that each is recorded with its
derivative.
"""

from typing import Any

import numpy as np


class Tensor(np.ndarray):
    """An array that operations gave; its operators, indexing and NumPy functions are recorded as ``ops``.

    Attributes:
        plain: the array itself, which recorded calls know.
        _keras_mask: which time steps count, or None; as in Keras.
    """

    plain: np.ndarray | None = None
    _keras_mask: Any = None

    def numpy(self) -> np.ndarray:
        """The numbers as a plain array."""
        return np.array(plain(self))

    def __repr__(self) -> str:
        return repr(plain(self))

    def __str__(self) -> str:
        return str(plain(self))


class KerasTensor:
    """A symbol: what stands for an array while a graph is made.

    Args:
        shape: sizes of the axes; None where unknown.
        dtype: its name.
        name: for display.

    Attributes:
        _keras_history: the operation that made it, which of its calls did, and which of the outputs it is.
    """

    _keras_history: Any = None

    def __init__(self, shape: Any, dtype: Any = "float32", name: str | None = None) -> None:
        from . import config

        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype).name if dtype != "string" else "string"
        self.name = name or config.unique_name("KerasTensor")
        self._keras_mask: Any = None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def wrapped(a: Any) -> Any:
    """The array as a Tensor; anything else as it is."""
    if type(a) is not np.ndarray:
        return a
    tensor = a.view(Tensor)
    tensor.plain = a
    return tensor


def plain(a: Any) -> Any:
    """The array behind a Tensor; anything else as it is."""
    if not isinstance(a, Tensor):
        return a
    return a.plain if a.plain is not None else a.view(np.ndarray)
