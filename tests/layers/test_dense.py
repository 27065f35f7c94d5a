"""Dense: its three gradients, its shapes, its errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import Sequential, config, layers
from minikeras.errors import NotRecordedError, ShapeError

from ..gradients import check_layer


@given(
    n=st.integers(1, 5),
    d=st.integers(1, 4),
    k=st.integers(1, 4),
    activation=st.sampled_from([None, "relu", "tanh", "softmax", "sigmoid"]),
    use_bias=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_gradients(n, d, k, activation, use_bias, seed):
    rng = np.random.default_rng(seed)
    layer = layers.Dense(k, activation, use_bias, bias_initializer="ones", dtype="float64")
    x = rng.normal(size=(n, d))
    layer(x)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    methods = ["complex"]
    if activation != "relu" or np.abs(x @ layer.get_weights()[0] + (layer.bias.value if use_bias else 0)).min() > 1e-3:
        methods.append("central")  # a difference across relu's kink is no derivative
    check_layer(layer, x, rng, methods)


def test_more_axes_than_two():
    rng = np.random.default_rng(0)
    layer = layers.Dense(3, "tanh", dtype="float64")
    x = rng.normal(size=(2, 3, 4))
    assert layer(x).shape == (2, 3, 3)
    check_layer(layer, x, rng)


def test_gradients_are_overwritten_not_added():
    layer = layers.Dense(2, dtype="float64")
    x, dy = np.ones((3, 2)), np.ones((3, 2))
    for _ in range(2):
        layer(x, record=True)
        layer.backward(dy)
        np.testing.assert_array_equal(layer.kernel.grad, np.full((2, 2), 3.0))


class Twice(layers.Layer):
    """y = (x w) w: one layer, called twice."""

    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, x):
        return self.inner(self.inner(x))


def test_a_layer_used_twice_in_a_pass_gets_the_sum_of_both_gradients():
    """y = (x w) w has dw = 2 x w = 30 by the product rule, and dx = w² = 9."""
    layer = layers.Dense(1, use_bias=False, dtype="float64")
    twice = Twice(layer, dtype="float64")
    twice(np.array([[5.0]]))
    layer.set_weights([[[3.0]]])
    assert twice(np.array([[5.0]]), record=True).item() == 45
    assert twice.backward(np.array([[1.0]])).item() == 9
    assert layer.kernel.grad.item() == 30
    assert twice.trainable_weights == [layer.kernel]


def test_a_layer_used_twice_keeps_both_outputs_in_evaluate():
    layer = layers.Dense(2, use_bias=False)
    model = Sequential([layers.Input((2,)), Twice(layer)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    w = layer.kernel.value
    assert model.evaluate(x, x @ w @ w, verbose=0) < 1e-12


def test_results_share_no_memory():
    layer = layers.Dense(2, "relu")
    x = np.ones((3, 2), "float32")
    y1, y2 = layer(x, record=True), layer(x)
    dx = layer.backward(np.ones((3, 2), "float32"))
    arrays = [x, y1, y2, dx, layer.kernel.value, layer.kernel.grad]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_backends_agree():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(7, 5)).astype("float32"), rng.normal(size=(7, 4)).astype("float32")
    layer = layers.Dense(4, "relu")
    results = []
    for backend in ("numba", "numpy"):
        with config.using(backend=backend):
            y = layer(x, record=True)
            dx = layer.backward(dy)
            results.append([y, dx, layer.kernel.grad.copy(), layer.bias.grad.copy()])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_frozen_layer_has_no_trainable_weights_and_passes_gradients_down():
    layer = layers.Dense(2, trainable=False, dtype="float64")
    x = np.ones((1, 2))
    layer(x, record=True)
    dx = layer.backward(np.ones((1, 2)))
    np.testing.assert_allclose(dx, layer.kernel.value.sum(axis=1)[None])
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 2


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", True])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match="expected a positive integer"):
        layers.Dense(units)


def test_wrong_number_of_features_names_layer_and_shapes():
    layer = layers.Dense(2, name="out")
    layer.build((None, 784))
    with pytest.raises(ShapeError, match=r'layer "out".*axis -1.*value 784.*shape \(32, 756\)'):
        layer(np.ones((32, 756)))
    with pytest.raises(ShapeError, match="min_ndim=2, found ndim=1"):
        layer(np.ones(784))


def test_backward_before_forward():
    layer = layers.Dense(2, name="out")
    layer(np.ones((1, 2)))
    with pytest.raises(NotRecordedError, match=r"'out'.*record=True"):
        layer.backward(np.ones((1, 2)))


def test_set_weights_of_wrong_shapes_changes_nothing():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ShapeError, match=r"\(3, 2\).*\(2, 3\)"):
        layer.set_weights([np.ones((2, 3)), np.ones(2)])
    with pytest.raises(ShapeError, match=r"length 1.*expecting 2"):
        layer.set_weights([np.ones((3, 2))])
    with pytest.raises(ShapeError, match="bias"):
        layer.set_weights([np.ones((3, 2)), np.ones(3)])
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])


@pytest.mark.keras
def test_config_is_keras_config():
    keras = pytest.importorskip("keras")
    arguments = {"units": 3, "activation": "relu", "kernel_regularizer": "l2", "bias_constraint": "non_neg"}
    ours, theirs = layers.Dense(**arguments, name="d"), keras.layers.Dense(**arguments, name="d")
    assert ours.get_config() == theirs.get_config()
    assert layers.Dense.from_config(theirs.get_config()).get_config() == theirs.get_config()


def test_no_features_give_the_bias():
    layer = layers.Dense(2, bias_initializer="ones")
    y = layer(np.ones((3, 0), "float32"), record=True)
    assert (y == 1).all()
    assert layer.backward(np.ones((3, 2), "float32")).shape == (3, 0)
    assert (layer.bias.grad == 3).all()
