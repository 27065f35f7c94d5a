"""Dropout: what is dropped goes back as dropped, the mean stays, the masks come from the seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import config, layers, random, utils
from minikeras.errors import NotRecordedError, ShapeError


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_and_backward_use_one_mask(backend, dtype):
    rng = np.random.default_rng(0)
    layer = layers.Dropout(0.3, seed=1, dtype=dtype)
    x, dy = rng.normal(size=(2, 20, 30)).astype(dtype)
    with config.using(backend=backend):
        y = layer(x, training=True, record=True)
        dx = layer.backward(dy)
    keep = y != 0
    assert 0 < keep.mean() < 1
    np.testing.assert_allclose(y, keep * x / 0.7, rtol=1e-6)
    np.testing.assert_allclose(dx, keep * dy / 0.7, rtol=1e-6)
    assert y.dtype == dx.dtype == dtype
    assert not np.shares_memory(dx, dy)


@given(seed=st.integers(0, 2**31 - 1), rate=st.floats(0.05, 0.95))
@settings(max_examples=15, deadline=None)
def test_the_mean_stays_and_the_rate_is_met(seed, rate):
    """Of n = 40,000 entries the kept ones are binomial: five standard deviations are enough for 15 draws."""
    n = 40_000
    y = layers.Dropout(rate, seed=seed, dtype="float64")(np.ones((200, 200)), training=True)
    deviation = np.sqrt(rate * (1 - rate) / n)
    assert abs((y == 0).mean() - rate) < 5 * deviation
    assert abs(y.mean() - 1) < 5 * deviation / (1 - rate)


def test_not_training_passes_on():
    layer = layers.Dropout(0.5)
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(layer(x, record=True), x)
    np.testing.assert_array_equal(layer.backward(2 * x), 2 * x)


def test_rates_0_and_1():
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(layers.Dropout(0.0)(x, training=True), x)
    layer = layers.Dropout(1.0)
    np.testing.assert_array_equal(layer(x, training=True, record=True), 0 * x)
    np.testing.assert_array_equal(layer.backward(x), 0 * x)


def test_a_dropped_nan_or_inf_is_0():
    x = np.array([[np.nan, np.inf, -np.inf, 1.0] * 50], "float32")
    y = layers.Dropout(0.5, seed=3)(x, training=True)
    keep = random.dropout_mask((3, 0), x.shape, 0.5, "float32")
    np.testing.assert_array_equal(y[~keep], 0)
    np.testing.assert_array_equal(y[keep], 2 * x[keep])


def test_each_call_draws_anew_and_backward_takes_the_latest():
    layer = layers.Dropout(0.5, seed=0, dtype="float64")
    x = np.ones((5, 40))
    first, second = (layer(x, training=True, record=True) for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(layer.backward(x), second)
    np.testing.assert_array_equal(layer.backward(x), first)
    with pytest.raises(NotRecordedError, match=layer.name):
        layer.backward(x)


def test_one_seed_one_sequence():
    x = np.ones((5, 40))
    layer, again = layers.Dropout(0.5, seed=9), layers.Dropout(0.5, seed=9)
    for _ in range(3):
        np.testing.assert_array_equal(layer(x, training=True), again(x, training=True))
    draws = []
    for _ in range(2):
        utils.set_random_seed(4)
        draws.append(layers.Dropout(0.5)(x, training=True))
    np.testing.assert_array_equal(*draws)


def test_noise_shape_is_broadcast():
    layer = layers.Dropout(0.5, noise_shape=(None, 1, 6), seed=0, dtype="float64")
    x = np.ones((4, 5, 6))
    y = layer(x, training=True, record=True)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1], x.shape))
    assert (y == 0).any()
    assert (y != 0).any()
    np.testing.assert_array_equal(layer.backward(x), y)


@pytest.mark.parametrize("noise_shape", [(2,), (2, 2), (2, 3, 1)])
def test_noise_shape_that_does_not_fit(noise_shape):
    layer = layers.Dropout(0.5, noise_shape=noise_shape, name="drop")
    with pytest.raises(ShapeError, match=r"drop.*noise_shape"):
        layer(np.ones((2, 3)), training=True)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((1.5,), "rate"),
        ((-0.1,), "rate"),
        ((0.5, (0, 1)), "noise_shape"),
        ((0.5, 3), "noise_shape"),
        ((0.5, "ab"), "noise_shape"),
        ((0.5, None, "a"), "seed"),
    ],
)
def test_bad_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        layers.Dropout(*arguments)


def test_config_round_trip():
    layer = layers.Dropout(0.25, noise_shape=[None, 1], seed=3, name="d")
    again = layers.deserialize(layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    x = np.ones((3, 4))
    np.testing.assert_array_equal(again(x, training=True), layer(x, training=True))


@pytest.mark.keras
@pytest.mark.parametrize("arguments", [(0.5,), (0.2, (None, 1), 3), (0.3, None, 11)])
def test_keras_agrees_on_config_and_masks(arguments):
    keras = pytest.importorskip("keras")
    theirs, ours = keras.layers.Dropout(*arguments, name="d"), layers.Dropout(*arguments, name="d")
    assert layers.serialize(ours) == keras.layers.serialize(theirs)
    if ours.seed is not None:
        x = np.random.default_rng(0).normal(size=(6, 7)).astype("float32")
        utils.set_random_seed(0)
        for _ in range(3):
            np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True).numpy(), rtol=1e-6)
