"""Penalties on what layers give: the loss and the gradients, against Keras and by the formula."""

import numpy as np
import pytest

import minikeras
from minikeras import config

rng = np.random.default_rng(3)
IMAGES, SERIES = rng.normal(size=(4, 6, 6, 2)), rng.normal(size=(4, 5, 3))
IDS = rng.integers(0, 7, (4, 5))


def layers_of(K, penalty):
    own = {"activity_regularizer": penalty}
    L = K.layers
    return {
        "Dense": (L.Dense(3, "softmax", **own), SERIES[:, 0]),
        "Conv1D": (L.Conv1D(2, 3, activation="tanh", **own), SERIES),
        "Conv2D": (L.Conv2D(3, 3, activation="sigmoid", **own), IMAGES),
        "DepthwiseConv2D": (L.DepthwiseConv2D(3, activation="tanh", **own), IMAGES),
        "SeparableConv2D": (L.SeparableConv2D(3, 3, **own), IMAGES),
        "Conv2DTranspose": (L.Conv2DTranspose(2, 3, strides=2, **own), IMAGES),
        "SimpleRNN": (L.SimpleRNN(3, return_sequences=True, **own), SERIES),
        "LSTM": (L.LSTM(3, **own), SERIES),
        "GRU": (L.GRU(3, **own), SERIES),
        "ConvLSTM1D": (L.ConvLSTM1D(2, 2, **own), SERIES[..., None]),
        "Embedding": (L.Embedding(7, 3, **own), IDS),
        "EinsumDense": (L.EinsumDense("btd,dk->btk", (5, 2), activation="tanh", **own), SERIES),
        "BatchNormalization": (L.BatchNormalization(**own), SERIES[:, 0]),
        "LayerNormalization": (L.LayerNormalization(**own), SERIES),
        "MaxPooling2D": (L.MaxPooling2D(**own), IMAGES),
        "Bidirectional": (L.Bidirectional(L.LSTM(3, return_sequences=True, **own)), SERIES),
        "Bidirectional's own": (L.Bidirectional(L.GRU(3), **own), SERIES),
        "TimeDistributed": (L.TimeDistributed(L.Dense(2, "tanh"), **own), SERIES),
        "MultiHeadAttention": (Attention(L.MultiHeadAttention(2, 4, **own)), SERIES),
        "Activation": (L.Activation("tanh", **own), SERIES),
        "ActivityRegularization": (L.ActivityRegularization(l1=0.25, l2=0.5), SERIES),
    }


class Attention:
    """Attention of a sequence to itself."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, x):
        return self.layer(x, x)


def model_of(K, name):
    penalty = K.regularizers.L1L2(0.25, 0.5)
    layer, x = layers_of(K, penalty)[name]
    if name == "SimpleRNN":
        layer.activity_regularizer = penalty  # which Keras's constructor drops
    inputs = K.Input(x.shape[1:], dtype="int32" if name == "Embedding" else None)
    y = layer(inputs if name == "Embedding" else K.layers.Rescaling(0.5)(inputs))
    model = K.Model(inputs, K.layers.Dense(1)(K.layers.Flatten()(y)))
    values = np.random.default_rng(7)
    model.set_weights([values.uniform(0.1, 0.6, np.shape(w)) for w in model.get_weights()])
    model.compile(K.optimizers.SGD(2.0**-7), "mse", run_eagerly=True)
    return model, x


NAMES = tuple(layers_of(minikeras, None))


@pytest.mark.keras
@pytest.mark.parametrize("name", NAMES)
def test_the_loss_and_a_step_are_kerass(keras64, name):
    (theirs, x), (ours, _) = model_of(keras64, name), model_of(minikeras, name)
    y = np.random.default_rng(8).normal(size=(4, 1))
    for model in (theirs, ours):
        model.losses_found = [float(model.train_on_batch(x, y)), float(model.test_on_batch(x, y))]
    assert ours.losses_found == pytest.approx(theirs.losses_found, rel=1e-12)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_a_config_keeps_the_penalty(name):
    layer, _ = layers_of(minikeras, minikeras.regularizers.L1L2(0.25, 0.5))[name]
    inner = {"Bidirectional": "forward_layer", "MultiHeadAttention": "layer"}.get(name)
    layer = getattr(layer, inner) if inner else layer
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    if name != "MultiHeadAttention":
        assert (again.activity_regularizer.l1, again.activity_regularizer.l2) == (0.25, 0.5)


def test_the_penalty_of_a_fused_softmax_is_on_the_probabilities():
    with config.using(floatx="float64"):
        K = minikeras
        dense = K.layers.Dense(3, "softmax", activity_regularizer=K.regularizers.L2(0.5))
        model = K.Sequential([K.Input((2,)), dense])
        model.compile("sgd", "sparse_categorical_crossentropy")
        x, t = rng.normal(size=(4, 2)), np.array([0, 1, 2, 1])
        p = model.predict(x, verbose=0)
        wanted = -np.log(p[np.arange(4), t]).mean() + 0.5 * np.square(p).sum() / 4
        assert float(model.test_on_batch(x, t)) == pytest.approx(wanted, rel=1e-12)


def test_a_penalty_inside_time_distributed_is_that_of_all_steps():
    with config.using(floatx="float64"):
        L, penalty, found = minikeras.layers, minikeras.regularizers.L1L2(0.25, 0.5), []
        for inner, outer in ((penalty, None), (None, penalty)):
            dense = L.Dense(2, "tanh", activity_regularizer=inner)
            model = minikeras.Sequential(
                [minikeras.Input((5, 3)), L.TimeDistributed(dense, activity_regularizer=outer)]
            )
            values = np.random.default_rng(7)
            model.set_weights([values.normal(size=w.shape) for w in model.get_weights()])
            model.compile("sgd", "mse")
            loss, gradients = model.compute_gradients(SERIES, np.zeros((4, 5, 2)))
            found.append([loss, *gradients.values()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
