"""Noise layers draw what Keras draws, go back as they went, and do nothing outside training."""

import numpy as np
import pytest

from minikeras import config, layers, utils

CASES = [
    ("SpatialDropout1D", {"rate": 0.4}, (3, 4, 5)),
    ("SpatialDropout2D", {"rate": 0.4}, (2, 3, 3, 4)),
    ("SpatialDropout2D", {"rate": 0.4, "data_format": "channels_first"}, (2, 4, 3, 3)),
    ("SpatialDropout3D", {"rate": 0.5}, (2, 2, 2, 2, 4)),
    ("GaussianNoise", {"stddev": 0.3}, (3, 5)),
    ("GaussianDropout", {"rate": 0.3}, (3, 5)),
    ("AlphaDropout", {"rate": 0.3}, (4, 5)),
    ("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 1)}, (4, 5)),
]


def input_of(shape):
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize(("name", "options", "shape"), CASES)
def test_backward_is_the_derivative_at_the_same_draw(name, options, shape):
    x, u = input_of(shape), np.random.default_rng(1).normal(size=shape)
    made = [getattr(layers, name)(**options, seed=5, dtype="float64") for _ in range(3)]
    made[0](x, training=True, record=True)
    dx = made[0].backward(u)
    step = 1e-6 * np.random.default_rng(2).normal(size=shape)
    difference = (u * (made[1](x + step, training=True) - made[2](x - step, training=True))).sum() / 2
    np.testing.assert_allclose((dx * step).sum(), difference, rtol=1e-6)


@pytest.mark.parametrize(("name", "options", "shape"), CASES)
def test_nothing_happens_outside_training(name, options, shape):
    layer, x = getattr(layers, name)(**options, dtype="float64"), input_of(shape)
    np.testing.assert_array_equal(layer(x, record=True), x)
    np.testing.assert_array_equal(layer.backward(x), x)


@pytest.mark.parametrize("name", ["GaussianDropout", "AlphaDropout"])
def test_a_rate_without_a_result_is_refused(name):
    with pytest.raises(ValueError, match="below 1"):
        getattr(layers, name)(1.0)


def test_a_noise_outside_its_range_is_refused_as_in_keras():
    with pytest.raises(ValueError, match="Invalid value received for argument `stddev`"):
        layers.GaussianNoise(1.5)


@pytest.mark.keras
def test_the_draws_are_those_of_keras_on_tensorflow():
    keras = pytest.importorskip("keras")
    for name, options, shape in CASES:
        x = input_of(shape).astype("float32")
        utils.set_random_seed(3)
        ours = getattr(layers, name)(**options, seed=5)
        theirs = getattr(keras.layers, name)(**options, seed=5)
        for _ in range(2):
            expected = np.asarray(theirs(x, training=True))
            np.testing.assert_allclose(ours(x, training=True), expected, rtol=2e-6, atol=2e-6, err_msg=name)
    assert config.floatx() == "float32"
