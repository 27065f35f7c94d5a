"""Schedules (1) to (3) and (5): powers, quotients, lines and stairs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base import LearningRateSchedule, number, periods, positive, power

_ONE = number(1)


class ExponentialDecay(LearningRateSchedule):
    """η₀ · decay_rateᵖ, equation (1).

    Args:
        initial_learning_rate: η₀.
        decay_steps: T, the steps in which the rate is multiplied by decay_rate once.
        decay_rate: the factor.
        staircase: whether it falls only at multiples of T.
        name: kept for the config.

    Raises:
        ValueError: if decay_steps is not positive.

    >>> round(float(ExponentialDecay(0.1, 10, 0.5, staircase=True)(19)), 4)
    0.05
    """

    own_arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        p = periods(step, self.decay_steps, self.staircase)
        return number(self.initial_learning_rate) * power(number(self.decay_rate), p)


class InverseTimeDecay(LearningRateSchedule):
    """η₀ / (1 + decay_rate · p), equation (2).

    Args:
        initial_learning_rate: η₀.
        decay_steps: T.
        decay_rate: how much of η₀'s inverse is added in T steps.
        staircase: whether it falls only at multiples of T.
        name: kept for the config.

    Raises:
        ValueError: if decay_steps is not positive.

    >>> round(float(InverseTimeDecay(0.1, 10, 1.0)(10)), 4)
    0.05
    """

    own_arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        p = periods(step, self.decay_steps, self.staircase)
        return number(self.initial_learning_rate) / (_ONE + number(self.decay_rate) * p)


class PolynomialDecay(LearningRateSchedule):
    """(η₀ − end) · (1 − p)^power + end, equation (3).

    Args:
        initial_learning_rate: η₀.
        decay_steps: T.
        end_learning_rate: end.
        power: 1 for a straight line.
        cycle: whether, instead of staying at the end, the curve starts again at each multiple of T, stretched
            over all steps so far: T becomes T · ⌈t/T⌉.
        name: kept for the config.

    Raises:
        ValueError: if decay_steps is not positive.

    >>> schedule = PolynomialDecay(0.1, 10, end_learning_rate=0.0)
    >>> [round(float(schedule(t)), 4) for t in (0, 5, 10, 99)]
    [0.1, 0.05, 0.0, 0.0]
    """

    own_arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        t, period, end = number(step), number(self.decay_steps), number(self.end_learning_rate)
        if self.cycle:
            period *= np.ceil(t / period) if t != 0 else _ONE
        p = min(t, period) / period
        return (number(self.initial_learning_rate) - end) * power(_ONE - p, number(self.power)) + end


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] for boundaries[i−1] < t ≤ boundaries[i], equation (5).

    Args:
        boundaries: rising steps; the last step of each value. Fractions are cut off, as t is an integer.
        values: one more than boundaries.
        name: kept for the config.

    Raises:
        ValueError: if there is not one value more than there are boundaries.

    >>> schedule = PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.25])
    >>> [float(schedule(t)) for t in range(6)]
    [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    """

    own_arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"The length of boundaries should be 1 less than the length of values. "
                f"Received: boundaries={boundaries} of length {len(boundaries)}, "
                f"and values={values} of length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        for boundary, value in zip(self.boundaries, self.values, strict=False):
            if step <= (int(boundary) if isinstance(step, int | np.integer) else boundary):
                return number(value)
        return number(self.values[-1])
