"""trace.verify: ticks where a gradient is right, a cross where it is not, and the model as it was."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import Sequential, layers, regularizers
from minikeras.bugs import mutant
from minikeras.errors import MissingExtraError
from minikeras.testing import GradientError
from minikeras.tracing import verify

NUMERIC = ("complex", "central")


def network(dtype="float32", activation="softmax", loss="sparse_categorical_crossentropy", **arguments):
    keras.utils.set_random_seed(3)
    with keras.config.using(floatx=dtype):
        model = Sequential(
            [
                layers.Flatten(input_shape=(2, 3)),
                layers.Dense(5, "relu", kernel_regularizer=regularizers.L2(0.1), name="hidden"),
                layers.Dropout(0.5, name="dropout"),
                layers.Activation("tanh", name="tanh"),
                layers.Dense(4, activation=activation, use_bias=False, name="out"),
            ]
        )
        model.compile(keras.optimizers.SGD(0.1, momentum=0.5), loss, **arguments)
    rng = np.random.default_rng(0)
    return model, (rng.normal(size=(7, 2, 3)), rng.integers(0, 4, 7), rng.uniform(0.5, 2, 7))


TENSORS = {
    "flatten/x", "hidden/z", "hidden/kernel", "hidden/bias", "hidden/x", "dropout/x", "tanh/x", "out/z", "out/kernel",
    "out/x",
}  # fmt: skip


def named(tensor):
    return "flatten/x" if tensor.startswith("flatten") else tensor


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_tensor_has_its_ticks(dtype, fused):
    model, batch = network(dtype, fused=fused)
    v = model.trace(*batch).verify(NUMERIC, probes=None)
    v.assert_ok()
    assert {named(row.tensor) for row in v} == TENSORS
    assert not v.warnings
    for row in v:
        assert row.probed == row.size
        assert row.error < {"complex": 1e-12, "central": 1e-7, "own dtype": 1e-5}[row.method]
    assert {row.method for row in v} == {*NUMERIC, *(["own dtype"] if dtype == "float32" else [])}


@pytest.mark.keras
@pytest.mark.parametrize("arguments", [{}, {"fused": False}, {"activation": "linear", "loss": "mse"}])
def test_three_ticks_with_real_keras(arguments):
    pytest.importorskip("keras")
    model, (x, y, w) = network(**arguments)
    if arguments.get("loss") == "mse":
        y = np.eye(4)[y]
    v = model.trace(x, y, w).verify()
    v.assert_ok()
    assert not v.warnings
    theirs = [row for row in v if row.method == "keras"]
    assert len(theirs) == len(TENSORS)
    assert max(row.error for row in theirs) < 1e-12


@pytest.mark.slow
@pytest.mark.keras
def test_three_ticks_for_every_tensor_of_the_articles_model():
    pytest.importorskip("keras")
    from minikeras.cli.article import build

    (x, y), _ = keras.datasets.fashion_mnist.load_sample()
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    v = model.trace(x[:32] / 255.0, y[:32]).verify(probes=5)
    v.assert_ok()
    assert len(v.shapes) == 13
    assert all(len([tick for tick in v.ticks(tensor).values() if tick.startswith("✓")]) == 4 for tensor in v.shapes)


@pytest.mark.keras
def test_real_keras_sees_a_wrong_gradient():
    pytest.importorskip("keras")
    model, batch = network()
    with mutant("bias_averaged"):
        v = model.trace(*batch).verify(("keras",))
    assert {row.tensor for row in v if not row.passed} == {"hidden/bias"}


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        ("bias_averaged", {"hidden/bias"}),
        ("relu_mask_forgotten", {"hidden/z", "hidden/kernel", "hidden/bias", "hidden/x", "flatten/x"}),
        ("kernel_gradient_transposed", {"hidden/kernel", "out/kernel"}),
        ("regularizer_forgotten", {"hidden/kernel"}),
        ("dropout_mask_forgotten", {"dropout/x", "hidden/z", "hidden/kernel", "hidden/bias", "hidden/x", "flatten/x"}),
        ("p_instead_of_p_minus_y", TENSORS),
    ],
)
@pytest.mark.parametrize("method", NUMERIC)
def test_a_wrong_gradient_has_a_cross_and_the_right_ones_have_ticks(mistake, wrong, method):
    model, batch = network("float64")
    with mutant(mistake):
        v = model.trace(*batch).verify((method,), probes=None)
    assert {named(row.tensor) for row in v if not row.passed} == wrong
    with pytest.raises(GradientError, match=r"the gradient is (wrong|\S+ times the right one)"):
        v.assert_ok()


@pytest.mark.parametrize(("dtype", "methods"), [("float32", ["own dtype"]), ("float64", list(NUMERIC))])
def test_a_traced_number_that_is_not_the_steps_is_seen(dtype, methods):
    model, batch = network(dtype)
    trace = model.trace(*batch)
    trace["out", "dkernel"].value[1, 2] += 1e-3
    v = trace.verify(NUMERIC, probes=None)
    assert [(row.tensor, row.method, row.worst) for row in v if not row.passed] == [
        ("out/kernel", method, (1, 2)) for method in methods
    ]


def test_rounding_that_crosses_a_kink_is_no_alarm():
    model, (x, y, w) = network()
    hidden = model.get_layer("hidden")
    x[0] = 0.1
    hidden.set_weights([np.ones((6, 5)), np.zeros(5)])
    total = hidden(x[:1].reshape(1, 6))[0]  # rounded; the bias takes it off again, so that z is 0, but not in float64
    crossed = 0
    for sign in (1, -1):
        hidden.set_weights([np.full((6, 5), sign), -sign * total])
        v = model.trace(x, y, w).verify(("complex",))
        v.assert_ok()
        crossed += any("other side of a kink" in warning for warning in v.warnings)
    assert crossed == 1


def test_the_step_is_judged_from_where_it_began_and_the_model_stays_where_it_is():
    model, batch = network()
    trace = model.trace(*batch)
    model.fit(*batch[:2], epochs=3, verbose=0)

    def state():
        dice = model.get_layer("dropout").seed_generator.state.copy()
        return [*model.get_weights(), dice, *(v.value.copy() for v in model.optimizer.variables)]

    before = state()
    trace.verify(NUMERIC).assert_ok()
    for a, b in zip(before, state(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.dtype == "float32"
    assert not any({"call", "logits", "_product"} & set(vars(layer)) for layer in model.layers)


class Random(layers.Layer):
    """A layer that, in training, multiplies by a number drawn at every call."""

    def __init__(self):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x, training=False):
        factor = 1 + self.seed_generator.next()[1] % 7 if training else 1
        self.save(factor=factor)
        return x * factor

    def backward(self, dy):
        return dy * self.saved()["factor"]


def test_a_layer_that_draws_draws_the_same_again():
    model = Sequential([layers.Input((3,)), Random(), layers.Dense(2)])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    trace = model.trace(*batch)
    model.train_on_batch(*batch)
    trace.verify(NUMERIC).assert_ok()


def test_without_keras_it_says_so_and_ticks_the_rest(monkeypatch):
    def absent(module, extra):
        raise MissingExtraError(f"{module!r} is not installed")

    monkeypatch.setattr(verify, "require", absent)
    model, batch = network()
    v = model.trace(*batch).verify()
    assert v.passed
    assert v.warnings == ["Keras: not compared. 'keras' is not installed"]
    assert v.ticks("out/kernel")["Keras"] == "–"


def test_ticks_stand_beside_the_numbers():
    model, batch = network()
    trace = model.trace(*batch)
    assert "✓" not in str(trace)
    v = trace.verify(NUMERIC)
    line = next(line for line in str(trace).splitlines() if line.startswith("dW = xᵀ dz + ∂R/∂W    (6, 5)"))
    assert line.count("✓") == 3
    error = f"{v['hidden/kernel', 'complex'].error:.0e}"
    assert line.startswith(f"dW = xᵀ dz + ∂R/∂W    (6, 5)    ✓ complex step {error}    ✓ differences ")
    head, *rows = v.cells()
    assert head == ("gradient of", "shape", "complex step", "differences", "float32")
    assert {named(row[0]) for row in rows} == TENSORS
    with pytest.raises(ValueError, match="Unknown method: 'magic'"):
        trace.verify(("magic",))


def test_a_graph_that_branches_and_an_lstm_pass():
    rng = np.random.default_rng(8)
    inputs = keras.Input((3, 2))
    x = keras.layers.LSTM(4)(inputs)
    y = keras.layers.Add(name="both")([keras.layers.Dense(4, activation="tanh")(x), x])
    model = keras.Model(inputs, keras.layers.Dense(2)(y))
    model.compile("sgd", "mse")
    trace = model.trace(rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 2)))
    assert list(trace["both"].quantities) == ["x[0]", "x[1]", "y", "dy", "dx[0]", "dx[1]"]
    np.testing.assert_array_equal(trace["both", "dx[0]"].value, trace["both", "dy"].value)
    assert trace.verify(methods=("central",)).passed
