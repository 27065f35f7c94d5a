"""Losses: values, gradients and reductions against real Keras, by hand, and by two numeric ways."""

import numpy as np
import pytest

from minikeras import losses
from minikeras.errors import DataError, ShapeError, UnsupportedError
from minikeras.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

from .gradients import CENTRAL, COMPLEX_STEP, central, complex_step, norm_relative

N, K = 5, 4


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def case(kind, seed=0):
    """Targets and predictions of a kind, as float64."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, K))
    return {
        "labels/probabilities": (rng.integers(0, K, N), softmax(z)),
        "labels/logits": (rng.integers(0, K, N), z),
        "one-hot/probabilities": (np.eye(K)[rng.integers(0, K, N)], softmax(z)),
        "one-hot/logits": (softmax(rng.normal(size=(N, K))), z),
        "bits/probabilities": (rng.integers(0, 2, (N, K)).astype(float), 1 / (1 + np.exp(-z))),
        "bits/logits": (rng.random((N, K)), z),
        "numbers": (rng.normal(size=(N, K)), z),
    }[kind]


LOSSES = [
    ("SparseCategoricalCrossentropy", {}, "labels/probabilities"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "labels/logits"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, "labels/logits"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "labels/probabilities"),
    ("CategoricalCrossentropy", {}, "one-hot/probabilities"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.25}, "one-hot/probabilities"),
    ("CategoricalCrossentropy", {"from_logits": True}, "one-hot/logits"),
    ("BinaryCrossentropy", {}, "bits/probabilities"),
    ("BinaryCrossentropy", {"label_smoothing": 0.25}, "bits/probabilities"),
    ("BinaryCrossentropy", {"from_logits": True}, "bits/logits"),
    ("MeanSquaredError", {}, "numbers"),
    ("MeanAbsoluteError", {}, "numbers"),
    ("Huber", {"delta": 0.75}, "numbers"),
]
WEIGHTS = {"none": None, "weights": np.linspace(0, 2, N), "column": np.linspace(0.5, 2, N)[:, None]}


@pytest.mark.keras
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None])
@pytest.mark.parametrize(("name", "arguments", "kind"), LOSSES, ids=str)
def test_value_and_gradient_are_keras_own(keras64, name, arguments, kind, reduction, weights):
    import tensorflow as tf

    y_true, y_pred = case(kind)
    theirs = getattr(keras64.losses, name)(**arguments, reduction=reduction)
    ours = getattr(losses, name)(**arguments, reduction=reduction)
    x = tf.Variable(y_pred)
    with tf.GradientTape() as tape:
        value = theirs(y_true, x, WEIGHTS[weights])
    np.testing.assert_allclose(np.ravel(ours(y_true, y_pred, WEIGHTS[weights])), np.ravel(value), rtol=1e-12)
    gradient = tape.gradient(value, x)
    assert norm_relative(ours.backward(y_true, y_pred, WEIGHTS[weights]), gradient.numpy()) < 1e-12
    if name == "Huber":
        return  # Keras's config forgets delta; ours keeps it
    assert ours.get_config() == theirs.get_config()
    assert getattr(losses, name).from_config(theirs.get_config()).get_config() == ours.get_config()
    assert losses.serialize(ours) == keras64.losses.serialize(theirs)


@pytest.mark.keras
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", "none"])
@pytest.mark.parametrize("ignore_class", [None, 1])
@pytest.mark.parametrize(
    ("rows", "weights"),
    [((5,), ()), ((5,), (1,)), ((5,), (5, 1)), ((3, 2), ()), ((3, 2), (1,)), ((3, 2), (3, 1)), ((3, 2), (1, 2)),
     ((3, 2), (1, 1)), ((3, 2), (3, 2)), ((3, 2), (3, 2, 1)), ((3, 3), (3, 1))],
)  # fmt: skip
def test_sample_weights_stretch_as_in_keras(keras64, rows, weights, ignore_class, reduction):
    rng = np.random.default_rng(3)
    y, z, w = rng.integers(0, K, rows), rng.normal(size=(*rows, K)), rng.random(weights)
    y.flat[0], y.flat[1] = 1, 2
    arguments = {"from_logits": True, "ignore_class": ignore_class, "reduction": reduction}
    theirs = keras64.losses.SparseCategoricalCrossentropy(**arguments)(y, z, w)
    ours = SparseCategoricalCrossentropy(**arguments)
    np.testing.assert_allclose(np.ravel(ours(y, z, w)), np.ravel(theirs), rtol=1e-12)
    w_of_values = ours.weights(y, z, w)
    assert w_of_values.shape == rows
    np.testing.assert_allclose(np.sum(w_of_values * ours.call(y, z)), np.sum(theirs), rtol=1e-12)


def test_weights_of_rows_stay_with_their_rows():
    y, z = case("labels/logits")
    y, z = np.stack([y] * N, axis=1), np.stack([z] * N, axis=1)  # N values a row
    w = np.arange(N) / N
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(y, z, w) == pytest.approx(loss(y, z, w[:, None]), rel=1e-15)


def test_nothing_left_to_count_gives_zero():
    y, z = np.full(N, 2), case("labels/logits")[1]
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        loss = SparseCategoricalCrossentropy(from_logits=True, ignore_class=2, reduction=reduction)
        assert loss(y, z) == 0
        assert not loss.backward(y, z).any()


EDGES = np.array([[0, 1, 0], [1e-9, 1 - 1e-9, 0], [0.2, 0.3, 0.1], [2e-7, 0.5, 0.5], [2, 3, 1], [1, 1, 1]])
EDGE_LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.keras
@pytest.mark.parametrize("name", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"])
def test_bare_probabilities_at_the_edges_are_tensorflow_s(keras64, name):
    import tensorflow as tf

    y = EDGE_LABELS if name.startswith("Sparse") else np.eye(3)[EDGE_LABELS]
    x, ours = tf.Variable(EDGES), getattr(losses, name)(reduction=None)
    with tf.GradientTape() as tape:
        values = getattr(keras64.losses, name)(reduction=None)(y, x)
    np.testing.assert_allclose(ours(y, EDGES), values, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(ours.backward(y, EDGES), tape.gradient(values, x), rtol=1e-12, atol=1e-15)


@pytest.mark.keras
@pytest.mark.parametrize("name", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy"])
def test_clipped_at_the_edges_is_jax_s(name):
    jnp, jax = pytest.importorskip("jax.numpy"), pytest.importorskip("jax")

    def formula(p):  # what keras/src/backend/jax/nn.py does to probabilities
        r = jnp.clip(p / p.sum(axis=-1, keepdims=True), 1e-7, 1 - 1e-7)
        return -jnp.log(r)[jnp.arange(len(EDGE_LABELS)), EDGE_LABELS]

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        p = jnp.asarray(EDGES)
        values, gradient = np.asarray(formula(p)), np.asarray(jax.grad(lambda p: formula(p).sum())(p))
    finally:
        jax.config.update("jax_enable_x64", before)
    y = EDGE_LABELS if name.startswith("Sparse") else np.eye(3)[EDGE_LABELS]
    ours = getattr(losses, name)(reduction=None, mode="clipped")
    np.testing.assert_allclose(ours(y, EDGES), values, rtol=1e-12)
    np.testing.assert_allclose(ours.backward(y, EDGES), gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("name", "arguments", "kind"), LOSSES, ids=str)
@pytest.mark.parametrize("mode", ["logits", "clipped"])
def test_gradient_by_complex_step_and_differences(name, arguments, kind, mode):
    if "Crossentropy" in name:
        arguments = {**arguments, "mode": mode}
    loss = getattr(losses, name)(**arguments)
    y_true, y_pred = case(kind, seed=1)
    w = np.linspace(0.5, 2, N)
    gradient = loss.backward(y_true, y_pred, w)
    assert norm_relative(gradient, central(lambda: loss(y_true, y_pred, w), y_pred)) < CENTRAL
    z = y_pred.astype(complex)
    assert norm_relative(gradient, complex_step(lambda: loss(y_true, z, w), z)) < COMPLEX_STEP


def test_two_meanings_of_a_saturated_softmax():
    """Logits (0, 20, 0), the truth is class 0: Keras on TensorFlow says 20 and (−1, 1, 2e-9), on JAX 16.118 and 0."""
    z = np.array([[0.0, 20.0, 0.0]])
    exact = SparseCategoricalCrossentropy(from_logits=True)
    assert exact([0], z) == pytest.approx(20.0, abs=1e-8)
    np.testing.assert_allclose(exact.backward([0], z), [[-1, 1, 2.06e-9]], atol=1e-8)
    clipped = SparseCategoricalCrossentropy(mode="clipped")
    assert clipped([0], softmax(z)) == pytest.approx(16.118, abs=5e-4)
    np.testing.assert_array_equal(clipped.backward([0], softmax(z)), [[0, 0, 0]])


def test_by_hand():
    assert MeanSquaredError()([[1.0, 2.0]], [[2.0, 4.0]]) == 2.5
    assert MeanAbsoluteError()([[1.0, 2.0]], [[2.0, 4.0]]) == 1.5
    assert Huber(1.0)([[0.0, 0.0]], [[0.5, 3.0]]) == 1.3125
    assert SparseCategoricalCrossentropy()([1], [[0.25, 0.75]]) == pytest.approx(-np.log(0.75), rel=1e-6)
    assert CategoricalCrossentropy()([[0.5, 0.5]], [[0.25, 0.75]]) == pytest.approx(-0.5 * np.log(0.1875), rel=1e-6)
    assert BinaryCrossentropy()([[1.0, 0.0]], [[0.25, 0.25]]) == pytest.approx(-0.5 * np.log(0.1875), rel=1e-6)


def test_logits_that_overflow_stay_exact():
    z = np.array([[1e4, -1e4, 0.0]])
    assert SparseCategoricalCrossentropy(from_logits=True)([1], z) == 2e4
    assert CategoricalCrossentropy(from_logits=True)([[0.0, 1.0, 0.0]], z) == 2e4
    assert BinaryCrossentropy(from_logits=True)([[0.0, 1.0, 0.0]], z) == pytest.approx((2e4 + np.log(2)) / 3)


def test_shift_of_logits_changes_nothing():
    y, z = case("labels/logits")
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(y, z + 100) == pytest.approx(loss(y, z), rel=1e-12)
    np.testing.assert_allclose(loss.backward(y, z).sum(axis=1), 0, atol=1e-16)


def test_names_functions_and_classes():
    y, p = case("labels/probabilities")
    by_name = losses.get_loss("sparse_categorical_crossentropy")
    assert by_name(y, p) == SparseCategoricalCrossentropy()(y, p)
    np.testing.assert_array_equal(losses.get("sparse_categorical_crossentropy")(y, p), by_name.call(y, p))
    assert losses.get("mse") is losses.mean_squared_error
    assert isinstance(losses.get_loss("MSE"), MeanSquaredError)
    assert isinstance(losses.get(losses.serialize(Huber(2.0))), Huber)
    with pytest.raises(ValueError, match="Did you mean 'mse'"):
        losses.get("msee")
    assert losses.get_loss(lambda y_true, y_pred: (y_pred - y_true)[..., 0])([[1.0]], [[3.0]]) == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 4], r"\[0, 4\).*label 4 at index 1"),
        ([0, -1], "label -1 at index 1"),
        ([0.5, 1], "integers.*0.5 at index"),
        ([np.nan, 1], "integers.*nan"),
        (np.eye(4)[:2], "one-hot.*categorical_crossentropy"),
        ([0, 1, 2], r"shape \(2,\)"),
    ],
)
def test_labels_that_cannot_be(labels, message):
    with pytest.raises(DataError, match=message):
        SparseCategoricalCrossentropy()(labels, np.full((2, 4), 0.25))


def test_wrong_targets_and_arguments():
    with pytest.raises(ShapeError, match=r"integer labels.*sparse_categorical_crossentropy"):
        CategoricalCrossentropy()([0, 1], np.full((2, 4), 0.25))
    with pytest.raises(DataError, match="to_categorical"):
        CategoricalCrossentropy().check(np.array([0, 1]), (2, 4))
    with pytest.raises(ShapeError, match="one shape"):
        MeanSquaredError()(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(DataError, match=r"nan at index \(1, 0\)"):
        MeanSquaredError().check(np.array([[1.0], [np.nan]]), (2, 1))
    with pytest.raises(ShapeError, match="sample_weight"):
        MeanSquaredError()(np.ones((2, 3)), np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match="reduction"):
        MeanSquaredError(reduction="average")
    with pytest.raises(UnsupportedError, match="axis=-1"):
        SparseCategoricalCrossentropy(axis=1)
    with pytest.raises(ValueError, match="mode"):
        SparseCategoricalCrossentropy(mode="exact")


def test_ignored_class_counts_neither_above_nor_below():
    z = case("labels/logits")[1]
    y = np.array([0, 255, 1, 255, 2])
    ignoring = SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
    plain = SparseCategoricalCrossentropy(from_logits=True)
    kept = [0, 2, 4]
    assert ignoring(y, z) == pytest.approx(plain(y[kept], z[kept]), rel=1e-12)
    gradient = ignoring.backward(y, z)
    np.testing.assert_allclose(gradient[kept], plain.backward(y[kept], z[kept]), rtol=1e-12)
    assert not gradient[[1, 3]].any()
