"""Learning-rate schedules: hand-worked values, checks, and Keras's float32 numbers."""

import math

import numpy as np
import pytest

from minikeras.optimizers import schedules as s


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (s.ExponentialDecay(0.8, 2, 0.25), {0: 0.8, 1: 0.4, 2: 0.2, 4: 0.05}),
        (s.ExponentialDecay(0.8, 2, 0.25, staircase=True), {1: 0.8, 2: 0.2, 3: 0.2}),
        (s.InverseTimeDecay(0.6, 10, 2.0), {0: 0.6, 5: 0.3, 10: 0.2}),
        (s.InverseTimeDecay(0.6, 10, 2.0, staircase=True), {9: 0.6, 10: 0.2, 19: 0.2}),
        (s.PolynomialDecay(1.0, 4, 0.5), {0: 1.0, 1: 0.875, 4: 0.5, 9: 0.5}),
        (s.PolynomialDecay(1.0, 4, 0.0, power=2.0), {1: 0.5625, 2: 0.25, 3: 0.0625}),
        # cycle: the period is 4 up to step 4, then 8 up to step 8
        (s.PolynomialDecay(1.0, 4, 0.0, cycle=True), {0: 1.0, 3: 0.25, 4: 0.0, 5: 0.375, 6: 0.25, 8: 0.0}),
        # half-way the cosine is at half its height; at a third, ½(1 + cos 60°) = ¾
        (s.CosineDecay(1.0, 6), {0: 1.0, 2: 0.75, 3: 0.5, 4: 0.25, 6: 0.0, 99: 0.0}),
        (s.CosineDecay(1.0, 6, alpha=0.2), {0: 1.0, 3: 0.6, 6: 0.2}),
        (
            s.CosineDecay(0.1, 6, alpha=0.2, warmup_target=0.5, warmup_steps=4),
            {0: 0.1, 1: 0.2, 4: 0.5, 7: 0.3, 10: 0.1, 11: 0.1},
        ),
        # periods of 4 and 8 steps, the second from half the height; with t_mul = 1 all have 4
        (s.CosineDecayRestarts(1.0, 4, m_mul=0.5), {0: 1.0, 2: 0.5, 4: 0.5, 8: 0.25, 12: 0.25}),
        (s.CosineDecayRestarts(1.0, 4, t_mul=1.0, alpha=0.2), {0: 1.0, 2: 0.6, 4: 1.0, 6: 0.6, 9: 0.88284271}),
        (s.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.25]), {0: 1.0, 2: 1.0, 3: 0.5, 4: 0.5, 5: 0.25}),
        (s.PiecewiseConstantDecay([2.9], [1.0, 0.5]), {2: 1.0, 3: 0.5}),
    ],
)
def test_by_hand(schedule, expected):
    for step, rate in expected.items():
        assert schedule(step) == pytest.approx(rate, rel=3e-7, abs=1e-8), step
        assert schedule(step).dtype == np.float32


@pytest.mark.parametrize("cls", [s.ExponentialDecay, s.InverseTimeDecay, s.PolynomialDecay, s.CosineDecay])
def test_decay_steps_must_be_positive(cls):
    more = {"decay_rate": 0.5} if cls in (s.ExponentialDecay, s.InverseTimeDecay) else {}
    with pytest.raises(ValueError, match=r"`decay_steps` must be > 0\. Received: decay_steps=0"):
        cls(0.1, 0, **more)


def test_first_decay_steps_must_be_positive():
    with pytest.raises(ValueError, match=r"`first_decay_steps` must be > 0\. Received: first_decay_steps=0"):
        s.CosineDecayRestarts(0.1, 0)


def test_one_value_more_than_boundaries():
    with pytest.raises(ValueError, match="1 less than the length of values"):
        s.PiecewiseConstantDecay([1, 2], [0.1])


def test_the_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match=r"must override `__call__"):
        s.LearningRateSchedule()(1)
    with pytest.raises(NotImplementedError, match="must override `get_config"):
        s.LearningRateSchedule().get_config()


def test_whole_numbers_are_rates_too():
    assert s.CosineDecay(0, 10, warmup_target=1, warmup_steps=4)(2) == 0.5
    assert s.PiecewiseConstantDecay([2], [1, 0.5])(3) == 0.5


ARGUMENTS = [
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "m_mul": 0.8, "alpha": 0.05}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True},
    ),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6}),
    (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6, "staircase": True},
    ),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 13}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 13, "power": 1.7}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 13, "power": 0.5, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 17, "alpha": 0.05}),
    (
        "CosineDecay",
        {
            "initial_learning_rate": 0.01,
            "decay_steps": 17,
            "warmup_target": 0.1,
            "warmup_steps": 5,
            "alpha": 0.1,
        },
    ),
    ("PiecewiseConstantDecay", {"boundaries": [3, 8.5, 12], "values": [0.1, 0.05, 0.02, 0.01]}),
]
EXACT = ("InverseTimeDecay", "PiecewiseConstantDecay")  # no powers, no cosines


@pytest.mark.keras
@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS)
def test_keras_gives_the_same_float32(name, arguments):
    keras = pytest.importorskip("keras")
    ours = getattr(s, name)(**arguments)
    theirs = getattr(keras.optimizers.schedules, name)(**arguments)
    for step in range(40):
        # cos is near −1 and pow near 0 before they are used: an ulp of 1 there is more ulps of a small rate.
        slack = 0 if name in EXACT else 2 * np.spacing(np.float32(0.1))
        assert abs(float(ours(step)) - float(theirs(step))) <= slack, step
    assert s.serialize(ours) == keras.optimizers.schedules.serialize(theirs)
    read = keras.optimizers.schedules.deserialize(s.serialize(ours))
    assert read.get_config() == s.deserialize(keras.optimizers.schedules.serialize(theirs)).get_config()


def test_cosine_starts_flat():
    """The slope at 0 is 0: the first steps change the rate by ½(π t/T)² at most."""
    schedule = s.CosineDecay(1.0, 1000)
    assert 1 - float(schedule(10)) <= 0.5 * (math.pi / 100) ** 2 / 2 + 1e-7
