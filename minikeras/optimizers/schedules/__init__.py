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
Every operation is rounded to float32, because Keras on TensorFlow does so whatever ``floatx`` is; on JAX's random
stream ``floatx="float64"`` keeps float64, as Keras does there. Powers and
cosines are the nearest float32; TensorFlow's can be one unit in the last place off.

Source of (4) and (6): Loshchilov and Hutter 2016; its linear warmup: Goyal et al. 2017.

>>> schedule = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
>>> [round(float(schedule(t)), 4) for t in (0, 10, 20)]
[0.1, 0.05, 0.025]
>>> serialize(PiecewiseConstantDecay([100], [0.1, 0.01]))["config"]
{'boundaries': [100], 'values': [0.1, 0.01], 'name': 'PiecewiseConstant'}
"""

from ...registry import Registry
from .base import LearningRateSchedule
from .cosine import CosineDecay, CosineDecayRestarts
from .decays import ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

_registry = Registry("learning rate schedule", "keras.optimizers.schedules")
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
