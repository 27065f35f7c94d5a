"""``minikeras bugs``: the table, the picture, what each mistake is."""

import csv
import json

import pytest

from minikeras import datasets
from minikeras.bugs import MUTANTS

testing = pytest.importorskip("click.testing")
pytest.importorskip("rich")


def run(*arguments):
    from minikeras.cli.group import cli

    return testing.CliRunner().invoke(cli, ["bugs", *arguments])


def test_the_list():
    result = run("--list")
    for m in MUTANTS.values():
        assert f"{m.name}\n  {m.what}\n  {m.seen}\n" in result.output
    assert run("--list", "sign").output.count("\n") == 3
    assert run("no_such_bug").exit_code == 2


def test_two_mistakes(monkeypatch, tmp_path):
    pytest.importorskip("matplotlib")
    (x, y), (x_test, y_test) = datasets.fashion_mnist.load_sample()
    monkeypatch.setattr(datasets.fashion_mnist, "load_sample", lambda: ((x[:400], y[:400]), (x_test[:99], y_test[:99])))
    result = run("sign", "bias_averaged", "--sample", "--epochs", "2", "--output", str(tmp_path / "b"))
    assert result.exit_code == 0, result.output
    with open(tmp_path / "b" / "bugs.csv", newline="") as file:
        found = {row["name"]: row for row in csv.DictReader(file)}
    assert list(found) == ["right", "sign", "bias_averaged"]
    assert float(found["sign"]["gradient_error"]) == pytest.approx(2)
    for row in found.values():
        assert f"{100 * float(row['accuracy']):.2f}" in result.output
    assert (tmp_path / "b" / "bugs.png").read_bytes().startswith(b"\x89PNG")
    facts = json.loads((tmp_path / "b" / "run.json").read_text())
    assert facts["status"] == "finished"
    assert facts["data"]["training"] == 360
    assert "of 2 mistakes cost less than one point of accuracy." in result.output
