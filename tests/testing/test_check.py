"""Gradient checks: right for everything in the engine, and wrong for whatever is wrong."""

import numpy as np
import pytest

from minikeras import Sequential, activations, config, constraints, layers, losses, optimizers
from minikeras.errors import NotCompiledError
from minikeras.testing import GradientError, check_gradients, check_layer, check_loss, differences

from ..random_nets import random_net

ACTIVATIONS = [
    name
    for name in activations.__all__
    if isinstance(getattr(activations, name), activations.Activation) and name != "threshold"  # it has no defaults
]


def assert_exact(result, complex_too=True):
    result.assert_ok()
    methods = {row.method for row in result}
    assert ("complex" in methods) == complex_too, str(result)
    assert any("no complex step" in w for w in result.warnings) != complex_too, str(result)
    for row in result:
        if row.method == "complex":
            assert row.error < 1e-12, row
        if row.method == "central":
            assert row.error < 1e-7, row


# Everything the engine has.


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name):
    assert_exact(check_layer(layers.Activation(name), (6,)))
    if name != "glu":  # which halves its input
        assert_exact(check_layer(layers.Dense(4, activation=name), (3,)))


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Dense(3, use_bias=False),
        layers.Flatten(),
        layers.ReLU(max_value=1.0, negative_slope=0.2, threshold=0.3),
        layers.LeakyReLU(),
        layers.ELU(alpha=0.5),
        layers.Softmax(),
        layers.Softmax(axis=1),
        layers.Dropout(0.4, seed=1),
        layers.Activation(activations.gelu),
    ],
    ids=lambda layer: layer.name,
)
@pytest.mark.parametrize("training", [False, True])
def test_every_layer(layer, training):
    assert_exact(check_layer(layer, (4, 3), training=training))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError,
        losses.MeanAbsoluteError,
        lambda **kw: losses.Huber(0.7, **kw),
        losses.BinaryCrossentropy,
        lambda **kw: losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, **kw),
        losses.CategoricalCrossentropy,
        lambda **kw: losses.CategoricalCrossentropy(mode="clipped", label_smoothing=0.1, **kw),
        lambda **kw: losses.CategoricalCrossentropy(from_logits=True, **kw),
        losses.SparseCategoricalCrossentropy,
        lambda **kw: losses.SparseCategoricalCrossentropy(mode="clipped", **kw),
        lambda **kw: losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1, **kw),
    ],
)
def test_every_loss(loss, reduction):
    assert_exact(check_loss(loss(reduction=reduction)))
    assert_exact(check_loss(loss(reduction=reduction), shape=(2, 3, 4)))


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_the_articles_model(backend):
    rng = np.random.default_rng(0)
    model = Sequential(
        [
            layers.Flatten(input_shape=[28, 28]),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    with config.using(backend=backend):
        result = check_gradients(model, rng.random((3, 28, 28)), rng.integers(0, 10, 3), probes=12)
    assert_exact(result)
    assert {row.method for row in result} == {"complex", "central", "direction", "update"}
    assert {row.tensor for row in result} == {"x", *(p.path for p in model.weights)}


FEW_AND_MANY = [8, pytest.param(100, marks=pytest.mark.slow)]


def alarms(seeds):
    wrong, kinks, probes = [], 0, 0
    for seed in seeds:
        result = random_net(seed).check(check_gradients, probes=10, seed=seed)
        kinks, probes = kinks + result.kinks[0], probes + result.kinks[1]
        if not result.passed:
            wrong.append((seed, str(result)))
    return wrong, kinks, probes


def test_no_false_alarm_over_random_relu_networks():
    hard = [291, 879, 10605, 11626]  # dead nets, and kinks a hair's breadth away
    wrong, kinks, probes = alarms([*range(12), *hard])
    assert not wrong, wrong[0]
    assert 5 < kinks < 0.2 * probes  # the networks do have kinks


@pytest.mark.slow
def test_no_false_alarm_over_a_thousand_random_relu_networks():
    wrong, kinks, _ = alarms(range(1000))
    assert not wrong, wrong[0]
    assert kinks > 500


@pytest.mark.parametrize("count", FEW_AND_MANY)
def test_no_false_alarm_by_differences_alone(count, monkeypatch):
    def refuse(*args, **kwargs):
        raise TypeError("real numbers only")

    monkeypatch.setattr(differences, "complex_step", refuse)
    wrong, _, _ = alarms(range(count))
    assert not wrong, wrong[0]


@pytest.mark.parametrize("count", FEW_AND_MANY)
def test_no_false_alarm_in_float32(count):
    for seed in range(count):
        random_net(seed).check(check_gradients, dtype="float32", methods=["complex", "direction"]).assert_ok()


# What cannot fail, and what must not change.


def tiny(activation="relu", loss="sparse_categorical_crossentropy"):
    model = Sequential([layers.Dense(4, activation, input_shape=(3,)), layers.Dense(2, "softmax")])
    model.compile(optimizers.SGD(0.1, momentum=0.5), loss, metrics=["accuracy"])
    return model


X, Y = np.random.default_rng(3).normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])


