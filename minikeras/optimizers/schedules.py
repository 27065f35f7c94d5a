"""Learning rates that change from step to step.

With η₀ ``initial_learning_rate``, t the number of steps done, T ``decay_steps`` and p = t/T, rounded down if
``staircase``::

    (1)  ExponentialDecay:        η₀ · decay_rateᵖ
    (2)  InverseTimeDecay:        η₀ / (1 + decay_rate · p)
    (3)  PolynomialDecay:         (η₀ − end) · (1 − p)^power + end, with p at most 1
    (4)  CosineDecay:             η₀ · ((1 − α) · ½(1 + cos πp) + α), with p at most 1
    (5)  PiecewiseConstantDecay:  values[i] for boundaries[i−1] < t ≤ boundaries[i]
    (6)  CosineDecayRestarts:     η₀ · ((1 − α) · m_mulⁱ · ½(1 + cos πq) + α), q from 0 to 1 in each period i

Give one to an optimizer in place of a number; it is asked at every step, before that step is counted.
Every operation is rounded to float32, whatever ``floatx`` is, because Keras on TensorFlow does so. Powers and
cosines are the nearest float32; TensorFlow's can be one unit in the last place off.

Source of (4) and (6): Loshchilov and Hutter 2016; its linear warmup: Goyal et al. 2017.

>>> schedule = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
>>> [round(float(schedule(t)), 4) for t in (0, 10, 20)]
[0.1, 0.05, 0.025]
>>> serialize(PiecewiseConstantDecay([100], [0.1, 0.01]))["config"]
{'boundaries': [100], 'values': [0.1, 0.01], 'name': 'PiecewiseConstant'}
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from ..registry import Registry

_registry = Registry("learning rate schedule", "keras.optimizers.schedules")
_f32 = np.float32
_ONE, _HALF = _f32(1), _f32(0.5)


class LearningRateSchedule:
    """The base of all schedules: ``__call__(step)`` gives the rate, ``get_config()`` the arguments."""

    own_arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, step: Any) -> Any:
        """The learning rate after ``step`` steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        if self.own_arguments:
            return {name: getattr(self, name) for name in self.own_arguments}
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The schedule that a config describes."""
        return cls(**config)


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
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        p = _periods(step, self.decay_steps, self.staircase)
        return _f32(self.initial_learning_rate) * _power(_f32(self.decay_rate), p)


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
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        p = _periods(step, self.decay_steps, self.staircase)
        return _f32(self.initial_learning_rate) / (_ONE + _f32(self.decay_rate) * p)


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
        self.decay_steps = _positive(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        t, period, end = _f32(step), _f32(self.decay_steps), _f32(self.end_learning_rate)
        if self.cycle:
            period *= np.ceil(t / period) if t != 0 else _ONE
        p = min(t, period) / period
        return (_f32(self.initial_learning_rate) - end) * _power(_ONE - p, _f32(self.power)) + end


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
        self.decay_steps = _positive(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> np.float32:
        t, start = _f32(step), _f32(self.initial_learning_rate)
        if self.warmup_target is None:
            return self._decayed(t, start)
        warmup, target = _f32(self.warmup_steps), _f32(self.warmup_target)
        if t < warmup:
            return (target - start) * (t / warmup) + start
        return self._decayed(t - warmup, target)

    def _decayed(self, t: np.float32, start: np.float32) -> np.float32:
        period = _f32(self.decay_steps)
        p = min(t, period) / period
        cosine = _HALF * (_ONE + _cos(_f32(math.pi) * p))
        return start * (_f32(1 - self.alpha) * cosine + _f32(self.alpha))


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
        self.first_decay_steps = _positive(first_decay_steps, "first_decay_steps")
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> np.float32:
        t_mul, alpha = _f32(self.t_mul), _f32(self.alpha)
        q = _f32(step) / _f32(self.first_decay_steps)
        if t_mul == 1:
            i = np.floor(q)
            q -= i
        else:  # i periods take (1 − t_mulⁱ) / (1 − t_mul) times T
            i = np.floor(_f32(math.log(_ONE - q * (_ONE - t_mul))) / _f32(math.log(t_mul)))
            stretch = _power(t_mul, i)
            q = (q - (_ONE - stretch) / (_ONE - t_mul)) / stretch
        cosine = _HALF * _power(_f32(self.m_mul), i) * (_ONE + _cos(_f32(math.pi) * q))
        return _f32(self.initial_learning_rate) * ((_ONE - alpha) * cosine + alpha)


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
                return _f32(value)
        return _f32(self.values[-1])


def _positive(decay_steps: float, name: str = "decay_steps") -> float:
    if decay_steps <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={decay_steps}")
    return decay_steps


def _periods(step: Any, decay_steps: float, staircase: bool) -> np.float32:
    p = _f32(step) / _f32(decay_steps)
    return np.floor(p) if staircase else p


def _power(base: np.float32, exponent: np.float32) -> np.float32:
    return _f32(float(base) ** float(exponent))


def _cos(angle: np.float32) -> np.float32:
    return _f32(math.cos(angle))


for _class in (
    ExponentialDecay,
    InverseTimeDecay,
    PolynomialDecay,
    CosineDecay,
    CosineDecayRestarts,
    PiecewiseConstantDecay,
):
    _registry.add(_class)
serialize = _registry.serialize
deserialize = _registry.deserialize
