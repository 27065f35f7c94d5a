"""Losses, metrics and layers that lose a gradient, or return nothing, are named."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import GradientTape, Input, layers, ops
from minikeras.errors import NotRecordedError

X, Y = np.ones((4, 3)), np.zeros((4, 2))


def fitted(loss="mse", metrics=None, *further):
    model = keras.Sequential([Input((3,)), layers.Dense(2), *further])
    model.compile("sgd", loss, metrics=metrics)
    return model.fit(X, Y, verbose=0).history


def test_a_loss_in_numpy_is_refused_since_its_gradient_would_be_zero():
    def squares(y, p):
        return np.mean((np.asarray(y) - np.asarray(p)) ** 2, axis=-1)

    with pytest.raises(NotRecordedError, match=r"'squares'.*minikeras\.ops"):
        fitted(squares)
    model = keras.Sequential([Input((3,)), layers.Dense(2, kernel_initializer="zeros")])
    model.compile("sgd", squares)
    assert model.evaluate(X, Y, verbose=0) == 0  # without a gradient it is as good as any


def test_a_loss_that_is_constant_trains_on_what_is_added():
    penalised = layers.ActivityRegularization(l2=0.1)
    assert fitted(lambda y, p: 0.0, None, penalised)["loss"][0] > 0
    assert fitted(lambda y, p: ops.zeros(4), None, penalised)["loss"][0] > 0


def test_a_loss_and_a_metric_that_return_nothing_are_named():
    def nothing(y, p):
        pass

    with pytest.raises(ValueError, match="loss 'nothing' returned None"):
        fitted(nothing)
    with pytest.raises(ValueError, match="metric 'nothing' returned None"):
        fitted(metrics=[nothing])


def test_a_python_number_out_of_a_recorded_array_is_refused_inside_a_layer():
    class Scaled(layers.Layer):
        def call(self, x):
            return x / float(ops.max(x))

    with pytest.raises(TypeError, match=r"float\(\) has no derivative"):
        fitted("mse", None, Scaled())
    assert Scaled()(X).shape == X.shape  # nothing is recorded
    x = ops.convert_to_tensor(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x)
        assert float(y) == 12  # a loop of one's own may print its loss
    assert tape.gradient(y, x).shape == X.shape


@pytest.mark.parametrize("x", [None, "abc"])
def test_what_is_no_array_is_named_with_the_layer(x):
    with pytest.raises(ValueError, match=r"Layer 'dense.*needs an array"):
        layers.Dense(2)(x)
