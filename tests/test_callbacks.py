"""Callbacks on a fake model, by hand and beside Keras's own on the same logs."""

import csv
import inspect
import types

import numpy as np
import pytest

import minikeras
from minikeras import callbacks as cb
from minikeras import metrics

inf, nan = np.inf, np.nan


class FakeModel:
    """Has what callbacks touch; its weights count the epochs."""

    def __init__(self, rate=0.5):
        self.stop_training = False
        self.optimizer = types.SimpleNamespace(learning_rate=rate)
        self.metrics = [metrics.Mean(name="loss"), metrics.BinaryAccuracy(name="accuracy"), metrics.Mean(name="odd")]
        self.weights = [np.zeros(1)]
        self.saved = []

    def get_weights(self):
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        self.weights = [w.copy() for w in weights]

    def save(self, path, overwrite=True):
        self.saved.append(str(path))

    def save_weights(self, path, overwrite=True):
        self.saved.append("weights " + str(path))


def train(listeners, epochs, model=None, batches=2, make=cb.CallbackList, **params):
    """Does to callbacks what ``fit`` does; ``epochs`` are the logs of each."""
    model = model or FakeModel()
    told = make(listeners, add_history=True, model=model, verbose=0, epochs=len(epochs), steps=batches, **params)
    told.on_train_begin()
    for epoch, logs in enumerate(epochs):
        told.on_epoch_begin(epoch)
        for batch in range(batches):
            told.on_train_batch_begin(batch)
            told.on_train_batch_end(batch, dict(logs))
        model.weights[0][:] = epoch + 1
        told.on_epoch_end(epoch, dict(logs))
        if model.stop_training:
            break
    told.on_train_end()
    return model


def losses(*values):
    return [{"loss": v, "val_loss": v} for v in values]


# The list.


class Recorder(cb.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []


HOOKS = [
    f"on_{what}_{when}"
    for what in ("train", "epoch", "test", "predict", "train_batch", "test_batch", "predict_batch")
    for when in ("begin", "end")
]
for _hook in HOOKS:
    setattr(Recorder, _hook, lambda self, *args, _hook=_hook, logs=None: self.calls.append((_hook, args, logs)))


def test_every_hook_is_told():
    recorder = Recorder()
    told = cb.CallbackList([recorder], model=FakeModel(), epochs=1)
    for hook in HOOKS:
        position = (3,) if "batch" in hook or "epoch" in hook else ()
        getattr(told, hook)(*position, {"loss": np.float32(0.5)})
    assert [call[0] for call in recorder.calls] == HOOKS
    assert recorder.params == {"epochs": 1}
    for hook, args, logs in recorder.calls:
        seen = logs if logs is not None else args[-1]
        assert seen == {"loss": 0.5}, hook
        assert type(seen["loss"]) is float


def test_logs_are_sorted_and_shared_but_not_the_trainers():
    seen, given = [], {"val_loss": 1.0, "loss": 2.0, "accuracy": np.float32(0.25)}
    first = cb.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=1))
    second = cb.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs)))
    cb.CallbackList([first, [second]], model=FakeModel()).on_epoch_end(0, given)
    assert seen == [{"accuracy": 0.25, "loss": 2.0, "val_loss": 1.0, "extra": 1}]
    assert list(seen[0]) == ["accuracy", "loss", "val_loss", "extra"]
    assert "extra" not in given


def test_order_and_history():
    model, own = FakeModel(), cb.LambdaCallback()
    told = cb.CallbackList([own], add_history=True, add_progbar=True, model=model, verbose=1, epochs=1, steps=1)
    assert [type(c) for c in told.callbacks] == [cb.LambdaCallback, cb.History, cb.ProgbarLogger]
    assert isinstance(model.history, cb.History)
    history = cb.History()
    assert cb.CallbackList(history, add_history=True, model=model).callbacks == [history]
    assert model.history is history


@pytest.mark.parametrize(
    ("listener", "wants"),
    [
        (None, False),
        (cb.EarlyStopping(), False),
        (cb.ModelCheckpoint("a.keras"), False),
        (cb.ModelCheckpoint("a.keras", save_freq=3), True),
        (cb.TerminateOnNaN(), True),
        (cb.LambdaCallback(on_epoch_end=print), False),
        (cb.LambdaCallback(on_train_batch_end=print), True),
        (cb.LambdaCallback(on_batch_end=print), True),
        (Recorder(), True),
    ],
)
def test_wants_batches(listener, wants):
    assert cb.CallbackList(listener, add_history=True, model=FakeModel()).wants_batches is wants


