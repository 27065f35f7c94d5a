"""The progress bar of fit, evaluate and predict, on a terminal and without one."""

import re
import sys
import time

import numpy as np
import pytest

import minikeras
from minikeras import callbacks as cb
from minikeras import progress

from ..test_callbacks import FakeModel


def test_a_bar_that_rests_asks_for_no_logs(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(cb.ProgbarLogger, "_compiled", True)
    told = cb.CallbackList(add_progbar=True, model=FakeModel(), verbose=1, epochs=1, steps=1000)
    made = []
    monkeypatch.setattr(progress.Progbar, "clock", staticmethod(lambda: 0.001 * len(steps)))
    steps = []
    told.on_epoch_begin(0)
    for batch in range(1000):
        steps.append(batch)
        told.on_train_batch_end(batch, lambda: made.append(1) or {"loss": 1.0})
    assert 18 <= len(made) <= 21
    assert capsys.readouterr().out.count("\r") == len(made)


def test_the_first_bar_of_a_process_says_that_kernels_are_compiled(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(cb.ProgbarLogger, "_compiled", False)
    told = cb.CallbackList(add_progbar=True, model=FakeModel(), verbose=1, epochs=1, steps=2)
    told.on_epoch_begin(0)
    announced = capsys.readouterr().out
    assert announced.startswith("\r0/2 compiling the kernels")
    told.on_train_batch_end(0, {"loss": 1.0})
    assert capsys.readouterr().out.startswith("\b" * (len(announced) - 1) + "\r")
    told.on_epoch_begin(1)
    assert "compiling" not in capsys.readouterr().out


@pytest.fixture
def model():
    minikeras.utils.set_random_seed(1)
    model = minikeras.Sequential([minikeras.layers.Dense(2, activation="softmax", input_shape=(3,))])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    return model


X, Y = np.eye(3, dtype="float32")[[0, 1, 2, 0]], np.array([0, 1, 1, 0])


NUMBER = r"\d\.\d{4}"


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_plain_lines_without_a_terminal(model, verbose, capsys):
    model.fit(X, Y, batch_size=1, epochs=2, validation_data=(X, Y), verbose=verbose)
    names = ("accuracy", "loss", "val_accuracy", "val_loss")
    line = r"4/4 - \d+s - \S+/step" + "".join(f" - {name}: {NUMBER}" for name in names)

    assert re.fullmatch(rf"Epoch 1/2\n{line}\nEpoch 2/2\n{line}\n", capsys.readouterr().out)


def test_evaluate_and_predict_lines(model, capsys):

    model.evaluate(X, Y, batch_size=3)
    assert re.fullmatch(rf"2/2 - \d+s - \S+/step - accuracy: {NUMBER} - loss: {NUMBER}\n", capsys.readouterr().out)
    model.predict(X)
    assert re.fullmatch(r"1/1 - \d+s - \S+/step\n", capsys.readouterr().out)
    model.predict(X, verbose=0)
    assert capsys.readouterr().out == ""


def test_a_generators_length_is_learnt(model, capsys):
    class Batches:
        def __iter__(self):
            yield X[:2], Y[:2]
            yield X[2:], Y[2:]

    model.fit(Batches(), epochs=2)
    assert capsys.readouterr().out.count("2/2 - ") == 2


@pytest.mark.parametrize("terminal", [True, False])
def test_validation_does_not_count_on_the_bar_of_fit(terminal, model, capsys, monkeypatch):
    class Batches:
        def __iter__(self):
            yield X[:2], Y[:2]
            yield X[2:], Y[2:]

    class Slow(cb.Callback):
        def on_train_batch_end(self, batch, logs=None):
            time.sleep(0.02)

    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    many = np.tile(X, (50, 1)), np.tile(Y, 50)
    model.fit(Batches(), epochs=2, validation_data=many, callbacks=[Slow()], verbose=1)
    last = [line for line in re.split(r"[\r\n]", capsys.readouterr().out) if "val_loss" in line]
    assert len(last) == 2
    assert all("2/2" in line and re.search(r"\d+ms/step", line) for line in last), last


def test_the_bar_moves_on_a_terminal(model, capsys, monkeypatch):

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    model.fit(X, Y, batch_size=1, verbose=1)
    out = capsys.readouterr().out
    assert "\r\x1b[1m1/4\x1b[0m \x1b[32m━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━━\x1b[0m \x1b[1m" in out
    assert "\x1b[1m4/4\x1b[0m \x1b[32m" + "━" * 20 in out
    assert out.endswith("\n")
