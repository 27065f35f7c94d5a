"""Files of other optimizers and of Keras 2: read as far as they go, or named with what to do."""

import json
import zipfile

import numpy as np
import pytest

import minikeras as k
from minikeras import saving

from .models import X, assert_same, stack, step

h5py = pytest.importorskip("h5py")


@pytest.fixture
def trained():
    model = stack(k)
    step(model, 3)
    return model


def with_config(path, change):
    """A copy of a .keras file whose config a function has changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    tree = json.loads(members["config.json"])
    change(tree)
    members["config.json"] = json.dumps(tree).encode()
    other = path.with_name("other.keras")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return other


@pytest.mark.parametrize("name", ["m.weights.h5", "m.npz", "m.keras"])
def test_a_new_model_resumes_from_a_checkpoint(name, trained, tmp_path):
    (trained.save if name.endswith(".keras") else trained.save_weights)(tmp_path / name)
    fresh = stack(k)
    fresh.load_weights(tmp_path / name)
    assert_same(fresh, trained)
    for model in (fresh, trained):
        step(model, 2)
    assert_same(fresh, trained)


def test_weights_of_another_optimizer_are_read_with_a_warning(trained, tmp_path):
    trained.save_weights(tmp_path / "m.weights.h5")
    plain = stack(k, momentum=0.0)
    with pytest.warns(UserWarning, match="left as it was"):
        plain.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(plain.predict(X, verbose=0), trained.predict(X, verbose=0))
    assert plain.optimizer.iterations == 0
    step(plain)
    plain.save_weights(tmp_path / "p.weights.h5")
    with pytest.warns(UserWarning, match="left as it was"):
        trained.load_weights(tmp_path / "p.weights.h5")
    assert trained.optimizer.iterations == 3


@pytest.mark.parametrize("part", ["optimizer", "loss"])
def test_what_is_compiled_in_an_unknown_way_names_compile_false(part, trained, tmp_path):
    trained.save(tmp_path / "m.keras")
    unknown = {"module": "their.module", "class_name": "Theirs", "config": {}, "registered_name": "Theirs"}
    path = with_config(tmp_path / "m.keras", lambda tree: tree["compile_config"].update({part: unknown}))
    with pytest.raises(ValueError, match="compile=False"):
        k.models.load_model(path)
    model = k.models.load_model(path, compile=False)
    np.testing.assert_array_equal(model.predict(X, verbose=0), trained.predict(X, verbose=0))
    assert "compile=False" in saving.inspect(path)["refused"]


def test_the_commands_look_inside_such_a_model(tmp_path):
    testing = pytest.importorskip("click.testing")
    from minikeras.cli.group import cli

    model = k.Sequential([k.layers.Dense(10, "softmax", input_shape=(784,), name="only")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save(tmp_path / "m.keras")
    unknown = {"module": "their.module", "class_name": "Theirs", "config": {}, "registered_name": "Theirs"}
    path = with_config(tmp_path / "m.keras", lambda tree: tree["compile_config"].update(optimizer=unknown))
    for command in (["gradcheck", "--rows", "2", "--probes", "2"], ["trace"]):
        result = testing.CliRunner().invoke(cli, [*command, "--sample", "--model", str(path)])
        assert result.exit_code == 0, result.output
        assert "only" in result.output


def legacy(path, **attributes):
    with h5py.File(path, "w") as file:
        file.attrs.update(attributes)
        file["model_weights/dense/kernel"] = np.eye(2)
    return path


@pytest.mark.parametrize("read", [k.models.load_model, lambda p: stack(k).load_weights(p), saving.inspect])
@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("a.h5", {"model_config": "{}"}),
        ("a.keras", {"model_config": "{}"}),
        ("a.weights.h5", {"layer_names": ["dense"]}),
        ("b.keras", {}),
    ],
)
def test_hdf5_files_without_a_model_are_refused_by_name(read, name, attributes, tmp_path):
    with pytest.raises(ValueError, match=r"HDF5|layers|class|looked into|does not have|no model") as caught:
        read(legacy(tmp_path / name, **attributes))
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_zip_of_keras_2_a_saved_model_and_a_checkpoint_are_named(trained, tmp_path):
    trained.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as source, zipfile.ZipFile(tmp_path / "two.keras", "w") as target:
        target.writestr("metadata.json", json.dumps({"keras_version": "2.14.0"}))
        target.writestr("config.json", source.read("config.json"))
    with pytest.raises(ValueError, match=r"written by Keras 2\.14\.0.*set_weights"):
        k.models.load_model(tmp_path / "two.keras")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match="SavedModel"):
        k.models.load_model(tmp_path / "folder")
    (tmp_path / "ckpt.index").write_bytes(b"")
    with pytest.raises(ValueError, match="checkpoint in TensorFlow's own format"):
        trained.load_weights(tmp_path / "ckpt")


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_numpy_numbers_in_any_config_are_saved(tmp_path, name):
    penalty = k.regularizers.L1L2(np.float64(0.5), 1)
    model = k.Sequential(
        [
            k.layers.Input((np.int64(6),)),
            k.layers.Dropout(np.float32(0.25)),
            k.layers.Dense(
                np.int64(3), kernel_regularizer=penalty, kernel_constraint=k.constraints.MaxNorm(np.float32(2))
            ),
        ]
    )
    schedule = k.optimizers.schedules.ExponentialDecay(np.float32(0.1), np.int64(10), np.float32(0.5))
    model.compile(k.optimizers.SGD(schedule, clipnorm=np.float32(1)), "mse")
    model.save(tmp_path / name)
    other = k.models.load_model(tmp_path / name)
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    assert other.layers[0].rate == 0.25
    assert other.optimizer.clipnorm == 1


@pytest.mark.keras
def test_from_keras_without_what_it_was_compiled_with():
    keras = pytest.importorskip("keras")
    theirs = stack(keras, compiled=False)
    theirs.compile("rmsprop", lambda y, p: keras.ops.mean(p))
    ours = saving.from_keras(theirs, compile=False)
    assert not ours.compiled
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
