"""Legacy HDF5 files that live Keras writes are read with every number."""

import warnings

import numpy as np
import pytest

import minikeras
from minikeras import saving

pytestmark = pytest.mark.keras


@pytest.mark.filterwarnings("ignore")
def test_whole_models_and_their_weights_are_read(keras64, tmp_path):
    k, rng = keras64, np.random.default_rng(4)
    x = k.Input((5, 3))
    y = k.layers.Bidirectional(k.layers.LSTM(2))(k.layers.BatchNormalization()(x))
    graph = k.Model(x, k.layers.Dense(2)(k.layers.Concatenate()([y, k.layers.Flatten()(x)])))
    flat = k.Sequential([k.Input((5, 3)), k.layers.Conv1D(2, 2), k.layers.Flatten(), k.layers.Dense(2, "softmax")])
    data = rng.normal(size=(4, 5, 3))
    for model in (graph, flat):
        model.compile("adam", "mse")
        model.set_weights([rng.uniform(0.1, 1.0, w.shape) for w in model.get_weights()])
        path = str(tmp_path / "m.h5")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(path)
        other = saving.load_model(path)
        for p, q in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(p, q)
        np.testing.assert_allclose(np.asarray(other(data)), np.asarray(model(data)), rtol=1e-10)
        fresh = minikeras.models.clone_model(other)
        fresh.load_weights(path)
        for p, q in zip(fresh.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(p, q)


def mixed(k):
    """A model with untrained weights, a frozen layer and a model inside."""
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(3, "relu"), k.layers.BatchNormalization()])
    frozen = k.layers.Dense(4, trainable=False)
    x = k.Input((5,))
    y = k.layers.Dropout(0.3)(inner(frozen(x)))
    return k.Model(x, k.layers.Dense(2, "softmax")(y))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("writer", ["minikeras", "keras"])
def test_either_library_evaluates_the_file_of_the_other_and_minikeras_trains_on(keras64, tmp_path, writer):
    k, rng = keras64, np.random.default_rng(4)
    first, second = (minikeras, k) if writer == "minikeras" else (k, minikeras)
    x, y = rng.normal(size=(12, 5)), rng.integers(0, 2, 12)
    model, path = mixed(first), str(tmp_path / "model.h5")
    model.set_weights([rng.uniform(0.1, 1.0, np.shape(w)) for w in model.get_weights()])
    model.compile(first.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    model.save(path)
    own, other = first.models.load_model(path), second.models.load_model(path)
    for p, q, r in zip(model.get_weights(), own.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)
        np.testing.assert_array_equal(p, r)
    reader = other if second is minikeras else own  # Keras does not read the optimizer of a functional model
    for p, q in zip(model.optimizer.variables, reader.optimizer.variables, strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
    expected = model.evaluate(x, y, verbose=0)
    np.testing.assert_allclose(other.evaluate(x, y, verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(own.evaluate(x, y, verbose=0), expected, rtol=1e-6)
    single = first.Sequential([first.Input((5,)), first.layers.Dense(1)])
    single.save(path, include_optimizer=False)
    assert not second.models.load_model(path).compiled
