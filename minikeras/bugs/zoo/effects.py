"""What a mutant does to a model's gradients."""

from contextlib import ExitStack
from typing import Any

import numpy as np

from ...testing.precision import in_dtype
from ...testing.result import norm_relative
from ...testing.subjects import Arrays, step_gradients
from .registry import mutant


def gradients_of(name: str | None, model: Any, x: Any, y: Any, sample_weight: Any = None) -> list[Arrays]:
    """What a mutant makes of a model's gradients, in float64: of a training step, and of ``compute_gradients``.

    Args:
        name: None for the right engine.
    """
    with ExitStack() as stack:
        if name is not None:
            stack.enter_context(mutant(name))
        stack.enter_context(np.errstate(all="ignore"))
        with in_dtype(model, "float64"):
            model.compute_gradients(x, y, sample_weight)
            computed = model.compute_gradients(x, y, sample_weight)[1]
            rate = float(model.optimizer.learning_rate) or 0.01
            taken = step_gradients(model, x, y, sample_weight, rate=rate)
    return [taken, computed]


def gradient_error(name: str | None, model: Any, x: Any, y: Any, sample_weight: Any = None) -> float:
    """The largest norm-relative error of any tensor that a mutant makes in a training step on one batch."""
    return largest_error(gradients_of(name, model, x, y, sample_weight), gradients_of(None, model, x, y, sample_weight))


def largest_error(wrong: list[Arrays], right: list[Arrays]) -> float:
    """The largest norm-relative error of any tensor in what :func:`gradients_of` gave."""
    return max(norm_relative(g[path], right[-1][path]) for g in wrong for path in g)
