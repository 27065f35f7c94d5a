"""The models whose pages the tests open, each with its trace."""

import numpy as np

import minikeras as keras
from minikeras import layers


def trained(model, rng, optimizer="sgd", loss="sparse_categorical_crossentropy"):
    model.compile(optimizer, loss)
    for p in model.weights:
        if p.path.endswith(("kernel", "bias", "gamma", "embeddings")):
            p.assign(rng.normal(size=p.shape).astype(p.value.dtype) * 0.5)
    return model


def article(rng):
    """The article's net, 784-300-100-10."""
    model = keras.Sequential([layers.Flatten(input_shape=(28, 28))])
    for units, activation in ((300, "relu"), (100, "relu"), (10, "softmax")):
        model.add(layers.Dense(units, activation=activation))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model.trace(rng.random((8, 28, 28)), rng.integers(10, size=8))


def small(rng):
    model = keras.Sequential([layers.Flatten(input_shape=(6, 5)), layers.Dense(7, activation="relu")])
    model.add(layers.Dense(4, activation="softmax", kernel_regularizer="l2"))
    return trained(model, rng).trace(rng.random((3, 6, 5)), [0, 3, 1])


def residual(rng):
    """Two inputs; a branch that skips a layer, one by an operator and one by a layer."""
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    h = layers.Add(name="residual")([layers.Dense(4, activation="tanh", name="look")(left), left])
    h = layers.Concatenate(name="both")([h + left, right])
    model = keras.Model([left, right], layers.Dense(2, name="out")(h), name="two_inputs")
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    trained(model, rng, optimizer, "mse").train_on_batch(
        [rng.normal(size=(3, 4)), rng.normal(size=(3, 3))], rng.normal(size=(3, 2))
    )  # so that there is a velocity
    return model.trace([rng.normal(size=(3, 4)), rng.normal(size=(3, 3))], rng.normal(size=(3, 2)))


def convnet(rng):
    model = keras.Sequential(
        [layers.Conv2D(2, 3, strides=2, padding="same", activation="relu", input_shape=(13, 12, 2))]
    )
    for layer in (layers.BatchNormalization(), layers.MaxPooling2D(2), layers.Conv2D(3, 2), layers.AveragePooling2D(2)):
        model.add(layer)
    for layer in (layers.Flatten(), layers.Dropout(0.4, seed=1), layers.Dense(3, activation="softmax")):
        model.add(layer)
    return trained(model, rng, "adam").trace(rng.normal(size=(2, 13, 12, 2)), [0, 2])


def recurrent(rng):
    model = keras.Sequential([layers.Embedding(9, 3, input_shape=(5,)), layers.LSTM(4, return_sequences=True)])
    for layer in (layers.GRU(3, return_sequences=True), layers.SimpleRNN(3), layers.Dense(2, activation="softmax")):
        model.add(layer)
    return trained(model, rng).trace(rng.integers(9, size=(2, 5)), [1, 0])


def directions(rng):
    """Steps that are left out, both directions, every way to merge, a GRU that resets before, other activations."""
    model = keras.Sequential([layers.Embedding(7, 3, mask_zero=True, input_shape=(6,))])
    model.add(layers.Bidirectional(layers.LSTM(2, return_sequences=True)))
    model.add(layers.Bidirectional(layers.GRU(3, return_sequences=True), "ave"))
    model.add(layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), "mul"))
    model.add(layers.GRU(3, reset_after=False, return_sequences=True, go_backwards=True))
    model.add(layers.Bidirectional(layers.LSTM(2, activation="linear"), "sum"))
    model.add(layers.Dense(2, activation="softmax"))
    x = rng.integers(1, 7, size=(3, 6))
    x[0, 4:] = x[1, 0] = x[1, 3] = 0
    return trained(model, rng).trace(x, [1, 0, 1])


def attention(rng):
    x = keras.Input((5, 4), name="x")
    h = layers.Attention(name="attention")([x + layers.MultiHeadAttention(2, 3, name="heads")(x, x), x])
    h = h + layers.MultiHeadAttention(2, 2, name="causal")(h, x, use_causal_mask=True)
    h = layers.Attention(use_scale=True, name="scaled")([h, x, h])
    y = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(h))
    model = keras.Model(x, y, name="attentive")
    return trained(model, rng).trace(rng.normal(size=(2, 5, 4)), [1, 0])


def states(rng):
    """An encoder that hands its states to a decoder."""
    x, t = keras.Input((4, 3)), keras.Input((3, 2))
    _, h, c = layers.LSTM(3, return_state=True, name="encoder")(x)
    y = layers.LSTM(3, return_sequences=True, name="decoder")(t, initial_state=[h, c])
    model = keras.Model([x, t], layers.Dense(2, activation="softmax")(y))
    y = np.array([[0, 1, 1], [1, 0, 1]])
    return trained(model, rng).trace([rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 3, 2))], y)


def series(rng):
    """Convolutions and pooling along one axis."""
    first = layers.Conv1D(3, 3, padding="causal", dilation_rate=2, activation="relu", input_shape=(13, 2))
    model = keras.Sequential([first, layers.MaxPooling1D(3, 2), layers.Conv1D(2, 2, strides=2, padding="same")])
    for layer in (layers.AveragePooling1D(2), layers.Flatten(), layers.Dense(3, activation="softmax")):
        model.add(layer)
    return trained(model, rng).trace(rng.normal(size=(2, 13, 2)), [0, 2])


def volumes(rng):
    """Convolutions and pooling along three axes."""
    model = keras.Sequential([layers.Conv3D(2, (2, 1, 3), padding="same", strides=(1, 2, 1), input_shape=(4, 5, 4, 2))])
    for layer in (layers.MaxPooling3D((2, 1, 2), padding="same"), layers.Conv3D(2, 2), layers.GlobalAveragePooling3D()):
        model.add(layer)
    model.add(layers.Dense(3, activation="softmax"))
    return trained(model, rng).trace(rng.normal(size=(2, 4, 5, 4, 2)), [0, 2])


def outputs(rng):
    x = keras.Input((4,))
    h = layers.Dense(3, activation="relu")(x)
    model = keras.Model(x, [layers.Dense(2, activation="softmax", name="kind")(h), layers.Dense(1, name="size")(h)])
    trained(model, rng, loss={"kind": "sparse_categorical_crossentropy", "size": "mse"})
    return model.trace(rng.normal(size=(2, 4)), {"kind": np.array([0, 1]), "size": np.zeros((2, 1))})


def hostile(rng):
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    model = keras.Sequential(name=name)
    model.add(layers.Dense(4000, activation="relu", input_shape=(3,), name='"><b onclick=alert(3)>'))
    for i in range(100):
        model.add(layers.Dense(2, name=f"</script>{i}"))
    model.compile("sgd", "mse")
    weights = model.get_weights()
    weights[0][0, :2] = np.nan, np.inf
    model.set_weights(weights)
    with np.errstate(all="ignore"):
        return model.trace(np.ones((2, 3)), np.ones((2, 2)))


def empty(rng):
    """A second input without features."""
    x, nothing = keras.Input((3,)), keras.Input((0,))
    model = keras.Model([x, nothing], layers.Dense(2, activation="softmax")(layers.Concatenate()([x, nothing])))
    return trained(model, rng).trace([rng.normal(size=(3, 3)), np.zeros((3, 0))], [0, 1, 1])
