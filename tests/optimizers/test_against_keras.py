"""Several steps of SGD beside real Keras on TensorFlow, in float64: the same weights to 1e-12."""

import copy

import numpy as np
import pytest

from minikeras import config, constraints, optimizers
from minikeras.parameter import Parameter

from .test_schedules import ARGUMENTS, EXACT

pytestmark = pytest.mark.keras

SHAPES = {"m/d/kernel": (4, 3), "m/d/bias": (3,), "m/e/kernel": (3, 1)}
STEPS = 7

CASES = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "nesterov without momentum": {"nesterov": True},
    "weight_decay": {"weight_decay": 0.3},
    "momentum and weight_decay": {"momentum": 0.7, "weight_decay": 0.3},
    "clipvalue": {"clipvalue": 0.4},
    "clipnorm": {"clipnorm": 1.3},
    "global_clipnorm": {"global_clipnorm": 1.3},
    "loose global_clipnorm": {"global_clipnorm": 1e6},
    "everything": {"momentum": 0.6, "nesterov": True, "weight_decay": 0.1, "clipnorm": 0.9},
    "negative rate": {"learning_rate": -0.1},
}


def gradients(seed=0):
    rng = np.random.default_rng(seed)
    return [[rng.normal(size=shape) for shape in SHAPES.values()] for _ in range(STEPS)]


def start():
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape) for shape in SHAPES.values()]


def ours(arguments, constraint=None, prepare=lambda optimizer: None):
    optimizer = optimizers.SGD(**arguments)
    prepare(optimizer)
    parameters = [
        Parameter(w.copy(), path.split("/")[-1], path, constraint=constraint)
        for path, w in zip(SHAPES, start(), strict=True)
    ]
    for grads in gradients():
        optimizer.apply(grads, parameters)
    return optimizer, [p.value for p in parameters]


def theirs(keras, arguments, constraint=None, prepare=lambda optimizer: None):
    optimizer = keras.optimizers.SGD(**arguments)
    prepare(optimizer)
    variables = []
    for path, w in zip(SHAPES, start(), strict=True):
        *scopes, name = path.split("/")
        with keras.name_scope(scopes[0]), keras.name_scope(scopes[1]):
            variables.append(keras.Variable(w, dtype="float64", name=name))
        variables[-1].constraint = constraint
    for grads in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in grads], variables)
    return optimizer, [v.numpy() for v in variables]


def assert_equal(mine, kerass, tolerance=1e-12):
    for a, b in zip(mine, kerass, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize("case", CASES)
def test_steps(case, backend):
    keras = pytest.importorskip("keras")
    with config.using(backend=backend):
        optimizer, weights = ours(CASES[case])
    kerass, expected = theirs(keras, CASES[case])
    assert_equal(weights, expected)
    assert_equal([v.value for v in optimizer.variables], [v.numpy() for v in kerass.variables])
    assert [v.path.split("/", 1)[1] for v in optimizer.variables] == [v.path.split("/", 1)[1] for v in kerass.variables]
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(weights, start(), strict=True))


def test_with_floatx_float64_the_rate_is_a_float64_too():
    keras = pytest.importorskip("keras")
    with config.using(floatx="float64"):
        _, weights = ours(CASES["everything"])
    keras.config.set_floatx("float64")
    try:
        _, expected = theirs(keras, CASES["everything"])
    finally:
        keras.config.set_floatx("float32")
    assert_equal(weights, expected)
    assert not np.allclose(weights[0], ours(CASES["everything"])[1][0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS)
def test_schedules(name, arguments):
    """One float32 unit between the two pows or cosines may show; without them the weights are equal."""
    keras = pytest.importorskip("keras")
    _, weights = ours({"learning_rate": getattr(optimizers.schedules, name)(**arguments)})
    _, expected = theirs(keras, {"learning_rate": getattr(keras.optimizers.schedules, name)(**arguments)})
    assert_equal(weights, expected, 1e-12 if name in EXACT else 1e-6)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MaxNorm", {"max_value": 0.8}),
        ("NonNeg", {}),
        ("UnitNorm", {}),
        ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.9, "rate": 0.4}),
    ],
)
def test_constraints(name, arguments):
    keras = pytest.importorskip("keras")
    _, weights = ours({"momentum": 0.5}, getattr(constraints, name)(**arguments))
    _, expected = theirs(keras, {"momentum": 0.5}, getattr(keras.constraints, name)(**arguments))
    assert_equal(weights, expected)


@pytest.mark.parametrize("names", [["bias"], ["m/e"], ["^m/d/k", "bias"]])
def test_excluded_from_weight_decay(names):
    keras = pytest.importorskip("keras")
    arguments = {"weight_decay": 0.3}
    _, weights = ours(arguments, prepare=lambda o: o.exclude_from_weight_decay(var_names=names))
    _, expected = theirs(keras, arguments, prepare=lambda o: o.exclude_from_weight_decay(var_names=names))
    assert_equal(weights, expected)


def test_configs_are_kerass():
    keras = pytest.importorskip("keras")
    for arguments in (*CASES.values(), {"learning_rate": "schedule", "ema_momentum": 0.5}):
        mine, kerass = dict(arguments, name="o"), dict(arguments, name="o")
        if arguments.get("learning_rate") == "schedule":
            mine["learning_rate"] = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
            kerass["learning_rate"] = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
        written = optimizers.serialize(optimizers.SGD(**mine))
        assert written == keras.optimizers.serialize(keras.optimizers.SGD(**kerass))
        read = keras.optimizers.deserialize(copy.deepcopy(written))  # Keras writes into what it is given
        assert read.get_config() == written["config"]
        assert optimizers.deserialize(written).get_config() == written["config"]
