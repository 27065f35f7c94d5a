"""The bug zoo of graphs: the checks of layers and of models see each mistake."""

import numpy as np
import pytest

from minikeras import Input, Model, layers
from minikeras.bugs import mutant
from minikeras.bugs.zoo import GRAPH_MUTANTS
from minikeras.testing import check_gradients, check_layer

RNG = np.random.default_rng(3)


class Twice(layers.Layer):
    """y = (x w) w: one layer, called twice."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(3, use_bias=False, dtype="float64")

    def call(self, x):
        return self.inner(self.inner(x))


class Residual(layers.Layer):
    """y = x + f(x): two operations take x."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(3, activation="tanh", dtype="float64")

    def call(self, x):
        return x + self.inner(x)


def model():
    """A regression with a shared layer, two branches and a normalization, all weights drawn."""
    x = Input((3,), dtype="float64")
    h = layers.BatchNormalization(dtype="float64")(Twice(dtype="float64")(x))
    net = Model(x, layers.Dense(2, dtype="float64")(Residual(dtype="float64")(h)))
    net.compile("sgd", "mse")
    net.set_weights([RNG.uniform(0.5, 1.5, w.shape) for w in net.weights])
    return net


LAYERS = {
    "shared_gradient_lost": lambda: Twice(dtype="float64"),
    "branch_forgotten": lambda: Residual(dtype="float64"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_check_of_a_layer_sees_it(name):
    with mutant(name):
        assert not check_layer(LAYERS[name](), (3,), training=True).passed
    assert check_layer(LAYERS[name](), (3,), training=True).passed


@pytest.mark.parametrize("name", GRAPH_MUTANTS)
def test_the_check_of_a_model_sees_it(name):
    x, y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))
    with mutant(name):
        assert not check_gradients(model(), x, y, training=True).passed
    assert check_gradients(model(), x, y, training=True).passed


def test_each_is_explained():
    for m in GRAPH_MUTANTS.values():
        for sentence in (m.what, m.seen):
            assert sentence.endswith(".")
            assert 40 < len(sentence) < 160
