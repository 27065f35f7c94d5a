"""Moving statistics, masks, and the wrapper with a spectral norm."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.errors import ShapeError
from tests.gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative


def recorded(layer, x, **arguments):
    """A recorded call, as a model makes it."""
    return layer(x, record=True, **arguments)


def test_moving_statistics_move_in_training_only_by_the_biased_variance():
    x = np.random.default_rng(0).normal(2, 3, size=(5, 4, 3))
    layer = layers.BatchNormalization(momentum=0.9, dtype="float64")
    layer(x)
    np.testing.assert_array_equal(layer.moving_mean.value, 0)
    layer(x, training=True)
    np.testing.assert_allclose(layer.moving_mean.value, 0.1 * x.mean(axis=(0, 1)))
    np.testing.assert_allclose(layer.moving_variance.value, 0.9 + 0.1 * x.var(axis=(0, 1)))
    assert [p.name for p in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [p.name for p in layer.trainable_weights] == ["gamma", "beta"]


def test_a_frozen_batch_normalization_uses_its_moving_statistics():
    x = np.random.default_rng(0).normal(size=(5, 3))
    layer = layers.BatchNormalization(dtype="float64")
    layer(x)
    layer.trainable = False
    np.testing.assert_array_equal(layer(x, training=True), layer(x))
    np.testing.assert_array_equal(layer.moving_mean.value, 0)


def test_entries_outside_the_mask_do_not_count():
    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(3, 4, 2)), rng.random((3, 4)) < 0.6
    layer = layers.BatchNormalization(momentum=0.0, epsilon=0.1, dtype="float64")
    layer(x)
    u = rng.normal(size=x.shape)
    recorded(layer, x, training=True, mask=mask)
    dx = layer.backward(u)
    np.testing.assert_allclose(layer.moving_mean.value, x[mask].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.value, x[mask].var(axis=0), rtol=1e-6)
    with complex_numbers(layer):
        z = x.astype("complex128")
        numeric = complex_step(lambda: (u * layer.call(z, training=True, mask=mask)).sum(), z)
    assert norm_relative(dx, numeric) < COMPLEX_STEP


def test_a_mask_of_another_rank_is_refused():
    layer = layers.BatchNormalization()
    layer(np.ones((2, 3, 4)))
    with pytest.raises(ShapeError, match="one dimension less than the inputs"):
        layer.call(np.ones((2, 3, 4), "float32"), training=True, mask=np.ones((2,)))


def test_a_masked_mean_takes_the_steps_that_count():
    x = np.random.default_rng(0).normal(size=(2, 3, 2))
    layer = layers.GlobalAveragePooling1D(dtype="float64")
    layer(x)
    y = recorded(layer, x, mask=np.array([[1, 1, 0], [0, 0, 1]]))
    np.testing.assert_allclose(y, [x[0, :2].mean(axis=0), x[1, 2]])
    dx = layer.backward(np.ones((2, 2)))
    np.testing.assert_allclose(dx[:, :, 0], [[0.5, 0.5, 0], [0, 0, 1]])
    recorded(layer, x)
    np.testing.assert_allclose(layer.backward(np.ones((2, 2))), np.full((2, 3, 2), 1 / 3))


def test_a_spectral_norm_becomes_one_and_gradients_are_those_inside():
    rng = np.random.default_rng(0)
    inner = layers.Dense(3, dtype="float64")
    layer = layers.SpectralNormalization(inner, power_iterations=50, dtype="float64")
    x = rng.normal(size=(4, 5))
    layer(x)
    y = layer(x, training=True, record=True)
    np.testing.assert_allclose(np.linalg.norm(inner.kernel.value, 2), 1, rtol=1e-6)
    np.testing.assert_allclose(y, x @ inner.kernel.value + inner.bias.value)
    u = rng.normal(size=y.shape)
    np.testing.assert_allclose(layer.backward(u), u @ inner.kernel.value.T)
    assert [p.name for p in layer.weights] == ["kernel", "vector_u", "bias"]
    again = layers.SpectralNormalization.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.keras
def test_a_masked_training_call_is_that_of_keras(keras64):
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x, mask, u = rng.normal(size=(3, 4, 2)), rng.random((3, 4)) < 0.6, rng.normal(size=(3, 4, 2))
    ours, theirs = layers.BatchNormalization(), keras64.layers.BatchNormalization()
    ours(x)
    theirs.build(x.shape)
    y = recorded(ours, x, training=True, mask=mask)
    dx = ours.backward(u)
    with tf.GradientTape() as tape:
        t = tf.constant(x)
        tape.watch(t)
        expected = theirs(t, training=True, mask=tf.constant(mask))
        loss = tf.reduce_sum(expected * u)
    np.testing.assert_allclose(y, expected, rtol=1e-10)
    np.testing.assert_allclose(dx, tape.gradient(loss, t), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.moving_variance.value, theirs.moving_variance.numpy(), rtol=1e-12)


@pytest.mark.keras
def test_spectral_steps_are_those_of_keras(keras64):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 4, 2))
    ours = layers.SpectralNormalization(layers.Conv2D(3, 2))
    theirs = keras64.layers.SpectralNormalization(keras64.layers.Conv2D(3, 2))
    ours(x)
    theirs.build(x.shape)
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
    theirs.set_weights(ours.get_weights())
    for _ in range(2):
        np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), rtol=1e-10)
