"""Functions that normalize arrays."""

from typing import Any

from ... import config
from ..linalg import norm
from ..numpy import arithmetic, reductions


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """x / max(‖x‖, ε), the norm along an axis."""
    length = norm(x, order, axis, keepdims=True)
    return arithmetic.divide(x, arithmetic.maximum(length, config.epsilon() if epsilon is None else epsilon))


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Mean and variance along axes."""
    return reductions.mean(x, axes, keepdims), reductions.var(x, axes, keepdims)
