"""Of several largest entries: where the gradient goes, and that NaN is larger than all numbers."""

import numpy as np
import pytest

from minikeras import config, layers


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_first_of_a_window_gets_all(backend, rank):
    layer = getattr(layers, f"MaxPooling{rank}D")(2, dtype="float64")
    x = np.zeros((1, *(2,) * rank, 1))
    x.ravel()[1:] = 1
    with config.using(backend=backend):
        layer(x, record=True)
        dx = layer.backward(np.full((1, *(1,) * rank, 1), 7.0)).ravel()
    np.testing.assert_array_equal(dx, [7.0 if i == 1 else 0.0 for i in range(2**rank)])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_largest_of_a_whole_image_share(backend):
    layer = layers.GlobalMaxPooling2D(dtype="float64")
    with config.using(backend=backend):
        layer(np.array([1.0, 1.0, 0.0, 1.0]).reshape(1, 2, 2, 1), record=True)
        dx = layer.backward(np.array([[9.0]])).ravel()
    np.testing.assert_allclose(dx, [3.0, 3.0, 0.0, 3.0])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("name", ["MaxPooling1D", "GlobalMaxPooling1D", "AdaptiveMaxPooling1D"])
def test_nan_goes_on_and_gets_the_gradient(backend, name):
    options = {"output_size": 1} if "Adaptive" in name else {"pool_size": 3} if name == "MaxPooling1D" else {}
    layer = getattr(layers, name)(**options, dtype="float64")
    with config.using(backend=backend):
        y = layer(np.array([5.0, np.nan, 7.0]).reshape(1, 3, 1), record=True)
        dx = layer.backward(np.ones_like(y)).ravel()
    assert np.isnan(y).all()
    np.testing.assert_array_equal(dx, [0, 1, 0])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_window_of_minus_infinity_has_its_first_entry_as_winner(backend):
    layer = layers.MaxPooling1D(2, padding="same", dtype="float64")
    with config.using(backend=backend):
        y = layer(np.full((1, 3, 1), -np.inf), record=True)
        dx = layer.backward(np.array([1.0, 2.0]).reshape(1, 2, 1)).ravel()
    assert np.isneginf(y).all()
    np.testing.assert_array_equal(dx, [1, 0, 2])


@pytest.mark.keras
def test_ties_go_where_keras_on_tensorflow_sends_them():
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    cases = [
        ("MaxPooling1D", 1, {}),
        ("MaxPooling2D", 2, {"strides": 1, "padding": "same"}),
        ("GlobalMaxPooling2D", 2, {}),
    ]
    cases += [("AdaptiveMaxPooling2D", 2, {"output_size": 2})]
    for name, rank, options in cases:
        x = np.random.default_rng(0).integers(0, 2, (2, *(5,) * rank, 2)).astype("float32")
        ours, theirs = getattr(layers, name)(**options), getattr(keras.layers, name)(**options)
        y = ours(x, record=True)
        u = np.random.default_rng(1).normal(size=y.shape).astype("float32")
        with tf.GradientTape() as tape:
            t = tf.constant(x)
            tape.watch(t)
            loss = tf.reduce_sum(theirs(t) * u)
        expected = tape.gradient(loss, t)
        np.testing.assert_allclose(ours.backward(u), expected, rtol=1e-5, atol=1e-6, err_msg=name)
