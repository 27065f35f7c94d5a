"""ConvLSTM: live Keras in float64, outputs, states and all gradients."""

import numpy as np
import pytest

from minikeras import layers

CASES = [
    ("ConvLSTM1D", (2, 3, 6, 2), {"filters": 3, "kernel_size": 3}),
    ("ConvLSTM1D", (2, 3, 7, 2), {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same"}),
    ("ConvLSTM2D", (2, 3, 5, 4, 2), {"filters": 2, "kernel_size": (3, 2), "return_sequences": True}),
    ("ConvLSTM2D", (2, 3, 5, 5, 2), {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "go_backwards": True}),
    ("ConvLSTM2D", (1, 2, 4, 4, 1), {"filters": 2, "kernel_size": 2, "use_bias": False, "activation": "relu"}),
    ("ConvLSTM3D", (1, 2, 3, 3, 4, 1), {"filters": 2, "kernel_size": 2, "padding": "same"}),
]


@pytest.mark.keras
def test_outputs_and_gradients_are_keras_s():
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the gradients compared are TensorFlow's")
    rng = np.random.default_rng(0)
    for name, shape, options in CASES:
        ours = getattr(layers, name)(**options, dtype="float64", name="a")
        theirs = getattr(keras.layers, name)(**options, dtype="float64", name="a")
        x = rng.normal(size=shape)
        ours.build((None, *shape[1:]))
        theirs.build(shape)
        assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
        for w, other in zip(ours.weights, theirs.weights, strict=True):
            if w.name == "bias":
                np.testing.assert_array_equal(w.numpy(), other.numpy())
        weights = [rng.normal(size=w.shape) for w in ours.weights]
        ours.set_weights(weights)
        theirs.set_weights(weights)
        y = ours(x, record=True)
        u = rng.normal(size=y.shape)
        dx = ours.backward(u)
        with tf.GradientTape() as tape:
            inputs = tf.constant(x)
            tape.watch(inputs)
            expected = theirs(inputs)
            loss = tf.reduce_sum(expected * u)
        gradients = tape.gradient(loss, [inputs, *(v.value for v in theirs.trainable_variables)])
        np.testing.assert_allclose(y, expected, atol=1e-12, err_msg=name)
        for mine, other in zip([dx, *(p.grad for p in ours.weights)], gradients, strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-11, err_msg=f"{name} {options}")
        assert ours.compute_output_shape(shape) == y.shape
        config = {k: v for k, v in theirs.get_config().items() if k not in ("dtype",) and "initializer" not in k}
        assert {k: ours.get_config().get(k, "?") for k in config} == config


def test_a_config_makes_the_same_layer_and_dropout_is_refused():
    layer = layers.ConvLSTM2D(2, 3, return_state=True)
    assert layers.deserialize(layers.serialize(layer)).get_config() == layer.get_config()
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5, 1))
    y, h, c = layer(x)
    np.testing.assert_array_equal(y, h)
    assert c.shape == (2, 3, 3, 2)
    with pytest.raises(ValueError, match="dropout"):
        layers.ConvLSTM2D(2, 3, dropout=0.5)