def test_batch_logs_are_made_only_for_those_who_listen():
    def never():
        raise AssertionError("made logs for nobody")

    cb.CallbackList(cb.EarlyStopping(), model=FakeModel()).on_train_batch_end(0, never)
    seen = []
    told = cb.CallbackList(cb.LambdaCallback(on_batch_end=lambda batch, logs: seen.append(logs)), model=FakeModel())
    told.on_train_batch_end(0, lambda: {"loss": np.float64(1)})
    assert seen == [{"loss": 1.0}]


def test_history():
    model = train([], losses(3, 2))
    assert model.history.history == {"loss": [3.0, 2.0], "val_loss": [3.0, 2.0]}
    assert model.history.epoch == [0, 1]


# Early stopping.


def test_early_stopping_restores_the_best():
    stopper = cb.EarlyStopping(patience=2, restore_best_weights=True)
    model = train(stopper, losses(5, 3, 4, 4, 1))
    assert (stopper.stopped_epoch, stopper.best_epoch, stopper.best, model.weights[0][0]) == (3, 1, 3.0, 2)
    assert model.history.epoch == [0, 1, 2, 3]


def test_early_stopping_says_so(capsys):
    train(cb.EarlyStopping(patience=1, restore_best_weights=True, verbose=1), losses(5, 3, 4))
    said = "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    assert capsys.readouterr().out == said


def test_accuracy_is_better_high_and_unknown_numbers_need_a_mode():
    stopper = cb.EarlyStopping(monitor="val_accuracy")
    train(stopper, [{"val_accuracy": v} for v in (0.5, 0.6, 0.55, 0.7)])
    assert stopper.stopped_epoch == 2
    for number in ("odd", "unheard"):
        with pytest.raises(ValueError, match=f"monitor={number}.*mode='max'"):
            train(cb.EarlyStopping(monitor=number), [{number: 1.0}])
    with pytest.warns(UserWarning, match="mode 'best' is unknown"):
        cb.EarlyStopping(mode="best")


def test_a_missing_number_is_named():
    with pytest.warns(UserWarning, match=r"`val_loss` which is not available. Available metrics are: accuracy,loss"):
        train(cb.EarlyStopping(), [{"loss": 1.0, "accuracy": 1.0}])


# Learning rates.


def test_scheduler(capsys):
    model = train(cb.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1), losses(1, 1))
    assert model.history.history["learning_rate"] == [0.25, 0.125]
    assert "\nEpoch 2: LearningRateScheduler setting learning rate to 0.125.\n" in capsys.readouterr().out
    assert train(cb.LearningRateScheduler(lambda epoch: 0.1), losses(1)).optimizer.learning_rate == 0.1
    with pytest.raises(ValueError, match=r"should be a float\. Got: 1"):
        train(cb.LearningRateScheduler(lambda epoch: 1), losses(1))


def test_plateau(capsys):
    plateau = cb.ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.2, verbose=1)
    model = train(plateau, losses(1, 1, 1, 1, 1, 1, 1, 1))
    assert model.history.history["learning_rate"] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]
    assert "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.25.\n" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"factor >= 1\.0"):
        cb.ReduceLROnPlateau(factor=1.5)


# Files.


def test_checkpoint_every_epoch(tmp_path):
    model = train(cb.ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.2f}.keras"), losses(3, 2))
    assert model.saved == [f"{tmp_path}/new/01-3.00.keras", f"{tmp_path}/new/02-2.00.keras"]
    assert (tmp_path / "new").is_dir()


def test_checkpoint_of_the_best_only(tmp_path, capsys):
    path = tmp_path / "{epoch}.weights.h5"
    keeper = cb.ModelCheckpoint(
        path, save_best_only=True, save_weights_only=True, initial_value_threshold=2.5, verbose=1
    )
    model = train(keeper, losses(3, 2, 2, 1))
    assert model.saved == [f"weights {tmp_path}/2.weights.h5", f"weights {tmp_path}/4.weights.h5"]
    said = capsys.readouterr().out
    assert "\nEpoch 1: val_loss did not improve from 2.50000\n" in said
    assert f"\nEpoch 2: val_loss improved from 2.50000 to 2.00000, saving model to {tmp_path}/2" in said


def test_checkpoint_every_three_batches(tmp_path):
    model = train(cb.ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=3), losses(1, 1, 1))
    assert model.saved == [f"{tmp_path}/2-1.keras", f"{tmp_path}/3-2.keras"]


