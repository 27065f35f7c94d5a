"""Layer: names, dtypes, a custom layer."""

import numpy as np
import pytest

from minikeras import Sequential, config, errors, layers

from ..gradients import check_layer


class Swish1(layers.Layer):
    """y = x · σ(b x), one parameter, written as a user would: no ``training`` argument, no buffers."""

    def build(self, input_shape):
        self.b = self.add_weight((), "ones", name="b")

    def call(self, x):
        s = 1 / (1 + np.exp(-self.b.value * x))
        self.save(x=x, s=s)
        return x * s

    def backward(self, dy):
        x, s = self.saved().values()
        self.b.grad[...] = (dy * x * x * s * (1 - s)).sum()
        return dy * (s + self.b.value * x * s * (1 - s))


def test_a_layer_of_ones_own_is_right_and_trains():
    rng = np.random.default_rng(0)
    check_layer(Swish1(dtype="float64"), rng.normal(size=(3, 4)), rng)

    model = Sequential([layers.Dense(8), Swish1(), layers.Dense(2, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    x = rng.normal(size=(64, 3))
    history = model.fit(x, (x[:, 0] > 0).astype(int), epochs=10, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert "b" in {w.name for w in model.trainable_weights}
    assert model.get_layer(index=1).b.value != 1


def test_names_count_up_as_in_keras():
    config.clear_session()
    made = [layers.Dense(1), layers.ReLU(), layers.Dense(1), layers.Flatten(), layers.Dense(1)]
    assert [layer.name for layer in made] == ["dense", "re_lu", "dense_1", "flatten", "dense_2"]


def test_dtype_follows_floatx_and_argument():
    with config.using(floatx="float64"):
        assert layers.Dense(1)(np.ones((1, 1), "float32")).dtype == "float64"
    assert layers.Dense(1, dtype="float64")(np.ones((1, 1), "uint8")).dtype == "float64"
    with pytest.raises(ValueError, match="float32, float64"):
        layers.Dense(1, dtype="float16")


def test_nothing_is_kept_unless_recorded():
    layer = layers.Dense(1)
    layer(np.ones((2, 2)))
    with pytest.raises(errors.NotRecordedError, match="record=True"):
        layer.backward(np.ones((2, 1)))


def test_a_layer_without_call_says_so():
    with pytest.raises(NotImplementedError, match="does not have a `call"):
        layers.Layer()(np.ones((1, 1)))


def test_flatten():
    x = np.arange(24.0, dtype="float32").reshape(2, 3, 4)
    layer = layers.Flatten()
    np.testing.assert_array_equal(layer(x, record=True), x.reshape(2, 12))
    np.testing.assert_array_equal(layer.backward(x.reshape(2, 12)), x)
    assert layers.Flatten()(np.ones(3)).shape == (3, 1)
    assert layers.Flatten().compute_output_shape((None, 2, 3)) == (None, 6)


def test_without_autocast_inputs_keep_their_dtype():
    class Same(layers.Layer):
        def call(self, x):
            return x

    x = np.ones((2, 2), "float64")
    assert Same(dtype="float32")(x).dtype == "float32"
    assert Same(dtype="float32", autocast=False)(x).dtype == "float64"
