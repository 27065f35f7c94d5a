"""The engine in one file: read this first."""

import numpy as np
import pytest

import minikeras as keras


def two_layer_net():
    model = keras.Sequential(
        [
            keras.layers.Dense(2, activation="relu", input_shape=(2,), dtype="float64", name="hidden"),
            keras.layers.Dense(2, activation="softmax", dtype="float64", name="out"),
        ]
    )
    model.set_weights(
        [
            np.array([[0.1, 0.3], [0.2, -0.4]]),
            np.array([0.0, 0.1]),
            np.array([[0.6, -0.2], [0.5, 0.7]]),
            np.array([0.0, 0.0]),
        ]
    )
    return model


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_one_training_step_by_hand(backend):
    """One sample x = (1, 2) of class 1, learning rate 0.1, every number worked out on paper."""
    # z1 = x W1 + b1 = (0.1 + 0.4, 0.3 − 0.8 + 0.1)   = (0.5, −0.4)
    # h  = relu(z1)                                    = (0.5, 0)
    # z2 = h W2 + b2 = (0.5·0.6, 0.5·(−0.2))           = (0.3, −0.1)
    # p  = softmax(z2) = (e^0.4, 1) / (e^0.4 + 1)      = (0.5987, 0.4013)
    # L  = −ln 0.4013                                  = 0.9130
    # dz2 = p − (0, 1)                                 = (0.5987, −0.5987)
    # dW2 = hᵀ dz2                                     = ((0.2993, −0.2993), (0, 0))
    # dh  = dz2 W2ᵀ                                    = (0.4790, −0.1197)
    # dz1 = dh where z1 > 0                            = (0.4790, 0)
    # dW1 = xᵀ dz1                                     = ((0.4790, 0), (0.9579, 0))
    with keras.config.using(backend=backend):
        model = two_layer_net()
        x, y = np.array([[1.0, 2.0]]), np.array([1])
        np.testing.assert_allclose(model(x), [[0.5987, 0.4013]], atol=5e-5)

        model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.1))
        loss, gradients = model.compute_gradients(x, y)
        assert loss == pytest.approx(0.9130, abs=5e-5)
        expected = {
            "hidden/kernel": [[0.4790, 0], [0.9579, 0]],
            "hidden/bias": [0.4790, 0],
            "out/kernel": [[0.2993, -0.2993], [0, 0]],
            "out/bias": [0.5987, -0.5987],
        }
        for path, gradient in gradients.items():
            short = path.split("/", 1)[1]
            np.testing.assert_allclose(gradient, expected[short], atol=5e-5, err_msg=path)
        assert len(gradients) == 4

        assert model.train_on_batch(x, y) == pytest.approx(0.9130, abs=5e-5)
        w1, b1, w2, b2 = model.get_weights()  # w − 0.1 dw
        np.testing.assert_allclose(w1, [[0.0521, 0.3], [0.1042, -0.4]], atol=5e-5)
        np.testing.assert_allclose(b1, [-0.0479, 0.1], atol=5e-5)
        np.testing.assert_allclose(w2, [[0.5701, -0.1701], [0.5, 0.7]], atol=5e-5)
        np.testing.assert_allclose(b2, [-0.0599, 0.0599], atol=5e-5)


def test_it_learns():
    """Three clusters in the plane are told apart."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    x = rng.normal(size=(300, 2)) * 0.3 + np.array([[0, 1], [1, -1], [-1, -1]])[y]
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.1), metrics=["accuracy"])
    history = model.fit(x, y, epochs=20, validation_split=0.2, verbose=0)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.history["val_accuracy"][-1] > 0.95
    loss, accuracy = model.evaluate(x, y, verbose=0)
    assert loss < 0.2
    assert accuracy > 0.95
    assert model.predict(x, verbose=0).argmax(axis=1).shape == (300,)
