"""Sets that weights are brought back to after every update.

With w an array, ‖w‖ its Euclidean norms along ``axis`` (the columns' norms for axis 0: one per unit of a
Dense kernel of shape (D, K)), and ε = ``config.epsilon()``::

    (1)  MaxNorm:     w · min(‖w‖, max) / (ε + ‖w‖)
    (2)  NonNeg:      max(w, 0)
    (3)  UnitNorm:    w / (ε + ‖w‖)
    (4)  MinMaxNorm:  w · (rate · clip(‖w‖, min, max) + (1 − rate) · ‖w‖) / (ε + ‖w‖)

A constraint is called with w and gives a new array of the same shape and dtype; w stays as it is.

>>> w = np.array([[3.0, 0.3], [4.0, 0.4]])  # columns of norm 5 and 0.5
>>> MaxNorm(max_value=1.0)(w).round(3)
array([[0.6, 0.3],
       [0.8, 0.4]])
"""

from typing import Any, Self

import numpy as np

from . import config as settings
from .registry import Registry

_registry = Registry("constraint", "keras.constraints")


class Constraint:
    """The base of all constraints: ``__call__(w)`` gives the nearest allowed weights; here w itself."""

    def __call__(self, w: np.ndarray) -> np.ndarray:
        """The projection of w."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The constraint that a config describes."""
        return cls(**config)


class MaxNorm(Constraint):
    """No norm above ``max_value``, equation (1). Also "max_norm".

    Args:
        max_value: the largest norm.
        axis: the axis or axes that a norm sums over; 0 for a Dense kernel, [0, 1, 2] for a convolution's.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w, norms = _with_norms(w, self.axis)
        return _rescaled(w, norms, np.clip(norms, 0, self.max_value))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """No negative weights, equation (2). Also "non_neg".

    >>> NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __call__(self, w: np.ndarray) -> np.ndarray:
        return np.maximum(w, 0)


class UnitNorm(Constraint):
    """Every norm 1, equation (3). Also "unit_norm".

    Args:
        axis: the axis or axes that a norm sums over.

    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(6)
    array([[0.6],
           [0.8]])
    """

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w, norms = _with_norms(w, self.axis)
        return w / (norms.dtype.type(settings.epsilon()) + norms)

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Every norm between ``min_value`` and ``max_value``, equation (4). Also "min_max_norm".

    Args:
        min_value, max_value: the bounds.
        rate: 1 goes to the bound at once, less goes that part of the way at each step.
        axis: the axis or axes that a norm sums over.

    >>> MinMaxNorm(min_value=1.0, max_value=2.0, rate=0.5)(np.array([4.0])).round(6)  # half way from 4 to 2
    array([3.])
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w, norms = _with_norms(w, self.axis)
        desired = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return _rescaled(w, norms, desired)

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


def _with_norms(w: Any, axis: Any) -> tuple[np.ndarray, np.ndarray]:
    w = np.asarray(w)
    axes = tuple(axis) if isinstance(axis, list) else axis
    return w, np.sqrt(np.sum(np.square(w), axis=axes, keepdims=True))


def _rescaled(w: np.ndarray, norms: np.ndarray, desired: np.ndarray) -> np.ndarray:
    return w * (desired / (norms.dtype.type(settings.epsilon()) + norms))


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm

_registry.add(Constraint, "constraint")
_registry.add(MaxNorm, "max_norm")
_registry.add(NonNeg, "non_neg")
_registry.add(UnitNorm, "unit_norm")
_registry.add(MinMaxNorm, "min_max_norm")
serialize = _registry.serialize
deserialize = _registry.deserialize


def get(identifier: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint that a name, a config, a class, a function or an object means; None stays None.

    Raises:
        ValueError: for an unknown name or anything that cannot be called.

    >>> get("max_norm").get_config()
    {'max_value': 2, 'axis': 0}
    """
    return _registry.get(identifier, custom_objects)
