"""trace.verify for models with several inputs and outputs, layers that are called twice, and models within models."""

import pytest

import minikeras as keras
from minikeras import Sequential, layers
from minikeras.bugs import mutant

from ..gradients import COMPLEX_STEP, complex_step, norm_relative
from ..testing.test_several import FORMS, X1, X2, Y1, Y2, W, by_hand, net, parameters

NUMERIC = ("complex", "central")
OF_DENSE = ("z", "kernel", "bias", "x")
TENSORS = {
    *(f"{name}/{of}" for name in ("left", "shared", "shared (call 2)", "number", "kind") for of in OF_DENSE),
    *(f"{name}/x[{i}]" for name in ("sum", "product", "concatenate") for i in range(2)),
    *(f"shared/{of} (all calls)" for of in ("kernel", "bias")),
}


def named(tensor):
    return "concatenate" + tensor[tensor.index("/") :] if tensor.startswith("concatenate") else tensor


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_tensor_has_its_ticks(dtype, by_name):
    v = net(dtype, by_name).trace(*FORMS[by_name], W).verify(NUMERIC, probes=4)
    v.assert_ok()
    assert {named(row.tensor) for row in v} == TENSORS
    assert not v.warnings
    for row in v:
        assert row.error < {"complex": 1e-12, "central": 1e-7, "own dtype": 1e-5}[row.method]


def test_the_traced_gradients_are_those_of_the_formula_written_out():
    model = net()
    trace = model.trace([X1, X2], [Y1, Y2], W)
    c = parameters(model, complex)
    for path, g in trace.gradients.items():
        assert norm_relative(g, complex_step(lambda: by_hand(c, X1, X2, W), c[path])) < COMPLEX_STEP
    x = X1.astype(complex)
    exact = complex_step(lambda: by_hand(c, x, X2, W), x)
    assert norm_relative(trace["left", "dx"].value, exact) < COMPLEX_STEP
    both = trace["shared", "dkernel"].value + trace["shared (call 2)", "dkernel"].value
    assert norm_relative(both, trace.gradients["shared/kernel"]) < COMPLEX_STEP


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [
        ("shared_gradient_lost", {"shared/kernel (all calls)", "shared/bias (all calls)"}),
        ("branch_forgotten", {tensor for tensor in TENSORS if tensor.startswith(("left", "shared", "sum"))}),
    ],
)
def test_a_planted_mistake_has_a_cross(mistake, wrong):
    with mutant(mistake):
        v = net().trace([X1, X2], [Y1, Y2]).verify(("complex",), probes=3)
    assert {named(row.tensor) for row in v if not row.passed} == wrong


@pytest.mark.parametrize("tensor", [("shared (call 2)", "dkernel"), ("product", "dx[1]"), ("kind", "dz")])
def test_a_traced_number_that_is_not_the_steps_is_seen(tensor):
    trace = net().trace([X1, X2], [Y1, Y2])
    trace[tensor].value[1, 1] += 1e-3
    v = trace.verify(("complex",), probes=25)
    assert [(row.tensor, row.worst) for row in v if not row.passed] == [(f"{tensor[0]}/{tensor[1][1:]}", (1, 1))]


def test_a_dropout_that_is_called_twice_drops_each_time_what_it_dropped():
    a, b = keras.Input((3,)), keras.Input((3,))
    dropout = layers.Dropout(0.5, name="dropout")
    model = keras.Model([a, b], layers.Dense(2)(dropout(a) * dropout(b)))
    model.compile("sgd", "mse")
    v = model.trace([X1, X2[:, :3]], Y1).verify(NUMERIC)
    v.assert_ok()
    assert {"dropout/x", "dropout (call 2)/x"} < {row.tensor for row in v}


def test_a_model_within_a_model():
    inner = Sequential([layers.Input((3,)), layers.Dense(3, "tanh", name="deep")], name="inner")
    model = Sequential([layers.Input((3,)), inner, layers.Dense(2, name="out")])
    model.compile("sgd", "mse")
    v = model.trace(X1, Y1).verify(NUMERIC)
    v.assert_ok()
    assert {row.tensor for row in v} == {f"{name}/{of}" for name in ("deep", "out") for of in OF_DENSE}


def test_the_trace_is_printed_with_ticks_for_each_call():
    trace = net().trace([X1, X2], [Y1, Y2])
    v = trace.verify(NUMERIC)
    lines = [line for line in str(trace).splitlines() if line.startswith("dW = xᵀ dz    (4, 5)")]
    assert len(lines) == 2
    for name in ("shared (call 2)", "shared"):
        assert f"✓ complex step {v[f'{name}/kernel', 'complex'].error:.0e}" in lines.pop(0)


def nested():
    """A model in a model, beside a layer that is called again and one that adds a loss."""
    inner = Sequential([layers.Dense(4, "tanh", name="first"), layers.BatchNormalization(name="norm")], name="inner")
    x = keras.Input((3,), dtype="float64")
    again = layers.Dense(4, "relu", name="again", activity_regularizer="l2", kernel_regularizer="l2")
    model = keras.Model(x, layers.Dense(2, name="out")(again(again(inner(x))) + inner(x)))
    model.compile("sgd", "mse")
    return model


@pytest.mark.keras
def test_real_keras_judges_the_parameters_of_graphs_and_nested_models():
    pytest.importorskip("keras")
    with keras.config.using(floatx="float64"):
        inside = nested()
    cases = [(net(), *FORMS[False], W), (net("float32", by_name=True), *FORMS[True], W), (inside, X1, Y1, None)]
    for model, *batch in cases:
        v = model.trace(*batch).verify(("keras",))
        v.assert_ok()
        assert not v.warnings
        judged = [row.tensor for row in v if row.method == "keras"]
        assert len(judged) == len(model.trainable_weights)
    with mutant("shared_gradient_lost"):
        v = net().trace([X1, X2], [Y1, Y2]).verify(("keras",))
    assert {row.tensor for row in v if not row.passed} == {"shared/kernel (all calls)", "shared/bias (all calls)"}


@pytest.mark.keras
def test_random_draws_in_a_graph_are_not_compared_with_keras():
    pytest.importorskip("keras")
    x = keras.Input((3,))
    h = layers.Dropout(0.5, name="dropout")(layers.Dense(4)(x))
    model = keras.Model(x, layers.Dense(2)(h) + layers.Dense(2)(x))
    model.compile("sgd", "mse")
    v = model.trace(X1, Y1).verify(("keras",))
    assert not [row for row in v if row.method == "keras"]
    assert "dropout" in v.warnings[0]
