"""``minikeras fashion-mnist``: what it writes, what it says, and what it leaves when something goes wrong."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

import minikeras
from minikeras import cli, datasets, errors, plotting
from minikeras.cli import fashion_mnist as command
from minikeras.errors import DataError, MissingExtraError

PICTURES = {"samples.png", "learning_curves.png", "predictions.png"}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the command on a small data set; gives click's result and the run folder."""
    testing = pytest.importorskip("click.testing")
    from minikeras.cli.group import cli as group

    (x, y), (x_test, y_test) = datasets.fashion_mnist.load_sample()
    small = (x[:200], y[:200]), (x_test[:50], y_test[:50])
    monkeypatch.setattr(datasets.fashion_mnist, "load_data", lambda path=None: small)
    monkeypatch.setattr(datasets.fashion_mnist, "load_sample", lambda: small)

    def run(*arguments):
        folder = tmp_path / "run"
        result = testing.CliRunner().invoke(group, ["fashion-mnist", "--output", str(folder), *arguments])
        return result, folder

    return run


@pytest.fixture
def no_pictures(monkeypatch):
    for draw in ("image_grid", "learning_curves", "predictions"):
        monkeypatch.setattr(plotting, draw, lambda *_, **__: None)


def record(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_writes_its_folder_and_names_it(run):
    result, folder = run("--epochs", "2", "--batch-size", "10", "--dtype", "float64")
    assert result.exit_code == 0, result.output
    assert {path.name for path in folder.iterdir()} == PICTURES | {"history.csv", "run.json"}
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in PICTURES)

    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [row["epoch"] for row in rows] == ["0", "1"]

    facts = record(folder)
    assert facts["status"] == "finished"
    assert facts["arguments"]["dtype"] == "float64"
    assert facts["arguments"]["batch_size"] == 10
    assert facts["versions"]["minikeras"] == minikeras.__version__
    assert facts["data"]["sample"] is False
    assert (facts["data"]["training"], facts["data"]["validation"], facts["data"]["test"]) == (180, 20, 50)
    *_, accuracy, named = result.output.strip().splitlines()
    assert accuracy == f"Test accuracy: {facts['test_accuracy']:.4f} (loss {facts['test_loss']:.4f})"
    assert named == f"Run folder: {folder}"
    assert "18/18 - " in result.output
    assert "\r" not in result.output, "control characters in what is not a terminal"
    assert "\x1b" not in result.output


def test_the_same_seed_is_the_same_run_and_another_is_not(run, no_pictures):
    runs = {}
    for seed in ("1", "1", "2"):
        result, folder = run("--epochs", "1", "--seed", seed, "--quiet")
        assert len(result.output.strip().splitlines()) == 2
        runs.setdefault(seed, set()).add((folder / "history.csv").read_text())
    assert len(runs["1"]) == 1
    assert runs["1"] != runs["2"]


def test_a_learning_rate_that_is_asked_for_is_used(run, no_pictures):
    histories = {run("--epochs", "1", "--learning-rate", rate)[1].joinpath("history.csv").read_text() for rate in "12"}
    assert len(histories) == 2


def test_without_the_real_data_it_says_so_everywhere(run, no_pictures, monkeypatch):
    def nowhere(path=None):
        raise DataError("Fashion-MNIST was found in no place:\n  - the attic")

    monkeypatch.setattr(datasets.fashion_mnist, "load_data", nowhere)
    result, folder = run("--epochs", "1", "--quiet")
    assert result.exit_code == 0
    assert "the attic" in result.stderr
    assert result.stderr.count("embedded sample") == 2
    assert "embedded sample" in (folder / command.NOTICE).read_text()
    assert record(folder)["data"]["fallback"] is True
    assert "the attic" in record(folder)["data"]["reason"]

    result, folder = run("--epochs", "1", "--sample")  # asked for: no alarm, and the old notice is gone
    assert "***" not in result.stderr
    assert not (folder / command.NOTICE).exists()
    assert record(folder)["data"] | {"sample": True, "fallback": False} == record(folder)["data"]


def test_a_folder_that_was_named_is_never_replaced_by_the_sample(run, monkeypatch, tmp_path):
    monkeypatch.undo()
    result, folder = run("--data", str(tmp_path))
    assert result.exit_code == 2
    assert "train-images-idx3-ubyte" in result.output + result.stderr
    assert not folder.exists()
    assert run("--data", str(tmp_path), "--sample")[0].exit_code == 2


def test_an_error_in_training_is_in_the_record(run, monkeypatch):
    def broken():
        raise RuntimeError("out of order")

    monkeypatch.setattr(command, "build", broken)
    result, folder = run("--epochs", "1")
    assert result.exit_code == 2
    assert record(folder)["status"] == "failed"
    assert record(folder)["error"] == "RuntimeError: out of order"


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_leaves_a_whole_run_folder(tmp_path):
    pytest.importorskip("click")
    folder = tmp_path / "run"
    arguments = ["fashion-mnist", "--sample", "--epochs", "5000", "--output", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-m", "minikeras", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background shell ignores it
    ) as process:
        history = folder / "history.csv"
        deadline = time.monotonic() + 120
        while not (history.exists() and history.read_text().count("\n") >= 2) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert {path.name for path in folder.iterdir()} == PICTURES | {"history.csv", "run.json"}
    facts = record(folder)
    assert facts["status"] == "interrupted"
    assert 1 <= facts["epochs_finished"] < 5000
    assert 0.2 < facts["test_accuracy"] < 1
    assert out.strip().endswith(f"Run folder: {folder}")


def test_new_run_folders_never_share_a_name(tmp_path, monkeypatch):
    from minikeras.cli.run_folder import RunFolder

    monkeypatch.chdir(tmp_path)
    paths = {RunFolder(None, "try", ()).path for _ in range(3)}
    assert len(paths) == 3
    assert all(re.fullmatch(r"try-\d{8}-\d{6}(-\d)?", path.name) for path in paths)


def test_help_names_every_file_and_option(run):
    result, _ = run("--help")
    assert all(name in result.output for name in [*PICTURES, "history.csv", "run.json", "--learning-rate", "Ctrl-C"])


def test_without_click_it_says_what_to_install(monkeypatch, capsys):
    def absent(module, extra):
        raise MissingExtraError(f"install minikeras[{extra}]")

    monkeypatch.setattr(cli, "require", absent)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "minikeras[plot]" in capsys.readouterr().err
    with pytest.raises(MissingExtraError, match=r"pip install 'minikeras\[plot\]'"):
        errors.require("no_such_module", "plot")
