"""Files of random graphs: from Keras to minikeras and to Keras, and from minikeras to Keras and to minikeras."""

import json
import zipfile

import numpy as np
import pytest

import minikeras
from minikeras.structures import flat

from ..models.random_graphs import MINE, custom_objects, kit_of, random_model


def config_of(path):
    """A file's config, without the numbers of shared objects, which in Keras are places in memory."""
    return without_numbers(json.loads(zipfile.ZipFile(path).read("config.json"))["config"])


def without_numbers(tree):
    if isinstance(tree, dict):
        return {key: without_numbers(value) for key, value in tree.items() if key != "shared_object_id"}
    return [without_numbers(value) for value in tree] if isinstance(tree, list) else tree


def saved(model, path):
    model.save(path)
    return path


def check(seed, first, second, kits, folder):
    """A model of the first library, read by the second one, written and read again by the first one."""
    for library in (first, second):
        library.utils.clear_session()
    model = random_model(np.random.default_rng(seed), kits[first])
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    arrays = [rng.normal(size=(3, *x.shape[1:])) for x in model.inputs]
    path = saved(model, folder / "first.keras")
    other = second.models.load_model(path, custom_objects=custom_objects(kits[second]))
    again = first.models.load_model(saved(other, folder / "second.keras"), custom_objects=custom_objects(kits[first]))
    for a, b, c in zip(model.get_weights(), other.get_weights(), again.get_weights(), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes() == np.asarray(c).tobytes()
    outputs = [[np.asarray(y) for y in flat(m(arrays))] for m in (model, other, again)]
    for a, b, c in zip(*outputs, strict=True):
        assert a.tobytes() == c.tobytes()
        np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-12)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert config_of(saved(again, folder / "third.keras")) == config_of(path)


def check_all(keras, seeds, folder):
    kits = {minikeras: MINE, keras: kit_of(keras)}
    for seed in seeds:
        check(seed, minikeras, keras, kits, folder)
        check(seed, keras, minikeras, kits, folder)


@pytest.mark.keras
def test_files_of_random_graphs_go_there_and_back_with_every_bit(keras64, in_memory):
    check_all(keras64, range(5), in_memory)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("first", range(1000, 1200, 50))
def test_files_of_200_random_graphs_go_there_and_back_with_every_bit(keras64, in_memory, first):
    check_all(keras64, range(first, first + 50), in_memory)
