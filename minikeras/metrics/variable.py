"""An array of a metric's state."""

from typing import Any

import numpy as np

from ..errors import ShapeError


class MetricVariable(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of a metric's state; NumPy's functions and operators take it for its value.

    >>> count = MetricVariable(np.zeros(2), "count")
    >>> count.assign_add([1, 2])
    <MetricVariable name=count, value=[1. 2.]>
    >>> count / 2, float(np.sum(count)), float(count[1])
    (array([0.5, 1. ]), 3.0, 2.0)
    """

    def __init__(self, value: Any, name: str = "variable") -> None:
        self.value, self.name = np.asarray(value)[()], name  # a scalar where there is no axis: faster to add to

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> str:
        return self.value.dtype.name

    def assign(self, value: Any) -> "MetricVariable":
        """Takes a value of the variable's shape.

        Raises:
            ShapeError: for another shape.
        """
        return self._take(np.asarray(value, self.value.dtype)[()])

    def assign_add(self, value: Any) -> "MetricVariable":
        """Adds a value that stretches to the variable's shape."""
        return self._take(self.value + np.asarray(value, self.value.dtype)[()])

    def assign_sub(self, value: Any) -> "MetricVariable":
        """Subtracts a value that stretches to the variable's shape."""
        return self._take(self.value - np.asarray(value, self.value.dtype)[()])

    def _take(self, value: Any) -> "MetricVariable":
        if value.shape != self.value.shape:
            raise ShapeError(
                f"The variable {self.name!r} of a metric has shape {self.shape}. Received: value.shape={value.shape}"
            )
        self.value = value
        return self

    def numpy(self) -> np.ndarray:
        """The value."""
        return self.value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype) if copy else np.asarray(self.value, dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        inputs = tuple(x.value if isinstance(x, MetricVariable) else x for x in inputs)
        return getattr(ufunc, method)(*inputs, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return f"<MetricVariable name={self.name}, value={self.value}>"
