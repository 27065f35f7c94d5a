"""A trained array and its gradient.

>>> p = Parameter(np.array([1.0, 2.0]), name="bias", path="dense/bias")
>>> p.grad[...] = 0.5
>>> p
<Parameter path=dense/bias, shape=(2,), dtype=float64>
>>> np.asarray(p)
array([1., 2.])
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import ShapeError
from .running import running
from .tensor import Arithmetic
from .tensor import value as plain


class Parameter(Arithmetic):
    """What an optimizer changes: a value, and ∂L/∂value beside it.

    ``value`` is one array for the whole life of the parameter: every update writes into it. ``grad`` has the
    same shape and dtype, is made at first use, and every ``backward`` overwrites it, so there is nothing to zero.

    Args:
        value: the initial array; kept, not copied.
        name: its name within the layer, such as "kernel".
        path: its name within the model, in Keras's form, such as "sequential/dense/kernel".
        trainable: whether optimizers see it.
        regularizer, constraint: applied to it by the trainer.

    Attributes:
        rows: where the last backward pass wrote few rows of ``grad`` (Embedding): their indices, one for each time
            that a row was read; all other rows are 0. None: any row may be written.
        row_gradients: (len(rows), …), ∂L/∂row of each such time; ``grad`` holds their sums. Keras on TensorFlow squares
            these, not their sums, where an optimizer squares the gradient.
    """

    __slots__ = ("_grad", "constraint", "name", "path", "regularizer", "row_gradients", "rows", "trainable", "value")

    def __init__(
        self,
        value: np.ndarray,
        name: str = "parameter",
        path: str | None = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.value = value
        self.name = name
        self.path = path or name
        self.trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint
        self.rows: np.ndarray | None = None
        self.row_gradients: np.ndarray | None = None
        self._grad: np.ndarray | None = None

    @property
    def grad(self) -> np.ndarray:
        """∂L/∂value of the last backward pass (zeros before the first)."""
        if self._grad is None:
            self._grad = np.zeros_like(self.value)
        return self._grad

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    def assign(self, value: Any) -> None:
        """Writes a value into the array.

        Raises:
            ShapeError: if its shape differs.
        """
        value = np.asarray(plain(value))
        if value.shape != self.shape:
            raise ShapeError(
                f"The shape of the target variable and the shape of the target value in `variable.assign(value)` "
                f"must match. variable.path={self.path}, variable.shape={self.shape}, "
                f"Received: value.shape={value.shape}"
            )
        self.value[...] = value

    def assign_add(self, value: Any) -> None:
        """Adds to the array."""
        self.assign(self.value + plain(value))

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the array."""
        self.assign(self.value - plain(value))

    @property
    def array(self) -> np.ndarray:
        return self.value

    @property
    def is_live(self) -> bool:
        call = running()
        return call is not None and call.over.record and (self.trainable or id(self) in call.over.live)

    @property
    def ndim(self) -> int:
        return self.value.ndim

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def numpy(self) -> np.ndarray:
        """A copy of the value."""
        return self.value.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<Parameter path={self.path}, shape={self.shape}, dtype={self.dtype}>"
