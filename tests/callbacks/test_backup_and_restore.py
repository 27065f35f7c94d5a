"""A training killed at any moment and started again ends with the same bytes as one that was not."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import callbacks
from minikeras.errors import DataError
from minikeras.random import state
from minikeras.replay import thread_chooser
from minikeras.saving import nested

PROGRAM = "tests.callbacks.interrupted"
ROOT = Path(__file__).parents[2]


def killed(folder, kills, seed, backend="numba", **arguments):
    """Runs the program undisturbed, then with that many kills; all files it leaves have to be the same."""
    words = [f"{key}={value}" for key, value in arguments.items()]
    command = [sys.executable, "-m", PROGRAM, str(folder), str(kills), str(seed), *words]
    environment = {**os.environ, "MINIKERAS_BACKEND": backend, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[-1])


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")


@needs_fork
def test_three_kills(in_memory):
    assert killed(in_memory, 3, 1, "numpy", save_freq=5, epochs=4) == 3


@needs_fork
@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        {"save_freq": "epoch"},
        {"save_freq": 5},
        {"save_freq": 5, "stream": "tensorflow"},
        {"save_freq": "epoch", "seeded": False},
        {"save_freq": 5, "seeded": False},
        {"save_freq": 5, "steps_per_epoch": 7},
        {"save_freq": 3, "dtype": "float64", "double_checkpoint": True},
    ],
    ids=str,
)
def test_twenty_kills_each(arguments, in_memory):
    assert killed(in_memory, 20, 2, **arguments) == 20


# In one process: what a run that was broken off and begun again tells.

X = np.random.default_rng(3).normal(size=(40, 4))
Y = np.random.default_rng(4).integers(0, 3, 40)


class BreakOff(callbacks.Callback):
    """Raises at a batch, counted over epochs."""

    def __init__(self, at):
        super().__init__()
        self.left = at

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("broken off")


def train(*more, folder=None, seed=1, epochs=6, built=True, freq=3, data=None, **arguments):
    if seed is not None:
        minikeras.utils.set_random_seed(seed, stream="jax")
    layers = minikeras.layers
    model = minikeras.Sequential(
        [layers.Dense(8, activation="relu", input_shape=(4,)), layers.Dropout(0.5), layers.Dense(3, "softmax")]
    )
    sgd = minikeras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
    if folder is not None:
        more = (callbacks.BackupAndRestore(folder, save_freq=freq), *more)
    given = (X, Y) if data is None else (data(),)
    if data is None:
        arguments["batch_size"] = 8
    history = model.fit(*given, epochs=epochs, verbose=0, callbacks=list(more), **arguments)
    return model, history


def assert_same(one, other):
    for a, b in zip(one[0].get_weights(), other[0].get_weights(), strict=True):
        assert a.tobytes() == b.tobytes()
    assert one[1].history == other[1].history
    assert one[1].epoch == other[1].epoch
    assert one[0].optimizer.iterations == other[0].optimizer.iterations


@pytest.mark.parametrize("at", [0, 2, 7, 9, 15, 29])
@pytest.mark.parametrize("freq", ["epoch", 3, 5, 1])
def test_a_broken_off_training_goes_on_wherever_it_was(at, freq, tmp_path):
    folder = tmp_path / "backup"
    with pytest.raises(RuntimeError, match="broken off"):
        train(BreakOff(at), folder=folder, freq=freq)
    assert_same(train(folder=folder, freq=freq), train())
    assert not folder.exists()


def test_batches_of_a_generator_go_on_where_they_were(tmp_path):
    def batches():
        rng = np.random.default_rng(0)
        while True:
            yield rng.normal(size=(8, 4)), rng.integers(0, 3, 8)

    fixed = {"data": batches, "steps_per_epoch": 5}
    with pytest.raises(RuntimeError, match="broken off"):
        train(BreakOff(13), folder=tmp_path / "backup", **fixed)
    assert_same(train(folder=tmp_path / "backup", **fixed), train(**fixed))


def test_an_unseeded_training_goes_on_from_its_very_first_weights(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    with pytest.raises(RuntimeError, match="broken off"):
        train(BreakOff(1), folder=first, seed=None, freq="epoch")
    shutil.copytree(first, second)
    np.random.seed(5)
    one = train(folder=first, seed=None, freq="epoch")
    np.random.seed(6)
    random.seed(6)
    assert_same(train(folder=second, seed=None, freq="epoch"), one)


def test_an_unseeded_training_with_a_backup_does_not_choose_its_threads_by_time(tmp_path, monkeypatch):
    asked = []
    measured = thread_chooser.measured_threads
    monkeypatch.setattr(thread_chooser, "measured_threads", lambda n: (asked.append(n), measured(n))[1])
    monkeypatch.setattr(state, "_seed", None)
    train(seed=None, epochs=1)
    assert len(asked) == 1
    train(seed=None, epochs=1, folder=tmp_path / "backup")
    assert len(asked) == 1


@pytest.mark.parametrize("append", [False, True])
def test_callbacks_go_on_with_what_they_remember(append, tmp_path):
    def watching(name):
        return [
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.1, factor=0.5, cooldown=1),
            callbacks.EarlyStopping("loss", patience=3, min_delta=0.002, restore_best_weights=True),
            callbacks.CSVLogger(tmp_path / f"{name}.csv", append=append),
            callbacks.ModelCheckpoint(tmp_path / f"{name}.npz", "loss", 0, True, True),
        ]

    whole = watching("whole")
    expected = train(*whole, epochs=20)
    parts = watching("parts")
    for at in (18, 17, 11):
        with pytest.raises(RuntimeError, match="broken off"):
            train(*parts, BreakOff(at), folder=tmp_path / "backup", epochs=20)
        parts = watching("parts")
    assert_same(train(*parts, folder=tmp_path / "backup", epochs=20), expected)
    assert 9 < len(expected[1].epoch) < 20, len(expected[1].epoch)  # stopped, after all three breaks
    for one, other in zip(whole[1:3], parts[1:3], strict=True):
        assert one.best == other.best
        assert one.wait == other.wait
    assert whole[2].best_epoch == parts[2].best_epoch
    assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "parts.csv").read_bytes()
    whole_file, parts_file = (np.load(tmp_path / f"{name}.npz") for name in ("whole", "parts"))
    assert set(whole_file) == set(parts_file)
    for key in (key for key in whole_file if not key.endswith("-name")):  # names count up with every model
        assert whole_file[key].tobytes() == parts_file[key].tobytes(), key


def test_a_stopped_training_stays_stopped_and_a_finished_one_finished(tmp_path):
    def run(patience):
        keep = callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
        stop = callbacks.EarlyStopping("loss", min_delta=9, patience=patience, restore_best_weights=True)
        return train(stop, keep)

    expected = run(2)
    assert len(expected[1].epoch) == 3
    assert_same(run(2), expected)
    shutil.rmtree(tmp_path / "backup")
    expected = run(99)
    assert len(expected[1].epoch) == 6
    assert_same(run(99), expected)


def test_a_damaged_backup_is_named_and_the_one_before_it_serves(tmp_path):
    for double in (False, True):
        folder = tmp_path / str(double)
        with pytest.raises(RuntimeError, match="broken off"):
            train(callbacks.BackupAndRestore(folder, 3, double_checkpoint=double), BreakOff(13))
        latest = folder / "latest.npz"
        data = bytearray(latest.read_bytes())
        data[len(data) // 2] ^= 1
        latest.write_bytes(bytes(data))
        if double:
            assert_same(train(folder=folder), train())
        else:
            with pytest.raises(DataError, match=r"latest\.npz"):
                train(folder=folder)


def test_another_model_or_other_callbacks_are_refused(tmp_path):
    folder = tmp_path / "backup"
    with pytest.raises(RuntimeError, match="broken off"):
        train(BreakOff(13), folder=folder)
    with pytest.raises(DataError, match=r"latest\.npz: that training had the callbacks \['History'\]"):
        train(callbacks.EarlyStopping("loss"), folder=folder)
    model = minikeras.Sequential([minikeras.layers.Dense(3, "softmax", input_shape=(4,))])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(
        DataError, match=r"latest\.npz: layers/dense/vars: 'dense.*' needs the array 0 of shape \(4, 3\)"
    ):
        model.fit(X, Y, verbose=0, callbacks=[callbacks.BackupAndRestore(folder)])


def test_a_callback_of_ones_own_says_what_it_remembers(tmp_path):
    class Counts(callbacks.Callback):
        remembers = ("seen",)

        def on_train_begin(self, logs=None):
            self.seen = {"batches": 0, "last": np.float32(0)}

        def on_train_batch_end(self, batch, logs=None):
            self.seen = {"batches": self.seen["batches"] + 1, "last": np.float32(logs["loss"])}

    whole, first, second = Counts(), Counts(), Counts()
    train(whole)
    with pytest.raises(RuntimeError, match="broken off"):
        train(first, BreakOff(13), folder=tmp_path / "backup")
    train(second, folder=tmp_path / "backup")
    assert second.seen == whole.seen
    assert type(second.seen["last"]) is np.float32

    class Odd(callbacks.Callback):
        remembers = ("model",)

    with pytest.raises(TypeError, match=r"callbacks/0/1/model is a Sequential"):
        train(Odd(), folder=tmp_path / "other")


def test_arguments_and_a_folder_with_other_files(tmp_path):
    with pytest.raises(ValueError, match="Empty `backup_dir`"):
        callbacks.BackupAndRestore("")
    for freq in (False, 0, -1, "batch", 2.5):
        with pytest.raises(ValueError, match="`save_freq`"):
            callbacks.BackupAndRestore(tmp_path, freq)
    (tmp_path / "mine.txt").write_text("mine")
    train(folder=tmp_path)
    assert os.listdir(tmp_path) == ["mine.txt"]


@pytest.mark.keras
def test_arguments_and_the_epochs_of_a_restart_are_keras_s(keras64, tmp_path):
    import inspect

    theirs, ours = (
        inspect.signature(kind) for kind in (keras64.callbacks.BackupAndRestore, callbacks.BackupAndRestore)
    )
    assert [(p.name, p.default) for p in theirs.parameters.values()] == [
        (p.name, p.default) for p in ours.parameters.values()
    ]
    begun = {}
    for library in (keras64, minikeras):

        class Stops(library.callbacks.Callback):
            def __init__(self, epoch, begun):
                super().__init__()
                self.epoch, self.begun = epoch, begun

            def on_epoch_begin(self, epoch, logs=None):
                if epoch == self.epoch:
                    raise RuntimeError("stopped")
                self.begun.append(epoch)

        mine = begun[library.__name__] = []
        for stop in (2, None):
            model = library.Sequential([library.Input((4,)), library.layers.Dense(3, activation="softmax")])
            model.compile("sgd", "sparse_categorical_crossentropy")
            folder = str(tmp_path / library.__name__)
            heard = [library.callbacks.BackupAndRestore(folder), Stops(stop, mine)]
            try:
                model.fit(X, Y, epochs=5, verbose=0, callbacks=heard)
            except RuntimeError:
                assert stop == 2
        assert not os.path.exists(folder)
    assert begun["keras"] == begun["minikeras"] == [0, 1, 2, 3, 4]


def test_nested_refuses_what_it_cannot_keep(tmp_path):
    for tree, where in (
        ({"a": [{1: 2}]}, "/a/0 has the key 1"),
        ({"a": {3}}, "/a is a set"),
        ({"a": 1j}, "/a is a co"),
    ):
        with pytest.raises(TypeError, match=where):
            nested.write(tmp_path / "a.npz", tree)
    assert not list(tmp_path.iterdir())
    tree = {"a": [0.1, float("inf"), 2**130, None, True, "ü"], "b": {"c": np.array([[1.5]], ">f4")}}
    nested.write(tmp_path / "a.npz", tree)
    assert nested.read(tmp_path / "a.npz") == tree
