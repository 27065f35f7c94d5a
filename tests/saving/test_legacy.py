"""The legacy HDF5 format, written and read by minikeras."""

import h5py
import numpy as np
import pytest

import minikeras as keras
from minikeras import saving
from minikeras.callbacks import ModelCheckpoint

from .models import LABELS, X, assert_same, stack, step


@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
def test_a_model_read_back_trains_on_bit_for_bit(tmp_path, ending):
    model = stack(keras)
    step(model, 2)
    model.save(tmp_path / f"m{ending}", save_format="h5")
    other = keras.models.load_model(tmp_path / f"m{ending}")
    assert_same(model, other)
    step(model), step(other)
    assert_same(model, other)
    assert other.evaluate(X, LABELS, verbose=0) == model.evaluate(X, LABELS, verbose=0)
    assert not saving.load_model(tmp_path / f"m{ending}", compile=False).compiled


def test_weights_of_the_model_itself_and_equal_paths_are_kept(tmp_path):
    @keras.saving.register_keras_serializable()
    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.one, self.two = (self.add_weight((2,), "random_normal", name="same") for _ in range(2))

        def call(self, x):
            return x * self.one + self.two

    model = keras.Sequential([keras.Input((2,)), Scaled()])
    model.save(tmp_path / "m.h5")
    for p, q in zip(model.get_weights(), saving.load_model(tmp_path / "m.h5").get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


def test_names_that_do_not_fit_into_one_attribute_are_written_in_several(tmp_path):
    layers = [keras.layers.Dense(1, name=f"{i:03}{'n' * 900}") for i in range(80)]
    model = keras.Sequential([keras.Input((1,)), *layers])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as h5:
        assert "layer_names1" in h5["model_weights"].attrs
    for p, q in zip(model.get_weights(), saving.load_model(tmp_path / "m.h5").get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


def test_a_file_compiled_in_an_unknown_way_is_read_with_a_warning(tmp_path):
    stack(keras).save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as h5:
        h5.attrs["training_config"] = h5.attrs["training_config"].replace("SGD", "TomsOptimizer")
    with pytest.warns(UserWarning, match="not compiled.*TomsOptimizer"):
        assert not saving.load_model(tmp_path / "m.h5").compiled


def test_checkpoints_are_written_too(tmp_path):
    model = stack(keras)
    model.fit(X, LABELS, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "best.h5", monitor="loss")])
    assert_same(model, saving.load_model(tmp_path / "best.h5"))
