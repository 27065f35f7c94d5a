"""Penalties on weights, added to the loss.

With w an array of any shape, and sums over all its entries::

    (1)  L1:    R = l1 · Σ |w|               ∂R/∂w = l1 · sign(w), with sign(0) = 0
    (2)  L2:    R = l2 · Σ w²                ∂R/∂w = 2 · l2 · w
    (3)  L1L2:  the sum of both

and for a matrix w (I, J) with rows wᵢ, their norms rᵢ = max(‖wᵢ‖, 1e-12) and directions uᵢ = wᵢ/rᵢ::

    (4)  OrthogonalRegularizer:  R = c · Σ_{i≠j} |uᵢ·uⱼ|,  c = factor/(I (I − 1)): the mean |cos| of two rows
    (5)  gᵢ = ∂R/∂uᵢ = 2c · Σ_{j≠i} sign(uᵢ·uⱼ) uⱼ
    (6)  ∂R/∂wᵢ = (gᵢ − (gᵢ·uᵢ) uᵢ)/rᵢ

A regularizer is called with w and gives R in w's dtype; ``add_gradient(w, grad)`` adds ∂R/∂w to ``grad``.
Factors are rounded to float32 first, as in Keras on TensorFlow (:func:`minikeras.scalars.rounded`). A custom
regularizer is a function written with :mod:`minikeras.ops`, or a class whose ``__call__`` is; ``add_gradient`` may be
written out, too.

>>> w, grad = np.array([[1.0, -2.0]]), np.zeros((1, 2))
>>> regularizer = L1L2(l1=0.5, l2=0.25)
>>> float(regularizer(w))  # 0.5·(1 + 2) + 0.25·(1 + 4)
2.75
>>> regularizer.add_gradient(w, grad)
>>> grad  # 0.5 + 0.5·1 and −0.5 − 0.5·2
array([[ 1. , -1.5]])
"""

import math
from typing import Any, Self

import numpy as np

from .calls import pulled
from .operation import Operation
from .registry import Registry
from .scalars import rounded, scalar

_registry = Registry("regularizer", "keras.regularizers")


class Regularizer:
    """The base of all regularizers: ``__call__(w) -> R``, ``add_gradient(w, grad)`` and ``get_config()``.

    A subclass defines ``__call__`` with :mod:`minikeras.ops`; ``add_gradient`` is then the chain rule over it.

    >>> from minikeras import ops
    >>> class Cubes(Regularizer):
    ...     def __call__(self, x): return ops.sum(x**3)
    >>> grad = np.zeros(2)
    >>> Cubes().add_gradient(np.array([1.0, 2.0]), grad); grad
    array([ 3., 12.])
    """

    def __call__(self, x: np.ndarray) -> Any:
        """R(x)."""
        return 0.0

    def add_gradient(self, x: np.ndarray, grad: np.ndarray) -> None:
        """grad ← grad + ∂R/∂x. Changes grad."""
        grad += pulled(self, x)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer."""
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The regularizer that a config describes."""
        return cls(**config)


