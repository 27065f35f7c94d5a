"""Every kind of model and layer goes between minikeras and live Keras in files, both ways, bit for bit."""

import gc

import numpy as np
import pytest

import minikeras
from minikeras import saving

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(8)
VECTORS, SERIES = RNG.normal(size=(4, 6)), RNG.normal(size=(4, 5, 3))
IMAGES, VOLUMES = RNG.normal(size=(2, 8, 8, 3)), RNG.normal(size=(2, 6, 6, 6, 2))


def nested(k):
    inner = k.Sequential([k.layers.Dense(4, "tanh"), k.layers.BatchNormalization(), k.layers.Dropout(0.5)])
    innermost = k.Sequential([k.Input((4,)), k.layers.Dense(4), k.layers.Dense(3)])
    return k.Sequential([k.Input((6,)), k.layers.Dense(5), inner, innermost, k.layers.Dense(2)])


def shared(k):
    x = k.Input((6,))
    layer, other = k.layers.Dense(6, "relu"), k.layers.Dense(6)
    y = k.layers.Add()([layer(layer(x)), other(x)])
    return k.Model(x, k.layers.Dense(2)(layer(y)))


def nested_graph(k):
    def block(width):
        x = k.Input((width,))
        return k.Model(x, k.layers.Concatenate()([k.layers.Dense(3)(x), x]))

    x = k.Input((6,))
    first = block(6)
    stack = k.Sequential([k.Input((9,)), k.layers.Dense(6), block(6)])
    return k.Model(x, [stack(first(x)), k.layers.Dense(1)(first(x))])


def subclassed(k):
    class Block(k.layers.Layer):
        def __init__(self, width, **kwargs):
            super().__init__(**kwargs)
            self.width = width
            self.inner = k.layers.Dense(width, "tanh")
            self._hidden = k.layers.Dense(width)

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(self.width,), initializer="uniform", name="scale")
            self.moved = self.add_weight(shape=(2,), initializer="uniform", trainable=False, name="moved")
            self.inner.build(input_shape)
            self._hidden.build((None, self.width))
            self.built = True

        def call(self, x):
            return self._hidden(self.inner(x)) * self.scale

    class Net(k.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.one = k.layers.Dense(6)
            self.again = self.one
            self.many = [Block(6), [k.layers.Dense(6), k.layers.Dense(6)]]
            self.by_name = {"z": k.layers.Dense(6), "a": k.layers.BatchNormalization()}
            self._last = k.Sequential([k.layers.Dense(3), k.layers.Dense(2)])

        def call(self, x):
            x = self.many[0](self.again(self.one(x)))
            for layer in self.many[1]:
                x = layer(x)
            return self._last(self.by_name["a"](self.by_name["z"](x)))

    model = Net()
    model(VECTORS)
    return model


def recurrent(k):
    x = k.Input((5, 3))
    layers = k.layers
    stacked = layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)])
    return k.Model(
        x,
        [
            layers.SimpleRNN(2)(x),
            layers.LSTM(2, dropout=0.1)(x),
            layers.GRU(2, return_sequences=True)(x),
            layers.Bidirectional(layers.LSTM(2))(x),
            layers.Bidirectional(layers.GRU(2), backward_layer=layers.LSTM(2, go_backwards=True))(x),
            stacked(x),
            layers.TimeDistributed(layers.Dense(2))(x),
            layers.TimeDistributed(k.Sequential([layers.Dense(3), layers.Dense(2)]))(x),
        ],
    )


def attention(k):
    x = k.Input((5, 3))
    layers = k.layers
    return k.Model(
        x,
        [
            layers.MultiHeadAttention(2, 3, dropout=0.1)(x, x),
            layers.GroupQueryAttention(3, 2, 1)(x, x),
            layers.Attention(use_scale=True, score_mode="concat")([x, x]),
            layers.AdditiveAttention()([x, x]),
        ],
    )


