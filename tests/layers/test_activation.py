"""Layers that only apply an activation: gradients, configs, errors, Keras's numbers."""

import numpy as np
import pytest

from minikeras import activations, config, layers
from minikeras.errors import NotRecordedError

from ..gradients import check_layer

MAKERS = {
    "Activation": ("tanh",),
    "ReLU": (),
    "ReLU bent": (2.0, 0.25, 0.5),
    "LeakyReLU": (),
    "ELU": (0.7,),
    "Softmax": (),
    "Softmax axis 1": (1,),
    "Softmax axes": ((1, 2),),
}
CASES = [pytest.param(name.split()[0], arguments, id=name) for name, arguments in MAKERS.items()]
each_layer = pytest.mark.parametrize(("cls", "arguments"), CASES)


def make(cls, arguments, **kwargs):
    return getattr(layers, cls)(*arguments, **kwargs)


def away_from_kinks(rng, shape):
    x = rng.normal(size=shape)
    x[np.abs(x[..., None] - [0, 0.5, 2]).min(axis=-1) < 1e-3] += 0.01
    return x


@each_layer
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("n", [1, 3])
def test_gradients(cls, arguments, backend, n):
    rng = np.random.default_rng(0)
    with config.using(backend=backend):
        check_layer(make(cls, arguments, dtype="float64"), away_from_kinks(rng, (n, 4, 2)), rng)


@each_layer
def test_shapes_dtypes_and_memory(cls, arguments):
    layer = make(cls, arguments)
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    y = layer(x, record=True)
    assert (y.shape, y.dtype) == (x.shape, np.float32)
    dy = np.ones_like(y)
    dx = layer.backward(dy)
    assert (dx.shape, dx.dtype) == (x.shape, np.float32)
    assert not any(np.shares_memory(dx, other) for other in (x, y, dy))
    assert not np.shares_memory(y, x.astype("float32"))
    assert layer.compute_output_shape((None, 4, 3)) == (None, 4, 3)
    assert layer.built
    assert layer.count_params() == 0


def test_used_twice_goes_back_twice():
    """σ(σ(0)) by the chain rule: σ′(1/2) · σ′(0)."""
    layer = layers.Activation("sigmoid", dtype="float64")
    inner = layer(np.zeros((1, 1)), record=True)
    outer = layer(inner, record=True)
    dx = layer.backward(layer.backward(np.ones((1, 1))))
    np.testing.assert_allclose(dx, outer * (1 - outer) * 0.25, rtol=1e-15)
    with pytest.raises(NotRecordedError, match="activation"):
        layer.backward(np.ones((1, 1)))


@each_layer
def test_config_round_trip(cls, arguments):
    layer = make(cls, arguments, dtype="float64", name="mine")
    again = layers.deserialize(layers.serialize(layer))
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    np.testing.assert_array_equal(again(x), layer(x))


@pytest.mark.keras
@each_layer
def test_keras_agrees_on_config_and_numbers(cls, arguments):
    keras = pytest.importorskip("keras")
    theirs, ours = getattr(keras.layers, cls)(*arguments, name="a"), make(cls, arguments, name="a")
    assert layers.serialize(ours) == keras.layers.serialize(theirs)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(ours(x), theirs(x).numpy(), rtol=2e-6, atol=1e-7)
    again = layers.deserialize(keras.layers.serialize(theirs))
    assert again.get_config() == ours.get_config()


def test_softmax_takes_a_list_of_axes():
    x = np.random.default_rng(0).normal(size=(2, 3))
    layer = layers.Softmax([1])
    np.testing.assert_array_equal(layer(x), layers.Softmax()(x))
    assert layer.get_config()["axis"] == [1]


def test_only_the_softmax_along_the_last_axis_shows_its_activation():
    """A loss takes that one into itself; along another axis it must not."""
    assert layers.Softmax().activation is activations.softmax
    assert layers.Activation("softmax").activation is activations.softmax
    assert not hasattr(layers.Softmax(axis=1), "activation")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: layers.ReLU(max_value=-1.0), "max_value"),
        (lambda: layers.ReLU(negative_slope=None), "negative_slope"),
        (lambda: layers.ReLU(threshold=-0.5), "threshold"),
        (lambda: layers.LeakyReLU(-0.1), "negative_slope"),
        (lambda: layers.Activation("rleu"), "Did you mean 'relu'"),
        (lambda: layers.Softmax(axis=5)(np.ones((2, 3))), "axis"),
    ],
)
def test_bad_arguments(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_glu_halves_the_width_and_gradients_hold():
    rng = np.random.default_rng(0)
    layer = layers.Activation("glu", dtype="float64")
    check_layer(layer, rng.normal(size=(3, 2, 4)), rng)
    assert layer.compute_output_shape((None, 2, 4)) == (None, 2, 2)
