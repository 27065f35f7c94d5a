"""Recurrent layers beside real Keras on TensorFlow, in float64: outputs, dx and the gradient of every weight."""

import itertools

import numpy as np
import pytest

from minikeras import layers, utils

pytestmark = pytest.mark.keras

EXACT = 1e-12

CASES = [
    (kind, {**options, "return_sequences": sequences, "go_backwards": backwards})
    for (kind, options), (sequences, backwards) in zip(
        [
            ("SimpleRNN", {}),
            ("SimpleRNN", {"activation": "relu", "use_bias": False}),
            ("SimpleRNN", {"dropout": 0.3, "recurrent_dropout": 0.4}),
            ("LSTM", {}),
            ("LSTM", {"activation": "softsign", "recurrent_activation": "softplus"}),
            ("LSTM", {"use_bias": False, "dropout": 0.3}),
            ("LSTM", {"dropout": 0.3, "recurrent_dropout": 0.4}),
            ("LSTM", {"unit_forget_bias": False, "dropout": 1.0}),
            ("GRU", {}),
            ("GRU", {"reset_after": False}),
            ("GRU", {"use_bias": False, "dropout": 0.3}),
            ("GRU", {"dropout": 0.3, "recurrent_dropout": 0.4}),
            ("GRU", {"dropout": 0.3, "recurrent_dropout": 0.4, "reset_after": False}),
            ("GRU", {"activation": "elu", "recurrent_activation": "softsign", "reset_after": False}),
        ],
        itertools.cycle(itertools.product([False, True], repeat=2)),
        strict=False,
    )
]


def test_outputs_gradients_configs_and_draws_are_keras_s():
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    utils.set_random_seed(0)
    x = rng.normal(size=(3, 5, 4))
    for kind, options in CASES:
        theirs = getattr(keras.layers, kind)(6, seed=7, dtype="float64", name="r", **options)
        ours = getattr(layers, kind)(6, seed=7, dtype="float64", name="r", **options)
        theirs.build(x.shape)
        ours.build(x.shape)
        weights = [rng.normal(size=w.shape) for w in theirs.get_weights()]
        theirs.set_weights(weights)
        ours.set_weights(weights)
        assert ours.get_config() == theirs.get_config(), (kind, options)
        for training in (True, False, True):
            v = tf.Variable(x)
            with tf.GradientTape() as tape:
                y = theirs(v, training=training)
                u = rng.normal(size=y.shape)
                loss = tf.reduce_sum(y * u)
            expected = tape.gradient(loss, [v, *[w.value for w in theirs.trainable_weights]])
            np.testing.assert_allclose(ours(x, training=training, record=True), y, rtol=EXACT, atol=EXACT)
            found = [ours.backward(u), *(p.grad for p in ours.weights)]
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT, err_msg=f"{kind} {options} {training}")


def histories(keras):
    """Losses of three small nets trained from one seed: masks, both kinds of dropout, both directions, validation."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 50, (96, 12))
    x[:, 8:] *= rng.integers(0, 2, (96, 1))
    y = rng.integers(0, 2, (96, 1)).astype("float64")
    k = keras.layers
    keras.utils.set_random_seed(42)
    nets = [
        [k.LSTM(6, dropout=0.2, recurrent_dropout=0.3)],
        [k.Bidirectional(k.GRU(5, return_sequences=True, dropout=0.1)), k.SimpleRNN(4)],
        [k.TimeDistributed(k.Dense(4, activation="tanh")), k.LSTM(5, go_backwards=True)],
    ]
    for net in nets:
        model = keras.Sequential(
            [k.Embedding(50, 8, mask_zero=True), *net, k.Dense(1, activation="sigmoid")],
        )
        model.compile("sgd", "binary_crossentropy")
        history = model.fit(x, y, batch_size=32, epochs=2, validation_data=(x[:40], y[:40]), verbose=0).history
        yield history["loss"] + history["val_loss"]


@pytest.mark.slow
def test_same_seed_same_run(keras64):
    import minikeras

    np.testing.assert_allclose(list(histories(minikeras)), list(histories(keras64)), rtol=1e-12)
