"""Consoles that lack characters, and programs without a console: nothing that was computed is lost to printing."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

import minikeras as k
from minikeras import console
from minikeras.testing import check_gradients


def model():
    m = k.Sequential([k.layers.Input((4,)), k.layers.Dense(2, activation="softmax")])
    m.compile("sgd", "sparse_categorical_crossentropy")
    return m


X, LABELS = np.random.default_rng(3).normal(size=(8, 4)), np.arange(8) % 2


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_prints_can_be_shown_on_a_narrow_console(encoding, monkeypatch):
    m = model()
    screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        m.summary()
        step = m.trace(X, LABELS)
        for thing in (step, next(iter(step.layers[0])), check_gradients(m, X, LABELS)):
            print(thing)
        screen.flush()
    text = screen.buffer.getvalue().decode(encoding)
    assert "Total params" in text
    assert "eta = 0.01" in text
    assert "‖" not in text
    assert "‖Δw‖" in step.to_text()


@pytest.mark.parametrize("stdout", [None, type("Bare", (), {"write": lambda self, text: len(text)})()])
def test_no_stdout_or_one_that_can_only_write(stdout, monkeypatch):
    stop = k.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e9, verbose=1, restore_best_weights=True)
    rate = k.callbacks.LearningRateScheduler(lambda epoch: 0.1, verbose=1)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        m = model()
        assert len(m.fit(X, LABELS, epochs=3, callbacks=[stop, rate]).epoch) == 2
        m.evaluate(X, LABELS)
        m.predict(X)
        m.summary()


def test_letters_have_names_and_the_rest_is_a_question_mark():
    assert console.spelt("η·∂L/∂w ← 模 é", "ascii") == "eta*dL/dw <- ? ?"
    assert console.spelt("é ✗", "cp1252") == "é X"
    assert console.spelt("模", "no-such-encoding") == "模"


def test_the_command_line_has_its_own_status_for_failures_and_prints_on_cp1252():
    testing = pytest.importorskip("click.testing")
    pytest.importorskip("rich")
    from minikeras.cli.group import cli

    env = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    common = ["gradcheck", "--sample", "--rows", "2", "--probes", "1"]
    failed = [*common, "--mutant", "sign"]
    for arguments, status in ((common, 0), (failed, 1), ([*common, "--rows", "99999"], 2)):
        got = testing.CliRunner(charset="cp1252").invoke(cli, arguments)
        assert got.exit_code == status, got.output
    got = subprocess.run([sys.executable, "-m", "minikeras", *failed], env=env, capture_output=True)
    assert got.returncode == 1, got.stderr.decode()


def test_an_error_inside_a_command_is_status_2(monkeypatch):
    testing = pytest.importorskip("click.testing")
    from minikeras.cli import gradcheck
    from minikeras.cli.group import cli

    for error, status in ((RuntimeError("broken"), 2), (KeyboardInterrupt(), 130)):

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(gradcheck, "prepared", fail)
        assert testing.CliRunner().invoke(cli, ["gradcheck", "--sample"]).exit_code == status
