"""Gradient checks of models whose layers add losses: ``add_loss``, activity regularizers, penalties of weights."""

import numpy as np
import pytest

from minikeras import Input, Model, layers, ops, regularizers
from minikeras.testing import check_gradients

RNG = np.random.default_rng(11)
X1, X2 = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 4))
Y1, Y2 = RNG.normal(size=(5, 2)), RNG.integers(0, 3, 5)


class Spread(layers.Layer):
    """Adds c Σ (w x)² / N to the loss, with a weight w; twice the derivative if ``wrong``."""

    def __init__(self, wrong=False, **kwargs):
        super().__init__(**kwargs)
        self.square = Squares(wrong)

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="w")

    def call(self, x):
        self.add_loss(0.3 * ops.sum(self.square(x * self.w)) / x.shape[0])
        return x


class Squares(layers.Layer):
    """y = x², with a derivative that may be wrong."""

    def __init__(self, wrong):
        super().__init__(dtype="float64")
        self.factor = 4 if wrong else 2

    def call(self, x):
        self.save(x=x)
        return x * x

    def backward(self, dy):
        return self.factor * self.saved()["x"] * dy


def net(wrong=False, kind=regularizers.L2):
    a, b = Input((3,), name="a", dtype="float64"), Input((4,), name="b", dtype="float64")
    h = layers.Dense(5, "tanh", activity_regularizer=kind(0.1), name="h", dtype="float64")(a)
    g = layers.Dense(5, kernel_regularizer=kind(0.2), name="g", dtype="float64")(b)
    s = Spread(wrong, name="spread", dtype="float64")(h * g)
    number = layers.Dense(2, name="number", bias_regularizer=kind(0.1), dtype="float64")(s)
    kind_ = layers.Dense(3, "softmax", name="kind", dtype="float64")(layers.ActivityRegularization(l2=0.4)(s))
    model = Model([a, b], [number, kind_])
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"], loss_weights=[0.3, 1.7])
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    return model


@pytest.mark.parametrize("kind", [regularizers.L1, regularizers.L2])
def test_the_checked_loss_has_every_term_that_fit_descends(kind):
    result = check_gradients(net(kind=kind), [X1, X2], [Y1, Y2], probes=5)
    result.assert_ok()
    assert {"x[a]", "x[b]", "spread/w", "h/kernel"} < {row.tensor for row in result}


def test_a_wrong_derivative_of_an_added_loss_is_caught():
    result = check_gradients(net(wrong=True), [X1, X2], [Y1, Y2], methods="complex", probes=5)
    wrong = {row.tensor for row in result if not row.passed}
    assert {"spread/w", "h/kernel", "g/kernel"} < wrong
    assert not wrong & {"number/kernel", "kind/kernel"}


def test_trace_verifies_added_losses():
    net().trace([X1, X2], [Y1, Y2]).verify(methods=("complex",), probes=5).assert_ok()
