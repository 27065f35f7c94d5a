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
