"""Gradient checks of models with several inputs and outputs: lists, dictionaries, a shared layer, loss weights."""

import numpy as np
import pytest

from minikeras import Input, Model, layers, ops
from minikeras.bugs import mutant
from minikeras.testing import check_gradients, check_layer, step_gradients

from ..gradients import CENTRAL, COMPLEX_STEP, central, complex_step, norm_relative

RNG = np.random.default_rng(5)
X1, X2 = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 4))
Y1, Y2 = RNG.normal(size=(5, 2)), RNG.integers(0, 3, 5)
W = RNG.uniform(0.5, 2, 5)
ALPHA = (0.3, 1.7)


def net(dtype="float64", by_name=False):
    """Two inputs, two outputs; the layer "shared" is called twice, and three operations take its first result."""
    a, b = Input((3,), name="a", dtype=dtype), Input((4,), name="b", dtype=dtype)
    shared = layers.Dense(5, "tanh", name="shared", dtype=dtype)
    h = shared(layers.Dense(4, name="left", dtype=dtype)(a))
    g = layers.Add(name="sum", dtype=dtype)([h, shared(b)])
    number = layers.Dense(2, name="number", dtype=dtype)(layers.Multiply(name="product", dtype=dtype)([g, h]))
    kind = layers.Dense(3, "softmax", name="kind", dtype=dtype)(layers.Concatenate(dtype=dtype)([g, h]))
    if by_name:
        model = Model({"b": b, "a": a}, {"number": number, "kind": kind})
        loss = {"number": "mse", "kind": "sparse_categorical_crossentropy"}
        model.compile("sgd", loss, loss_weights=dict(zip(loss, ALPHA, strict=True)))
    else:
        model = Model([a, b], [number, kind])
        model.compile("sgd", ["mse", "sparse_categorical_crossentropy"], loss_weights=list(ALPHA))
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    return model


def by_hand(p, x1, x2, w=None):
    """L of ``net``, written out in NumPy."""
    h, b = (np.tanh(z @ p["shared/kernel"] + p["shared/bias"]) for z in (x1 @ p["left/kernel"] + p["left/bias"], x2))
    g = h + b
    number = (g * h) @ p["number/kernel"] + p["number/bias"]
    z = np.concatenate([g, h], axis=1) @ p["kind/kernel"] + p["kind/bias"]
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    w = np.ones(5) if w is None else w
    first, second = ((number - Y1) ** 2).mean(axis=1), -log_p[np.arange(5), Y2]
    return ALPHA[0] * (w * first).mean() + ALPHA[1] * (w * second).mean()


def parameters(model, dtype):
    return {p.path: p.value.astype(dtype) for p in model.weights}


FORMS = {
    False: ([X1, X2], [Y1, Y2]),
    True: ({"a": X1, "b": X2}, {"kind": Y2, "number": Y1}),
}


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("w", [None, W])
def test_gradients_are_those_of_the_formula_written_out(by_name, w):
    model = net(by_name=by_name)
    loss, found = model.compute_gradients(*FORMS[by_name], w)
    taken = step_gradients(model, *FORMS[by_name], w)
    p, c = parameters(model, float), parameters(model, complex)
    assert loss == pytest.approx(by_hand(p, X1, X2, w), rel=1e-13)
    assert set(found) == set(taken) == set(p)
    for path in p:
        exact = complex_step(lambda: by_hand(c, X1, X2, w), c[path])
        assert norm_relative(found[path], exact) < COMPLEX_STEP
        assert norm_relative(found[path], central(lambda: by_hand(p, X1, X2, w), p[path])) < CENTRAL
        assert norm_relative(taken[path], exact) < 1e-9


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_gradient_passes_and_each_input_has_its_own_rows(by_name, dtype):
    model = net(dtype, by_name)
    result = check_gradients(model, *FORMS[by_name], W)
    result.assert_ok()
    assert not result.warnings
    assert {row.tensor for row in result} == {"x[a]", "x[b]", *(p.path for p in model.weights)}
    assert {row.method for row in result} == {"complex", "central", "direction", "update"}
    for row in result:
        assert row.error < {"complex": 1e-12, "central": 1e-7, "direction": 1e-12, "update": 1e-9}[row.method]
    p = {path: value.astype(complex) for path, value in parameters(model, float).items()}
    for name, at in (("x[a]", 0), ("x[b]", 1)):
        x = [X1.astype(complex), X2.astype(complex)]
        exact = complex_step(lambda: by_hand(p, *x, W), x[at])  # noqa: B023
        row = result[name, "complex"]
        assert row.mine == pytest.approx(exact[row.worst], rel=1e-12)
        assert row.probed == exact.size


