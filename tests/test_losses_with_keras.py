"""Losses beside real Keras: values, gradients, masks, weights, names, and probabilities at the edges."""

import numpy as np
import pytest

from minikeras import losses
from minikeras.losses import SparseCategoricalCrossentropy

from .gradients import norm_relative
from .test_losses import LOSSES, WEIGHTS, K, N, case

REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None]


@pytest.mark.keras
@pytest.mark.parametrize(("name", "arguments", "kind"), LOSSES, ids=str)
def test_value_and_gradient_are_keras_own(keras64, name, arguments, kind):
    import tensorflow as tf

    y_true, y_pred = case(kind)
    tolerance = {"CTC": 1e-6, "LogCosh": 1e-7}.get(name, 1e-12)  # Keras: CTC in float32, and so log 2 in LogCosh
    shape = getattr(losses, name)(**arguments).call(y_true, y_pred).shape
    for reduction in REDUCTIONS:
        theirs = getattr(keras64.losses, name)(**arguments, reduction=reduction)
        ours = getattr(losses, name)(**arguments, reduction=reduction)
        for w in WEIGHTS.values() if shape == (N,) else (None, np.random.default_rng(3).random(shape)):
            if shape == () and w is not None and reduction == "mean_with_sample_weight":
                continue  # Keras leaves a single value as it is
            np.testing.assert_allclose(
                np.ravel(ours(y_true, y_pred, w)), np.ravel(theirs(y_true, y_pred, w)), tolerance
            )
        if reduction in ("sum_over_batch_size", None):  # the last weights
            x = tf.Variable(y_pred)
            with tf.GradientTape() as tape:
                value = theirs(y_true, x, w)
            gradient = tape.gradient(value, x).numpy()
            assert norm_relative(ours.backward(y_true, y_pred, w), gradient) < tolerance
    if name == "Huber" or (name == "CosineSimilarity" and arguments):
        return  # Keras's config forgets delta and the axis; ours keeps them
    assert ours.get_config() == theirs.get_config()
    assert getattr(losses, name).from_config(theirs.get_config()).get_config() == ours.get_config()
    if name != "CategoricalGeneralizedCrossEntropy":  # Keras forgot to register it
        assert losses.serialize(ours) == keras64.losses.serialize(theirs)


@pytest.mark.keras
def test_masks_are_keras_own(keras64):
    import tensorflow as tf

    rng = np.random.default_rng(5)
    y, z, mask = rng.integers(0, K, (N, 3)), rng.normal(size=(N, 3, K)), rng.random((N, 3)) < 0.6
    for reduction in REDUCTIONS:
        for ignore_class in (None, 1):
            arguments = {"from_logits": True, "ignore_class": ignore_class, "reduction": reduction}
            theirs = keras64.losses.SparseCategoricalCrossentropy(**arguments)
            ours = SparseCategoricalCrossentropy(**arguments)
            for w in (None, rng.random((N, 3)), rng.random((N, 1))):
                x = tf.convert_to_tensor(z)
                keras64.src.backend.set_keras_mask(x, tf.convert_to_tensor(mask))
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    value = theirs(y, x, w)
                np.testing.assert_allclose(ours(y, z, w, mask=mask), value, rtol=1e-12)
                np.testing.assert_allclose(
                    ours.backward(y, z, w, mask=mask), tape.gradient(value, x), rtol=1e-10, atol=1e-15
                )


@pytest.mark.keras
def test_every_name_of_keras_is_here():
    keras = pytest.importorskip("keras")
    assert {name for name in dir(keras.losses) if name[0] != "_"} <= set(dir(losses))
    from keras.src.losses import ALL_OBJECTS_DICT

    for name, theirs in ALL_OBJECTS_DICT.items():
        if name != "LossFunctionWrapper":
            assert losses._registry.lookup(name).__name__ == theirs.__name__


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
