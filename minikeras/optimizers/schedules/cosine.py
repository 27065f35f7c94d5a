"""Schedules (4) and (6): half a cosine, once or again and again."""

import math
from typing import Any

import numpy as np

from .base import LearningRateSchedule, cos, number, positive, power

_ONE, _HALF = number(1), number(0.5)


class CosineDecay(LearningRateSchedule):
    """η₀ · ((1 − α) · ½(1 + cos πp) + α), equation (4), after a linear warmup if there is one.

    With ``warmup_target`` the rate first goes in a straight line from η₀ to the target in ``warmup_steps``
    steps; then (4) starts, from the target, with t counted from there.

    Args:
        initial_learning_rate: η₀.
        decay_steps: T, without the warmup.
        alpha: α, the part of the rate that is left in the end.
        name: kept for the config.
        warmup_target: where the warmup leads; None for no warmup.
        warmup_steps: how many steps it takes.

    Raises:
        ValueError: if decay_steps is not positive.

    Differs from Keras: rates that are Python integers, such as η₀ = 0, are taken as floats (here and in all
    other schedules); Keras on TensorFlow computes with integers then, and fails.

    >>> schedule = CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=4)
    >>> [round(float(schedule(t)), 4) for t in (0, 2, 4, 9, 14)]
    [0.0, 0.05, 0.1, 0.05, 0.0]
    """

    own_arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> np.float32:
        t, start = number(step), number(self.initial_learning_rate)
        if self.warmup_target is None:
            return self._decayed(t, start)
        warmup, target = number(self.warmup_steps), number(self.warmup_target)
        if t < warmup:
            return (target - start) * (t / warmup) + start
        return self._decayed(t - warmup, target)

    def _decayed(self, t: np.float32, start: np.float32) -> np.float32:
        period = number(self.decay_steps)
        p = min(t, period) / period
        cosine = _HALF * (_ONE + cos(number(math.pi) * p))
        return start * (number(1 - self.alpha) * cosine + number(self.alpha))


class CosineDecayRestarts(LearningRateSchedule):
    """η₀ · ((1 − α) · m_mulⁱ · ½(1 + cos πq) + α), equation (6): the cosine of (4) again and again.

    Period i = 0, 1, … lasts T · t_mulⁱ steps; q is the part of it that is over.

    Args:
        initial_learning_rate: η₀.
        first_decay_steps: T.
        t_mul: how much longer each period is than the one before.
        m_mul: how much lower each period starts.
        alpha: α, the part of η₀ that is never gone below.
        name: kept for the config.

    Raises:
        ValueError: if first_decay_steps is not positive.

    >>> schedule = CosineDecayRestarts(0.1, 2, m_mul=0.5)
    >>> [round(float(schedule(t)), 4) for t in (0, 1, 2, 4, 6)]
    [0.1, 0.05, 0.05, 0.025, 0.025]
    """

    own_arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = positive(first_decay_steps, "first_decay_steps")
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        t_mul, alpha = number(self.t_mul), number(self.alpha)
        q = number(step) / number(self.first_decay_steps)
        if t_mul == 1:
            i = np.floor(q)
            q -= i
        else:  # i periods take (1 − t_mulⁱ) / (1 − t_mul) times T
            i = np.floor(number(math.log(_ONE - q * (_ONE - t_mul))) / number(math.log(t_mul)))
            stretch = power(t_mul, i)
            q = (q - (_ONE - stretch) / (_ONE - t_mul)) / stretch
        cosine = _HALF * power(number(self.m_mul), i) * (_ONE + cos(number(math.pi) * q))
        return number(self.initial_learning_rate) * ((_ONE - alpha) * cosine + alpha)