def test_single_precision_passes_too():
    check_gradients(net("float32"), [X1, X2], [Y1, Y2], dtype="float32").assert_ok()


@pytest.mark.parametrize(
    ("mistake", "right"),
    [
        ("branch_forgotten", {"number/kernel", "number/bias", "kind/kernel", "kind/bias"}),
        ("shared_gradient_lost", {"x[a]", "x[b]", "left/kernel", "left/bias", "number/kernel", "kind/kernel"}),
    ],
)
def test_a_planted_mistake_is_seen(mistake, right):
    with mutant(mistake):
        result = check_gradients(net(), [X1, X2], [Y1, Y2])
    wrong = {row.tensor for row in result if not row.passed}
    assert "shared/kernel" in wrong
    assert not wrong & right
    assert ("x[a]" in wrong) == ("x[b]" in wrong) == (mistake == "branch_forgotten")


def test_one_output_of_several_inputs_and_inputs_without_influence():
    a, b, c = (Input((2,), name=name) for name in "abc")
    model = Model([a, b, c], layers.Dense(1)(a * ops.tanh(b)))
    model.compile("sgd", "mse")
    x = [RNG.normal(size=(4, 2)) for _ in range(3)]
    result = check_gradients(model, x, RNG.normal(size=(4, 1)))
    result.assert_ok()
    assert {"x[a]", "x[b]"} < {row.tensor for row in result}
    assert "x[c]" not in {row.tensor for row in result}


def test_integers_have_no_gradient_and_stay_integers():
    words, x = Input((3,), name="words", dtype="int32"), Input((4,), name="x")
    both = layers.Concatenate()([layers.Flatten()(layers.Embedding(7, 2)(words)), x])
    model = Model({"words": words, "x": x}, layers.Dense(2)(both))
    model.compile("sgd", "mse")
    result = check_gradients(model, {"words": RNG.integers(0, 7, (5, 3)), "x": X2}, Y1)
    result.assert_ok()
    assert not [warning for warning in result.warnings if "complex" in warning]
    assert "x[x]" in {row.tensor for row in result}
    assert "x[words]" not in {row.tensor for row in result}


class Two(Model):
    """A custom model that takes a dictionary and returns one."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(2, "tanh", name="first"), layers.Dense(2, name="second")

    def call(self, inputs):
        h = self.first(inputs["a"])
        return {"h": h, "y": self.second(inputs["b"]) * h}


def test_a_custom_model_of_dictionaries():
    model = Two()
    model.compile("sgd", {"h": "mae", "y": "mse"}, loss_weights={"h": 2.0, "y": 0.5})
    x, y = {"a": X1, "b": X2}, {"h": Y1, "y": Y1 + 1}
    result = check_gradients(model, x, y)
    result.assert_ok()
    assert {"x[a]", "x[b]"} < {row.tensor for row in result}
    assert {w.dtype.name for w in model.get_weights()} == {"float32"}


def test_a_layer_of_a_dictionary_names_its_inputs():
    class Product(layers.Layer):
        def call(self, inputs):
            return inputs["left"] * inputs["right"]

    x = {"left": X1, "right": RNG.normal(size=(5, 3))}
    result = check_layer(Product(), (3,), x=x)
    result.assert_ok()
    assert {row.tensor for row in result} == {"x[left]", "x[right]", "x[left][1 row]", "x[right][1 row]"}


def test_what_does_not_fit_says_so():
    for x, message in (
        ([X1], r"expects 2 input\(s\), \['a', 'b'\], but it received 1"),
        ({"a": X1}, r"needs the inputs \['a', 'b'\].*missing: \['b'\]"),
    ):
        with pytest.raises(ValueError, match=message):
            check_gradients(net(), x, [Y1, Y2])
    with pytest.raises(ValueError, match="`y` needs one entry for each of the 2 outputs"):
        check_gradients(net(), [X1, X2], [Y1])
    with pytest.raises(ValueError, match="y is missing for output 'kind'"):
        check_gradients(net(by_name=True), FORMS[True][0], {"number": Y1})
    with pytest.raises(ValueError, match="sizes: 5, 4"):
        check_gradients(net(), [X1, X2[:4]], [Y1, Y2])


def test_a_check_leaves_the_inputs_symbols_as_they_were():
    model = net("float32")
    check_gradients(model, [X1, X2], [Y1, Y2], methods="direction")
    assert [x.dtype for x in model.inputs] == ["float32", "float32"]
    assert model._graph.usual[0] == "float32"
    assert model.predict([X1, X2], verbose=0)[0].dtype == "float32"