def convolutions(k):
    x, layers = k.Input((8, 8, 3)), k.layers
    return k.Model(
        x,
        [
            layers.Conv2D(2, 3, groups=1)(x),
            layers.Conv2DTranspose(2, 3)(x),
            layers.DepthwiseConv2D(3)(x),
            layers.SeparableConv2D(2, 3, use_bias=False)(x),
            layers.MaxPooling2D()(layers.ZeroPadding2D()(x)),
        ],
    )


def normalized(k):
    x, layers = k.Input((8, 8, 3)), k.layers
    return k.Model(
        x,
        [
            layers.BatchNormalization()(x),
            layers.BatchNormalization(center=False)(x),
            layers.LayerNormalization()(x),
            layers.GroupNormalization(3)(x),
            layers.RMSNormalization()(x),
            layers.UnitNormalization()(x),
            layers.Normalization()(x),
            layers.EinsumDense("abcd,de->abce", (None, None, 4), bias_axes="e")(x),
            layers.PReLU(shared_axes=[1, 2])(x),
        ],
    )


def volumes(k):
    x, layers = k.Input((6, 6, 6, 2)), k.layers
    return k.Model(x, [layers.Conv3D(2, 3)(x), layers.Conv3DTranspose(2, 2)(x), layers.GlobalMaxPooling3D()(x)])


KINDS = {
    nested: VECTORS,
    shared: VECTORS,
    nested_graph: VECTORS,
    subclassed: VECTORS,
    recurrent: SERIES,
    attention: SERIES,
    convolutions: IMAGES,
    normalized: IMAGES,
    volumes: VOLUMES,
}


def drawn(model):
    """All variables drawn at random."""
    model.set_weights([RNG.uniform(0.1, 1.0, w.shape).astype(w.dtype) for w in model.get_weights()])
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Keras's Normalization keeps what it computes from its variables
            layer.finalize_state()
    return model


def customs(model):
    found = {type(model).__name__: type(model)}
    for layer in getattr(model, "many", []):
        if not isinstance(layer, list | tuple):
            found[type(layer).__name__] = type(layer)
    return found if type(model).__name__ == "Net" else None


def outputs(model, x):
    made = model(x)
    return made if isinstance(made, list) else [made]


def assert_same(one, other, x, rtol=1e-10):
    for p, q in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)
    for a, b in zip(outputs(one, x), outputs(other, x), strict=True):  # shows that each array came to its place
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=0.1 * rtol)


@pytest.mark.parametrize("make", [nested, subclassed], ids=lambda make: make.__name__)
def test_weights_go_over_both_ways(make, keras64, tmp_path):
    x = KINDS[make]
    with minikeras.config.using(floatx="float64"):
        for source, target in ((keras64, minikeras), (minikeras, keras64)):
            model, other = drawn(make(source)), drawn(make(target))
            path = str(tmp_path / "m.weights.h5")
            model.save_weights(path)
            other.load_weights(path)
            assert_same(model, other, x)
    gc.collect()


@pytest.mark.parametrize("make", [m for m in KINDS if m is not subclassed], ids=lambda make: make.__name__)
def test_models_go_over_both_ways(make, keras64, tmp_path):
    x = KINDS[make]
    with minikeras.config.using(floatx="float64"):
        for source, load in ((keras64, saving.load_model), (minikeras, keras64.models.load_model)):
            model = drawn(make(source))
            path = str(tmp_path / "m.keras")
            model.save(path)
            # Keras rounds attention's scale 1/√H to float32, in float64 too
            assert_same(model, load(path), x, rtol=1e-6 if make is attention else 1e-10)


def test_a_subclassed_model_goes_over_in_its_own_library(keras64, tmp_path):
    with minikeras.config.using(floatx="float64"):
        model = drawn(subclassed(minikeras))
        model.save(tmp_path / "m.keras")
        assert_same(model, saving.load_model(tmp_path / "m.keras", customs(model)), VECTORS)