def test_it_warns_of_dead_units_saturation_one_row_and_float32():
    model = tiny()
    model.layers[0].bias.assign(np.full(4, -100.0))
    dead = check_gradients(model, X, Y)
    assert dead.passed
    assert any("dense" in w and "zero everywhere" in w for w in dead.warnings)
    model = tiny()
    model.layers[1].bias.assign([200.0, 0.0])
    assert any("cannot fail" in w for w in check_gradients(model, X, np.zeros(5, int)).warnings)
    assert any("one row" in w for w in check_gradients(tiny(), X[:1], Y[:1]).warnings)
    assert any("float32" in w for w in check_gradients(tiny(), X, Y, dtype="float32").warnings)
    assert not check_gradients(tiny(), X, Y).warnings


def test_a_wrong_gradient_at_a_corner_is_refused_if_the_complex_step_can_tell():
    class Corner(layers.Layer):
        """y = max(x, 0) − ½ max(−x, 0) + x: slopes 2 and 1.5 at 0, and this layer's answer there 1 + ``extra``."""

        extra = 0.0

        def call(self, x):
            self.save(x=x)
            return x + np.where(x.real > 0, x, 0) + np.where(x.real < 0, 0.5 * x, 0)

        def backward(self, dy):
            x = self.saved()["x"]
            return dy * np.where(x > 0, 2, np.where(x < 0, 1.5, 1 + self.extra))

    x = np.array([[0.0, 0.0], [1.0, -1.0]])
    layer = Corner()
    for methods in (("complex", "central"), "central"):
        layer.extra = 0.0
        assert check_layer(layer, (2,), x=x, methods=methods).passed
    assert any("several kinks meet" in w for w in check_layer(layer, (2,), x=x, methods="central").warnings)
    layer.extra = -0.5
    result = check_layer(layer, (2,), x=x, methods=("complex", "central"))
    assert result["x", "central"].passed is False


