"""Files of minikeras's own: what comes back, what does not fit, and NumPy alone."""

import hashlib
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest

import minikeras
from minikeras import config, saving
from minikeras.errors import DataError, UnsupportedError

from .models import X, assert_same, stack, step


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_comes_back_bit_for_bit_and_trains_on_alike(dtype, tmp_path):
    with config.using(floatx=dtype):
        model = stack(minikeras)
        step(model, 3)
        model.save(tmp_path / "m.keras")
    other = saving.load_model(tmp_path / "m.keras")  # whatever floatx is now
    assert other.dtype == dtype
    assert_same(model, other)
    step(model, 2)
    step(other, 2)
    assert_same(model, other)


@pytest.mark.parametrize("name", ["w.weights.h5", "w.npz", "w.keras"])
def test_weights_come_back(name, tmp_path):
    model, other = stack(minikeras), stack(minikeras)
    step(model, 2)
    step(other)
    (model.save if name.endswith(".keras") else model.save_weights)(tmp_path / name)
    other.load_weights(tmp_path / name)
    assert_same(model, other)


def test_npz_needs_numpy_alone_and_numpy_reads_it(tmp_path):
    model = stack(minikeras)
    model.save_weights(tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as arrays:
        np.testing.assert_array_equal(arrays["layers/dense_1/vars/0"], model.layers[2].kernel.value)
    program = (
        "import sys; sys.modules['h5py'] = None\n"
        "import minikeras as keras\n"
        "model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])\n"
        f"model.save_weights({str(tmp_path / 'n.npz')!r}); model.load_weights({str(tmp_path / 'n.npz')!r})\n"
        "try: model.save('x.keras')\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'minikeras[files]'" in done.stdout


def test_weights_that_do_not_fit_leave_the_model_as_it_was(tmp_path):
    stack(minikeras).save_weights(tmp_path / "w.npz")
    other = minikeras.Sequential([minikeras.layers.Dense(5, input_shape=(6,)), minikeras.layers.Dense(4)])
    before = other.get_weights()
    with pytest.raises(DataError, match=r"w\.npz: layers/dense_1/vars: 'dense.*' needs the array 0 of shape \(5, 4\)"):
        other.load_weights(tmp_path / "w.npz")
    for p, q in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)
    with pytest.warns(UserWarning, match="left as it was"):
        other.load_weights(tmp_path / "w.npz", skip_mismatch=True)
    assert not np.array_equal(before[0], other.get_weights()[0])
    np.testing.assert_array_equal(before[2], other.get_weights()[2])


def test_wrong_endings_and_missing_files_and_folders(tmp_path):
    model = stack(minikeras)
    for name in ("m.h6", "m", "m.pkl"):
        with pytest.raises(UnsupportedError, match=name):
            model.save(tmp_path / name)
        with pytest.raises(UnsupportedError, match=name):
            saving.load_model(tmp_path / name)
        with pytest.raises(UnsupportedError, match=name):
            model.save_weights(tmp_path / name)
        with pytest.raises(UnsupportedError, match=name):
            model.load_weights(tmp_path / name)
    with pytest.raises(ValueError, match=r"no\.keras"):
        saving.load_model(tmp_path / "no.keras")
    with pytest.raises(ValueError, match="folder"):
        model.save(tmp_path / "nowhere" / "m.keras")


def test_overwrite_false_keeps_the_file(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"mine")
    with pytest.raises(DataError, match="overwrite"):
        stack(minikeras).save(tmp_path / "m.keras", overwrite=False)
    assert (tmp_path / "m.keras").read_bytes() == b"mine"


def test_a_class_of_ones_own_needs_custom_objects(tmp_path):
    class Twice(minikeras.Layer):
        def call(self, x, training=False):
            return 2 * x

    model = minikeras.Sequential([minikeras.layers.Dense(3, input_shape=(6,)), Twice()])
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match="'Twice'"):
        saving.load_model(tmp_path / "m.keras")
    other = saving.load_model(tmp_path / "m.keras", custom_objects={"Twice": Twice})
    np.testing.assert_array_equal(model(X), other(X))


def test_an_unbuilt_model_is_saved_with_a_warning(tmp_path):
    model = minikeras.Sequential([minikeras.layers.Dense(3)])
    with pytest.warns(UserWarning, match="not yet been built"):
        model.save(tmp_path / "m.keras")
    assert not saving.load_model(tmp_path / "m.keras").built
    with pytest.raises(ValueError, match="before it is built"):
        model.save_weights(tmp_path / "w.npz")
    with pytest.raises(ValueError, match="not yet been built"):
        model.load_weights(tmp_path / "w.npz")


def test_uncompiled_on_request(tmp_path):
    stack(minikeras).save(tmp_path / "m.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not saving.load_model(tmp_path / "m.keras", compile=False).compiled


@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.npz"])
def test_inspect_says_what_is_inside(name, tmp_path):
    model = stack(minikeras)
    step(model)
    (model.save if name.endswith(".keras") else model.save_weights)(tmp_path / name)
    found = saving.inspect(tmp_path / name)
    assert (found["file"], found["bytes"]) == (name, (tmp_path / name).stat().st_size)
    assert found["sha256"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    kernel = next(array for array in found["arrays"] if array["place"] == "layers/dense_1/vars/0")
    assert (kernel["shape"], kernel["dtype"]) == ([5, 3], "float32")
    assert kernel["sha256"] == hashlib.sha256(model.layers[2].kernel.value.tobytes()).hexdigest()
    assert (found["parameters"], found["optimizer_numbers"]) == (6 * 5 + 5 + 5 * 3 + 3, 2 + 53)
    if name == "m.keras":
        assert [layer["class_name"] for layer in found["layers"]] == ["InputLayer", "Dense", "Dropout", "Dense"]
        assert [layer["parameters"] for layer in found["layers"]] == [0, 35, 0, 18]
        assert found["layers"][3]["arrays"] == ["layers/dense_1/vars/0", "layers/dense_1/vars/1"]
        assert found["layers"][1]["config"]["kernel_regularizer"] == "L2(l2=0.01)"
        assert found["compiled"]["loss"] == "sparse_categorical_crossentropy"
        assert found["metadata"]["saved_by"] == "minikeras"
        assert found["refused"] is None
    assert json.loads(json.dumps(found)) == found


def test_export_says_what_to_do_instead(tmp_path):
    with pytest.raises(UnsupportedError, match=r"does not export.*model\.save"):
        stack(minikeras).export(tmp_path / "m")
