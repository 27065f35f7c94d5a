"""Random graphs of layers: their gradients by the complex step, copies, configs, and Keras's outputs."""

import copy
import json
import pickle

import numpy as np
import pytest

import minikeras as keras
from minikeras import Functional, config
from minikeras.layers.within import everyone
from minikeras.models import clone_model
from minikeras.structures import flat, pack

from ..gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative
from .random_graphs import Halves, Product, Raised, Twice, kit_of, random_arrays, random_model
from .test_functional import with_a_shared_layer_at_two_depths


def gradients(model, arrays, rng):
    """The outputs' weights u, and the gradients of Σ ⟨u, y⟩ by the model's backward."""
    outputs = model(arrays, record=True)
    u = [rng.normal(size=y.shape) for y in flat(outputs)]
    dx = flat(model.backward(pack(outputs, u)))
    found = {p.path + str(i): p.grad.copy() for i, p in enumerate(model.weights)}
    for i, (x, gradient) in enumerate(zip(arrays, dx, strict=True)):
        found[f"dx{i}"] = np.zeros_like(x) if gradient is None else gradient
    return u, found


def check_gradients(seed):
    rng = np.random.default_rng(seed)
    with config.using(floatx="float64"):
        model = random_model(rng)
    arrays = random_arrays(model, rng, rows=2)
    u, found = gradients(model, arrays, rng)
    with complex_numbers(*everyone(model)):
        arrays = [x.astype(complex) for x in arrays]

        def loss():
            return sum((a * y).sum() for a, y in zip(u, flat(model(arrays)), strict=True))

        at = [(p.path + str(i), p.value) for i, p in enumerate(model.weights)]
        for name, array in [*at, *((f"dx{i}", x) for i, x in enumerate(arrays))]:
            assert norm_relative(found[name], complex_step(loss, array)) < COMPLEX_STEP, (seed, name)


@pytest.mark.parametrize("seed", range(40))
def test_gradients_of_random_graphs_by_the_complex_step(seed):
    check_gradients(seed)


@pytest.mark.slow
def test_gradients_of_a_thousand_random_graphs_by_the_complex_step():
    for seed in range(1000, 2000):
        check_gradients(seed)


@pytest.mark.parametrize("seed", range(12))
def test_copies_configs_and_clones_of_random_graphs_compute_the_same(seed):
    rng = np.random.default_rng(seed)
    model = random_model(rng)
    arrays = random_arrays(model, rng)
    expected = flat(model(arrays))
    custom = {c.__name__: c for c in (Product, Raised, Halves, Twice)}
    described = json.loads(json.dumps(model.get_config()))
    others = [
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        clone_model(model),
        clone_model(model, recursive=True),
        Functional.from_config(described, custom),
    ]
    for other in others:
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
        other.set_weights(model.get_weights())
        for a, b in zip(flat(other(arrays)), expected, strict=True):
            np.testing.assert_array_equal(a, b)
        assert not {id(p) for p in other.weights} & {id(p) for p in model.weights}
    assert json.loads(json.dumps(others[-1].get_config())) == described
    same = clone_model(model, clone_function=lambda layer: layer)
    assert [id(p) for p in same.weights] == [id(p) for p in model.weights]


@pytest.mark.keras
def test_random_graphs_are_kerass(keras64):
    """Layers in their order, configs, outputs and gradients."""
    theirs = keras64
    if theirs.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken by TensorFlow's tape")
    import tensorflow as tf

    names = [[x.name for x in with_a_shared_layer_at_two_depths(library).layers] for library in (theirs, keras)]
    assert names[0] == names[1]
    kit = kit_of(theirs)
    for seed in range(4):
        theirs.utils.clear_session()
        config.clear_session()
        rng = np.random.default_rng(seed)
        model = random_model(np.random.default_rng(seed))
        arrays = random_arrays(model, rng)
        other = random_model(np.random.default_rng(seed), kit)
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
        other.set_weights(model.get_weights())
        u, found = gradients(model, arrays, rng)
        tensors = [tf.convert_to_tensor(x) for x in arrays]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = flat(other(tensors))
            loss = sum(tf.reduce_sum(a * y) for a, y in zip(u, outputs, strict=True))
        for a, b in zip(outputs, flat(model(arrays)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        exact = tape.gradient(loss, [*(w.value for w in other.weights), *tensors])
        for (name, gradient), b in zip(found.items(), exact, strict=True):
            b = np.zeros_like(gradient) if b is None else b.numpy()
            assert norm_relative(gradient, b) < 1e-12, (seed, name)