def test_checkpoint_refusals(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        cb.ModelCheckpoint("model")
    with pytest.raises(ValueError, match=r"must end in \.weights\.h5"):
        cb.ModelCheckpoint("model.keras", save_weights_only=True)
    with pytest.raises(ValueError, match="Unrecognized save_freq"):
        cb.ModelCheckpoint("model.keras", save_freq="batch")
    with pytest.raises(KeyError, match="Failed to format"):
        train(cb.ModelCheckpoint(tmp_path / "{nothing}.keras"), losses(1))
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(OSError, match="non-directory filepath"):
        train(cb.ModelCheckpoint(tmp_path / "folder.keras"), losses(1))
    with pytest.warns(UserWarning, match="Can save best model only with val_accuracy available"):
        train(cb.ModelCheckpoint(tmp_path / "a.keras", "val_accuracy", save_best_only=True), losses(1))


def test_csv(tmp_path):
    path = tmp_path / "log.csv"
    train(cb.CSVLogger(path, separator=";"), [{"loss": 2.0, "b": [1, 2]}, {"loss": 1.5, "val_loss": 3.0}])
    train(cb.CSVLogger(path, separator=";", append=True), [{"loss": 1.0, "b": 0.0}])
    rows = list(csv.reader(path.open(newline=""), delimiter=";"))
    assert rows == [
        ["epoch", "b", "loss", "val_b", "val_loss"],
        ["0", '"[1, 2]"', "2.0", "NA", "NA"],
        ["1", "NA", "1.5", "NA", "3.0"],
        ["0", "0.0", "1.0", "NA", "NA"],
    ]


# NaN.


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_terminate_on_nan(bad, capsys):
    model = train(cb.TerminateOnNaN(), losses(1, bad, 1))
    assert model.history.epoch == [0, 1]
    assert "Batch 0: Invalid loss, terminating training\n" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 0"):
        train(cb.TerminateOnNaN(raise_error=True), losses(bad))


# Beside Keras: the same logs make the same decisions.


def _random_logs(seed):
    rng = np.random.default_rng(seed)
    values = np.round(1 + np.cumsum(rng.normal(0, 0.05, 14)), 2).astype("float32")
    if seed % 4 == 0:
        values[rng.integers(14)] = nan
    return [{"loss": float(v), "val_loss": float(v), "accuracy": float(1 - v)} for v in values]


CASES = {
    "EarlyStopping": [
        {"patience": 2},
        {"patience": 1, "min_delta": 0.05, "restore_best_weights": True},
        {"patience": 3, "baseline": 0.9, "restore_best_weights": True},
        {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
        {"patience": 2, "monitor": "accuracy", "mode": "max", "min_delta": 0.01},
        {"patience": 0},
    ],
    "ReduceLROnPlateau": [
        {"patience": 1},
        {"patience": 2, "factor": 0.5, "cooldown": 2, "min_delta": 0.05},
        {"patience": 1, "factor": 0.3, "min_lr": 0.1, "monitor": "accuracy", "mode": "max"},
    ],
    "ModelCheckpoint": [
        {"filepath": "{epoch}-{loss:.3f}.keras", "save_best_only": True},
        {"filepath": "{epoch}.weights.h5", "save_weights_only": True, "save_freq": 3},
    ],
}


@pytest.mark.keras
@pytest.mark.parametrize(("name", "arguments"), [(name, a) for name, some in CASES.items() for a in some])
def test_decisions_are_keras_own(name, arguments, tmp_path, monkeypatch):
    keras = pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    for seed in range(8):
        ends = []
        for room in (minikeras, keras):
            callback = getattr(room.callbacks, name)(**arguments)
            model = train(callback, _random_logs(seed), make=room.callbacks.CallbackList)
            kept = {
                k: vars(callback).get(k) for k in ("best", "best_epoch", "stopped_epoch", "wait", "cooldown_counter")
            }
            ends.append(
                (repr(kept), model.weights[0][0], model.saved, model.history.epoch, repr(model.history.history))
            )
        assert ends[0] == ends[1], seed


@pytest.mark.keras
def test_csv_is_keras_own(tmp_path):
    keras = pytest.importorskip("keras")
    for room in (minikeras, keras):
        for append in (False, True):
            logger = room.callbacks.CSVLogger(str(tmp_path / f"{room.__name__}.csv"), append=append)
            train(logger, _random_logs(1), make=room.callbacks.CallbackList)
    assert (tmp_path / "minikeras.csv").read_bytes() == (tmp_path / "keras.csv").read_bytes()


@pytest.mark.keras
def test_signatures_are_keras_own():

    keras = pytest.importorskip("keras")
    for name in set(cb.__all__) - {"OrbaxCheckpoint"}:  # refused by name
        ours, theirs = (inspect.signature(getattr(room.callbacks, name)) for room in (minikeras, keras))
        shapes = [[(p.name, p.default, p.kind) for p in s.parameters.values()] for s in (ours, theirs)]
        assert shapes[0] == shapes[1], name