class L1(Regularizer):
    """R = l1 · Σ |w|, equation (1). Also "l1".

    Args:
        l1: the factor; rounded at once, as its config shows in Keras too.

    Raises:
        ValueError: for a negative, infinite or NaN factor, or no number.

    >>> float(L1(0.5)(np.array([1.0, -2.0])))
    1.5
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = rounded(_factor(0.01 if l1 is None else l1, "l1"))

    def __call__(self, x: np.ndarray) -> Any:
        return scalar(self.l1, x.dtype) * np.sum(_absolute(x))

    def add_gradient(self, x: np.ndarray, grad: np.ndarray) -> None:
        grad += scalar(self.l1, x.dtype) * np.sign(x)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """R = l2 · Σ w², equation (2). Also "l2".

    Args:
        l2: the factor.

    Raises:
        ValueError: for a negative, infinite or NaN factor, or no number.

    >>> float(L2(0.5)(np.array([1.0, -2.0])))
    2.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: np.ndarray) -> Any:
        return scalar(self.l2, x.dtype) * np.sum(np.square(x))

    def add_gradient(self, x: np.ndarray, grad: np.ndarray) -> None:
        grad += 2 * scalar(self.l2, x.dtype) * x

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class L1L2(Regularizer):
    """R = l1 · Σ |w| + l2 · Σ w², equation (3). Also "l1_l2", "L1L2" and "l1l2".

    Args:
        l1, l2: the factors, both 0 unless given.

    Raises:
        ValueError: for a negative, infinite or NaN factor, or no number.

    Differs from Keras: the name "l1_l2" is known to :func:`get` (Keras's documentation has it, its ``get``
    has not). Without arguments both factors are 0, whatever the name, as in Keras.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: np.ndarray) -> Any:
        penalty = x.dtype.type(0.0)
        if self.l1 != 0.0:
            penalty += scalar(self.l1, x.dtype) * np.sum(_absolute(x))
        if self.l2 != 0.0:
            penalty += scalar(self.l2, x.dtype) * np.sum(np.square(x))
        return penalty

    def add_gradient(self, x: np.ndarray, grad: np.ndarray) -> None:
        if self.l1 != 0.0:
            grad += scalar(self.l1, x.dtype) * np.sign(x)
        if self.l2 != 0.0:
            grad += 2 * scalar(self.l2, x.dtype) * x

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Draws the rows (or columns) of a matrix towards right angles, equation (4). Also "orthogonal_regularizer".

    Args (as in Keras):
        factor: what the mean |cosine| is multiplied by.
        mode: "rows" or "columns".

    Raises:
        ValueError: for a negative, infinite or NaN factor, another mode, and from the call for what is no matrix.

    Differs from Keras: a single row has no pair and the penalty 0; Keras's is 0/0 = NaN. float64 weights are taken.

    >>> w, grad = np.array([[3.0, 4.0], [1.0, 0.0]]), np.zeros((2, 2))  # cos = 3/5
    >>> float(OrthogonalRegularizer(factor=0.5)(w).round(6))
    0.3
    >>> OrthogonalRegularizer(factor=0.5).add_gradient(w, grad)
    >>> grad.round(6)  # (6): 0.5·(u₂ − 0.6 u₁)/5 and 0.5·(u₁ − 0.6 u₂)/1
    array([[ 0.064, -0.048],
           [ 0.   ,  0.4  ]])
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = rounded(_factor(factor, "factor"))
        if mode not in ("rows", "columns"):
            raise ValueError(
                f"Invalid value for argument `mode`. Expected one of {{'rows', 'columns'}}. Received: mode={mode}"
            )
        self.mode = mode

    def __call__(self, x: np.ndarray) -> Any:
        _, _, cosines, c = self._directions(x)
        return c * np.sum(_absolute(cosines))  # (4)

    def add_gradient(self, x: np.ndarray, grad: np.ndarray) -> None:
        u, r, cosines, c = self._directions(x)
        g = 2 * c * (np.sign(cosines) @ u)  # (5)
        dw = (g - (g * u).sum(axis=1, keepdims=True) * u) / r  # (6)
        grad += dw if self.mode == "rows" else dw.T

    def _directions(self, x: np.ndarray) -> tuple[Any, Any, Any, Any]:
        """u, r, the cosines of all pairs with 0 on the diagonal, and c."""
        if x.ndim != 2:
            raise ValueError(f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={x.shape}")
        w = x if self.mode == "rows" else x.T
        r = np.sqrt((w * w).sum(axis=1, keepdims=True))
        r = np.where(r.real < 1e-12, 1e-12, r).astype(x.dtype)
        u = w / r
        cosines = u @ u.T
        np.fill_diagonal(cosines, 0)
        pairs = max(len(w) * (len(w) - 1), 1)
        return u, r, cosines, scalar(self.factor, x.dtype) / x.real.dtype.type(pairs)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def _absolute(x: np.ndarray) -> np.ndarray:
    """|x|, and for complex x the analytic continuation that the complex step needs."""
    return np.where(x.real < 0, -x, x)


def _factor(value: Any, name: str) -> float:
    if not isinstance(value, float | int) or not math.isfinite(value) or value < 0:
        raise ValueError(f"Invalid value for argument {name}: expected a non-negative float. Received: {name}={value}")
    return float(value)


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_registry.add(Regularizer, "regularizer")
_registry.add(L1, "l1")
_registry.add(L2, "l2")
_registry.add(L1L2, "l1_l2", "l1l2")
_registry.add(OrthogonalRegularizer, "orthogonal_regularizer")
serialize = _registry.serialize
deserialize = _registry.deserialize


def get(identifier: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer that a name, a config, a class or an object means; None stays None.

    Raises:
        ValueError: for an unknown name.

    >>> get("l2").get_config()
    {'l2': 0.01}
    """
    return _registry.get(identifier, custom_objects)


def add_gradient(regularizer: Any, x: np.ndarray, grad: np.ndarray) -> None:
    """grad ← grad + ∂R/∂x, for a regularizer or a function written with :mod:`minikeras.ops`. Changes grad."""
    if hasattr(regularizer, "add_gradient"):
        regularizer.add_gradient(x, grad)
    else:
        grad += pulled(regularizer, x)


class Penalty(Operation):
    """R(x), recorded;  dx = dR ∂R/∂x.

    Args:
        regularizer: a regularizer, or a function.
        per_row: True divides by the number of rows of x, as Keras does for an ``activity_regularizer``.
    """

    name = "penalty"

    def __init__(self, regularizer: Any, per_row: bool = False) -> None:
        self.regularizer, self.per_row = regularizer, per_row

    def _rows(self, x: np.ndarray) -> Any:
        return x.dtype.type(len(x) if self.per_row and x.ndim else 1)

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(x=x)
        rows = self._rows(x)
        return np.asarray(self.regularizer(x) / rows if rows else 0, x.dtype)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self.saved()["x"]
        dx = np.zeros_like(x)
        add_gradient(self.regularizer, x, dx)
        return dx * (dy / (self._rows(x) or 1))
