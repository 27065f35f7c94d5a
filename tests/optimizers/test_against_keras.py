"""Every optimizer setting, schedule, regularizer and constraint against real Keras, in float64."""

import numpy as np
import pytest

import minikeras
from minikeras import config

pytestmark = pytest.mark.keras

SGD_ARGUMENTS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"weight_decay": 0.1, "momentum": 0.5, "nesterov": True, "clipnorm": 0.7},
    {"clipvalue": 0.3},
    {"clipnorm": 0.5},
    {"global_clipnorm": 0.8},
]
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [2, 4], "values": [0.3, 0.2, 0.1]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "cycle": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "warmup_target": 0.5, "warmup_steps": 3}),
]
CONSTRAINTS = [
    ("MaxNorm", {"max_value": 1.5}),
    ("MaxNorm", {"max_value": 1.0, "axis": 1}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.0, "rate": 0.3}),
]
REGULARIZERS = [("L1", {"l1": 0.2}), ("L2", {"l2": 0.3}), ("L1L2", {"l1": 0.1, "l2": 0.4})]


@pytest.fixture
def keras():
    library = pytest.importorskip("keras")
    before = library.config.floatx()
    library.config.set_floatx("float64")
    with config.using(floatx="float64"):
        yield library
    library.config.set_floatx(before)


def run(make_sgd, parameters, constraint=None, steps=7):
    """Seven steps with given gradients on two parameters; the weights after each."""
    rng = np.random.default_rng(1)
    optimizer = make_sgd()
    seen = []
    for _ in range(steps):
        grads = [rng.normal(size=np.shape(p)) for p in parameters]
        optimizer.apply([g.copy() for g in grads], parameters)
        seen.append([np.array(p) for p in parameters])
    return optimizer, seen


def both(keras, make, constraint=None):
    rng = np.random.default_rng(0)
    start = [rng.normal(size=(4, 3)), rng.normal(size=(3, 2))]
    theirs = [keras.Variable(w, constraint=constraint and constraint(keras)) for w in start]
    if constraint:
        for v in theirs:
            v.constraint = constraint(keras)
    ours = [minikeras.Parameter(w.copy(), constraint=constraint and constraint(minikeras)) for w in start]
    their_optimizer, their_weights = run(lambda: make(keras), theirs)
    our_optimizer, our_weights = run(lambda: make(minikeras), ours)
    for step, (a, b) in enumerate(zip(our_weights, their_weights, strict=True)):
        for left, right in zip(a, b, strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-14, err_msg=f"step {step}")
    return our_optimizer, their_optimizer


@pytest.mark.parametrize("arguments", SGD_ARGUMENTS, ids=str)
def test_sgd(keras, arguments):
    ours, theirs = both(keras, lambda library: library.optimizers.SGD(0.05, **arguments, name="sgd"))
    assert ours.get_config() == theirs.get_config()
    assert ours.iterations == 7
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(a.value, np.array(b), rtol=1e-12)
    assert [v.path.split("/")[0] for v in ours.variables] == ["sgd"] * len(ours.variables)


@pytest.mark.parametrize(("name", "arguments"), SCHEDULES, ids=str)
def test_schedules(keras, name, arguments):
    schedules = [getattr(library.optimizers.schedules, name)(**arguments) for library in (minikeras, keras)]
    for step in range(15):
        assert float(schedules[0](step)) == pytest.approx(float(schedules[1](step)), rel=1e-12)
    assert schedules[0].get_config() == schedules[1].get_config()
    make = lambda library: library.optimizers.SGD(getattr(library.optimizers.schedules, name)(**arguments), name="s")  # noqa: E731
    ours, theirs = both(keras, make)
    assert minikeras.optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    again = minikeras.optimizers.deserialize(keras.optimizers.serialize(theirs))
    assert again.get_config() == ours.get_config()


@pytest.mark.parametrize(("name", "arguments"), CONSTRAINTS, ids=str)
def test_constraints(keras, name, arguments):
    make = lambda library: getattr(library.constraints, name)(**arguments)  # noqa: E731
    both(keras, lambda library: library.optimizers.SGD(0.1, momentum=0.5), constraint=make)
    w = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_allclose(make(minikeras)(w), np.array(make(keras)(w)), rtol=1e-13)
    assert minikeras.constraints.serialize(make(minikeras)) == keras.constraints.serialize(make(keras))


@pytest.mark.parametrize(("name", "arguments"), REGULARIZERS, ids=str)
def test_regularizers(keras, name, arguments):
    make = lambda library: getattr(library.regularizers, name)(**arguments)  # noqa: E731
    w = np.random.default_rng(0).normal(size=(5, 4))
    ours = make(minikeras)
    assert ours(w) == pytest.approx(float(make(keras)(w)), rel=1e-13)
    assert minikeras.regularizers.serialize(ours) == keras.regularizers.serialize(make(keras))
    grad = np.zeros_like(w)
    ours.add_gradient(w, grad)
    h = 1e-6
    numeric = np.empty_like(w)
    for i in np.ndindex(w.shape):
        e = np.zeros_like(w)
        e[i] = h
        numeric[i] = (ours(w + e) - ours(w - e)) / (2 * h)
    np.testing.assert_allclose(grad, numeric, rtol=1e-6)