def test_a_check_leaves_the_model_as_it_was():
    model = tiny()
    model.layers[0].kernel.constraint = constraint = constraints.MaxNorm(0.5)
    model.fit(X, Y, epochs=2, verbose=0)
    twin = tiny()
    twin.layers[0].kernel.constraint = constraint
    twin.fit(X, Y, epochs=1, verbose=0)
    twin.set_weights(model.get_weights())
    for v, other in zip(twin.optimizer.variables, model.optimizer.variables, strict=True):
        v.value[...] = other.value
    identities = [id(p.value) for p in model.weights]
    before = model.evaluate(X, Y, verbose=0)
    check_gradients(model, X, Y).assert_ok()
    assert [id(p.value) for p in model.weights] == identities
    assert model.layers[0].kernel.constraint is constraint
    assert model.evaluate(X, Y, verbose=0) == before
    assert model.dtype == model.layers[0].dtype == "float32"
    for m in (model, twin):
        m.fit(X, Y, shuffle=False, epochs=2, verbose=0)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_dropout_is_checked_in_training_and_the_update_left_out_otherwise():
    model = Sequential([layers.Dense(8, "tanh", input_shape=(3,)), layers.Dropout(0.5), layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    state = model.layers[1].seed_generator.state.copy()
    still, training = (check_gradients(model, X, Y, training=t) for t in (False, True))
    assert_exact(still)
    assert_exact(training)
    assert any("update: left out" in w for w in still.warnings)
    assert "update" in {row.method for row in training}
    np.testing.assert_array_equal(model.layers[1].seed_generator.state, state)


def test_models_within_models_and_frozen_layers():
    inner = Sequential([layers.Dense(4, "tanh", input_shape=(3,))], name="inner")
    model = Sequential([inner, layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert_exact(check_gradients(model, X, Y))
    model = tiny()
    model.layers[0].trainable = False
    assert {row.tensor.split("/")[-1] for row in check_gradients(model, X, Y)} == {"kernel", "bias", "x"}


def test_the_result_is_an_object():
    result = check_gradients(tiny(), X, Y)
    assert result["x", "complex"].error < 1e-12
    assert result["kernel", "central"].step == 1e-5
    assert bool(result)
    assert result.to_dict()["passed"] is True
    assert result.max_error < 1e-6
    assert len(result.table().splitlines()) == len(result.rows) + 1
    with pytest.raises(KeyError, match="No row"):
        result["nothing", "complex"]


def test_what_cannot_be_checked_says_so():
    with pytest.raises(NotCompiledError):
        check_gradients(Sequential([layers.Dense(1, input_shape=(3,))]), X, Y)
    with pytest.raises(ValueError, match="Unknown method: 'complx'"):
        check_layer(layers.Dense(1), (3,), methods="complx")
    model = tiny()
    model.layers[0].kernel.assign(np.full((3, 4), np.nan))
    assert not check_gradients(model, X, Y).passed


def test_a_loss_of_ones_own_with_a_mistake_is_refused():
    class Cubic(losses.Loss):
        def values(self, y_true, y_pred):
            return ((y_pred - y_true) ** 3).mean(axis=-1)

        def gradient(self, y_true, y_pred):
            return 2 * (y_pred - y_true) ** 2 / y_pred.shape[-1]

    with pytest.raises(GradientError, match=r"y_pred: the gradient is 0\.666667 times"):
        check_loss(Cubic()).assert_ok()


def test_what_is_smooth_at_zero_is_smooth_there_in_complex_numbers_too():
    for activation in ("softplus", "sigmoid", "tanh", "gelu", "silu", "softsign"):
        result = check_layer(layers.Activation(activation), (3,), x=np.zeros((2, 3)))
        assert_exact(result)
        assert result.kinks[0] == 0
    assert_exact(check_loss(losses.BinaryCrossentropy(from_logits=True), y_pred=np.zeros((3, 2))))
    model = Sequential([layers.Dense(2, "sigmoid", input_shape=(3,))])
    model.compile("sgd", "binary_crossentropy")
    assert_exact(check_gradients(model, np.zeros((4, 3)), np.eye(2)[[0, 1, 1, 1]]))


def test_dice_are_left_as_they_lay():
    model = Sequential([layers.Dense(4, input_shape=(3,)), layers.Dropout(0.5, seed=1), layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    dropout = model.layers[1]
    before = dropout.seed_generator.state.copy()
    check_gradients(model, np.ones((3, 3)), [0, 1, 1], training=True, methods="direction")
    np.testing.assert_array_equal(dropout.seed_generator.state, before)
    check_layer(dropout, (4,), training=True, methods="direction")
    np.testing.assert_array_equal(dropout.seed_generator.state, before)


def test_mistakes_can_be_planted_from_here_too():
    from minikeras import bugs, testing

    assert testing.mutant is bugs.mutant
    with pytest.raises(AttributeError, match="no attribute 'mutants'"):
        testing.mutants  # noqa: B018
