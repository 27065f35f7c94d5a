"""The loss head of models without a graph: the logits are found behind the last activation, as in Keras."""

import numpy as np
import pytest

import minikeras
from minikeras import config
from minikeras.errors import NotRecordedError
from minikeras.training.head import makers

RNG = np.random.default_rng(0)
X = {"a": 50.0 * RNG.normal(size=(8, 3)), "b": RNG.normal(size=(8, 2))}
LABELS, NUMBERS = np.arange(8) % 4, RNG.random((8, 1))
SPARSE = "sparse_categorical_crossentropy"


def subclass(keras, several):
    """A model whose softmax saturates: of its probabilities, many underflow in float32."""

    class Ticket(keras.Model):
        def __init__(self):
            super().__init__()
            self.join, self.hidden = keras.layers.Concatenate(), keras.layers.Dense(5, activation="relu")
            self.score = keras.layers.Dense(1, activation="sigmoid")
            self.kind = keras.layers.Dense(4, activation="softmax")

        def call(self, x):
            h = self.hidden(self.join([x["a"], x["b"]]))
            return (self.score(h), self.kind(h)) if several else self.kind(h)

    model = Ticket()
    model({name: a[:1] for name, a in X.items()})
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile("sgd", ["mean_squared_error", SPARSE] if several else SPARSE)
    return model


def targets(several):
    return [NUMBERS, LABELS] if several else LABELS


@pytest.mark.parametrize("several", [False, True])
def test_gradients_of_a_saturated_softmax_are_p_minus_t(several):
    with config.using(floatx="float64"):
        model = subclass(minikeras, several)
        loss, gradients = model.compute_gradients(X, targets(several))
        x = np.concatenate([X["a"], X["b"]], axis=1)
        hidden = np.maximum(x @ model.hidden.kernel.value + model.hidden.bias.value, 0)
        z = hidden @ model.kind.kernel.value + model.kind.bias.value
        log_p = z - z.max(axis=1, keepdims=True)
        log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        assert log_p.min() < -100
        y = model.predict(X, verbose=0)
    expected = -log_p[np.arange(8), LABELS].mean()
    if several:
        expected += ((y[0] - NUMBERS) ** 2).mean()
    assert loss == pytest.approx(expected, rel=1e-12)
    dz = (np.exp(log_p) - np.eye(4)[LABELS]) / 8
    np.testing.assert_allclose(gradients[model.kind.kernel.path], hidden.T @ dz, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(y[1] if several else y, np.exp(log_p), atol=1e-12)


def test_a_layer_that_is_called_twice_or_read_again_is_left_alone():
    class Twice(minikeras.Model):
        def __init__(self):
            super().__init__()
            self.inner = minikeras.layers.Dense(4, activation="softmax")

        def call(self, x):
            return self.inner(self.inner(x))

    class Again(Twice):
        def call(self, x):
            y = self.inner(x)
            return y, y * 2

    for model, outputs in ((Twice(), 1), (Again(), 2)):
        model(np.ones((2, 4)))
        assert makers(model, outputs) == [None] * outputs


def test_a_call_that_goes_another_way_than_on_zeros_is_an_error():
    class Either(minikeras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = (minikeras.layers.Dense(4, activation="softmax") for _ in range(2))

        def call(self, x):
            return self.one(x) if np.asarray(x).any() else self.other(x)

    model = Either()
    model.compile("sgd", SPARSE)
    with pytest.raises(RuntimeError, match="this call did without it"):
        model.fit(X["a"], LABELS, verbose=0)


def with_call_of_its_own(factor):
    class Own(minikeras.Sequential):
        def __call__(self, x):
            y = super().__call__(np.abs(x))
            return y if factor == 1 else y * factor

    return Own


def test_a_dunder_call_without_keras_arguments_trains():
    weights = []
    for model_class, x in ((with_call_of_its_own(1), X["a"]), (minikeras.Sequential, abs(X["a"]))):
        minikeras.utils.set_random_seed(3)
        model = model_class([minikeras.layers.Input((3,)), minikeras.layers.Dense(4, activation="softmax")])
        model.compile("sgd", SPARSE, run_eagerly=True)
        model.fit(x, LABELS, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_dunder_call_that_computes_past_the_operations_is_an_error():
    model = with_call_of_its_own(2)([minikeras.layers.Input((3,)), minikeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(NotRecordedError, match="__call__ returned an array that no recorded operation made"):
        model.fit(X["a"], NUMBERS, verbose=0)


@pytest.mark.keras
@pytest.mark.parametrize("several", [False, True])
def test_training_is_that_of_keras(keras64, several):
    ours, theirs = subclass(minikeras, several), subclass(keras64, several)
    for model in (ours, theirs):
        model.fit(X, targets(several), batch_size=8, epochs=3, verbose=0, shuffle=False)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
