"""Merging entry by entry: sum, difference, product, mean, maximum, minimum.

>>> x1, x2 = np.array([[1.0, 2.0]]), np.array([[3.0, -4.0]])
>>> Add(dtype="float64")([x1, x2]), Average(dtype="float64")([x1, x2]), Maximum(dtype="float64")([x1, x2])
(array([[ 4., -2.]]), array([[ 2., -1.]]), array([[3., 2.]]))
"""

from functools import reduce
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ops.numpy import arithmetic
from .base_merge import Merge, where


class Add(Merge):
    """y = Σᵢ xᵢ;  dxᵢ = dy."""

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        return reduce(arithmetic.Add(), inputs)


class Subtract(Merge):
    """y = x₁ − x₂;  dx₁ = dy, dx₂ = −dy."""

    def check_shapes(self, shapes: list[tuple[int | None, ...]]) -> None:
        if len(shapes) != 2:
            raise ShapeError(f"A `Subtract` layer should be called on exactly 2 inputs. Received: {shapes}")
        super().check_shapes(shapes)

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        return arithmetic.Subtract()(*inputs)


class Multiply(Merge):
    """y = Πᵢ xᵢ;  dxᵢ = dy times the others. A masked entry counts as 1; where all are masked, y is 0."""

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        one, zero = inputs[0].dtype.type(1), inputs[0].dtype.type(0)
        y = reduce(arithmetic.Multiply(), [where(m, x, one) for x, m in zip(inputs, masks, strict=True)])
        return y if any(m is None for m in masks) else where(np.logical_or.reduce(masks), y, zero)


class Average(Merge):
    """y = Σᵢ xᵢ / n;  dxᵢ = dy / n."""

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        return arithmetic.Divide()(reduce(arithmetic.Add(), inputs), len(inputs))


class Maximum(Merge):
    """y = maxᵢ xᵢ;  dy goes to the largest. A masked entry gives way to the others."""

    larger: Any = arithmetic.Maximum

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        y, kept = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:], strict=True):
            x = where(mask, x, y)
            y = self.larger()(where(kept, y, x), x)
            kept = None if mask is None or kept is None else mask | kept
        return y


class Minimum(Maximum):
    """y = minᵢ xᵢ;  dy goes to the smallest. A masked entry gives way to the others."""

    larger = arithmetic.Minimum


def add(inputs: Any, **kwargs: Any) -> Any:
    """``Add(**kwargs)(inputs)``."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """``Subtract(**kwargs)(inputs)``."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """``Multiply(**kwargs)(inputs)``."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """``Average(**kwargs)(inputs)``."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """``Maximum(**kwargs)(inputs)``."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """``Minimum(**kwargs)(inputs)``."""
    return Minimum(**kwargs)(inputs)
