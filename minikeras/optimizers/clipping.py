"""Gradients made smaller before an update.

With g one gradient, G all of them, c the limit and ‖·‖ the Euclidean norm over all entries::

    (1)  clipvalue:        min(max(g, −c), c), entry by entry
    (2)  clipnorm:         g · c / max(‖g‖, c), one gradient at a time
    (3)  global_clipnorm:  g · c / max(‖G‖, c), the same factor for all gradients

What is outside the limit comes back to it; what is inside stays. NaN stays NaN. An infinite ‖G‖ makes
all of G NaN, so that training visibly fails. Each function writes into ``clipped``, of g's shape and dtype.

>>> g, clipped = np.array([3.0, -4.0]), np.empty(2)
>>> clip_by_norm(g, 1.0, clipped)
>>> clipped
array([ 0.6, -0.8])
>>> clip_by_value(g, 3.5, clipped)
>>> clipped
array([ 3. , -3.5])
>>> float(global_scale([g, np.array([12.0])], 6.5))  # ‖G‖ = 13
0.5
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def clip_by_value(g: np.ndarray, limit: float, clipped: np.ndarray) -> None:
    """Equation (1). Changes clipped."""
    np.clip(g, -limit, limit, out=clipped)


def clip_by_norm(g: np.ndarray, limit: float, clipped: np.ndarray) -> None:
    """Equation (2). Changes clipped."""
    c = g.dtype.type(limit)
    np.multiply(g, c, out=clipped)
    np.divide(clipped, np.maximum(np.sqrt(_sum_of_squares(g)), c), out=clipped)


def global_scale(gradients: Sequence[np.ndarray], limit: float) -> Any:
    """The factor of equation (3), in the gradients' dtype."""
    squares = [_sum_of_squares(g) for g in gradients]
    norm = np.sqrt(sum(squares[1:], squares[0]))
    c, one = norm.dtype.type(limit), norm.dtype.type(1)
    return norm.dtype.type(np.nan) if np.isinf(norm) else c * (one / np.maximum(norm, c))


def clipper(
    gradients: Sequence[np.ndarray], clipnorm: Any = None, clipvalue: Any = None, global_clipnorm: Any = None
) -> Callable[[np.ndarray, np.ndarray], Any] | None:
    """The equation of the limit that is given, as a function of g and ``clipped``; None without a limit above 0."""
    for limit, clip in ((clipnorm, clip_by_norm), (clipvalue, clip_by_value)):
        if limit is not None and limit > 0:
            return lambda g, clipped, limit=limit, clip=clip: clip(g, limit, clipped)  # type: ignore[misc]
    if global_clipnorm is not None and global_clipnorm > 0:
        scale = global_scale(gradients, global_clipnorm)
        return lambda g, clipped: np.multiply(g, g.dtype.type(scale), out=clipped)
    return None


def _sum_of_squares(g: np.ndarray) -> Any:
    flat = g.reshape(-1)
    return np.dot(flat, flat)
