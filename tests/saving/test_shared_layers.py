"""Files of models that share a layer with models inside them."""

import numpy as np
import pytest

import minikeras
from minikeras import config


def saved(model, path):
    model.save(path)
    return path


def sharing(library, outside):
    """Two models that share a layer, inside a third one, which may use it too."""
    shared = library.layers.Dense(3, name="shared")
    x = library.Input((3,))
    inner = library.Model(x, library.layers.Activation("tanh")(shared(x)), name="inner")
    stack = library.Sequential([library.Input((3,)), shared, library.layers.Dense(3)], name="stack")
    y = library.Input((3,))
    z = stack(inner(y))
    return library.Model(y, shared(z) if outside else z, name="outer")


@pytest.mark.parametrize("outside", [False, True])
def test_a_layer_that_nested_models_share_comes_back_as_one(outside, tmp_path):
    with config.using(floatx="float64"):
        model = sharing(minikeras, outside)
        again = minikeras.models.load_model(saved(model, tmp_path / "shared.keras"))
    assert len(again.weights) == len(model.weights) == 4
    assert again.get_layer("inner").get_layer("shared") is again.get_layer("stack").layers[0]
    x = np.random.default_rng(0).normal(size=(2, 3))
    assert again(x).tobytes() == model(x).tobytes()


@pytest.mark.keras
def test_keras_reads_a_layer_that_nested_models_share_as_one(keras64, tmp_path):
    """Keras cannot read its own file of them: there the first of the two configs has no number."""
    ours = sharing(minikeras, outside=False)
    x = np.random.default_rng(0).normal(size=(2, 3))
    back = keras64.models.load_model(saved(ours, tmp_path / "ours.keras"))
    assert len(back.weights) == 4
    np.testing.assert_allclose(np.asarray(back(x)), ours(x), rtol=1e-12)
