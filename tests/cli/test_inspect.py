"""``minikeras inspect``: the same as ``saving.inspect``, printed; one line for a file that is not one."""

import json
import re

import pytest

import minikeras
from minikeras import saving

from ..saving.models import stack, step
from ..saving.test_attacks import HDF5, layer_of, rebuilt, weights_with

testing = pytest.importorskip("click.testing")


@pytest.fixture
def good(tmp_path):
    model = stack(minikeras)
    step(model)
    model.save(tmp_path / "good.keras")
    model.save_weights(tmp_path / "w.npz")
    return tmp_path / "good.keras"


def run(*arguments):
    from minikeras.cli.group import cli

    return testing.CliRunner().invoke(cli, ["inspect", *map(str, arguments)])


def test_a_model(good):
    result = run(good)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert f"SHA-256 {saving.inspect(good)['sha256']}" in lines[0]
    assert any(re.match(r"1 +dense\S* +Dense +35 +.*units 5, activation relu", line) for line in lines)
    assert any(re.match(r"layers/dense_1/vars/0 +5 × 3 +float32 +[0-9a-f]{16}…", line) for line in lines)
    assert "saved_by minikeras" in result.output
    assert "loss sparse_categorical_crossentropy" in result.output
    assert lines[-1] == "53 parameters, and 55 numbers of the optimizer"


def test_weights_alone_and_json(good):
    weights = good.with_name("w.npz")
    assert "layers/dense/vars/0" in run(weights).output
    for path in (good, weights):
        assert json.loads(run("--json", path).output) == saving.inspect(path)


@pytest.mark.parametrize("change", HDF5)
def test_a_hostile_file_ends_with_one_line(good, change):
    path = rebuilt(good, weights=weights_with(good, change))
    result = run(path)
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: .*evil\.keras: [^\n]+\n", result.output)


def test_other_endings_and_files_that_are_not_there(tmp_path):
    (tmp_path / "a.keras").write_bytes(b"\x1b[2J")
    for name, words in (("a.h5", "only '.keras'"), ("no.keras", "File not found"), ("a.keras", "not a zip")):
        result = run(tmp_path / name)
        assert result.exit_code == 1
        assert words in result.output
        assert len(result.output.splitlines()) == 1


def test_what_would_be_refused_is_shown_and_said(good):
    result = run(rebuilt(good, layer_of("TFSMLayer", {"name": "[red]evil[bold]\x1b[2J"})))
    assert result.exit_code == 1
    assert "refused   config.json: layer 1, '[red]evil[bold]" in result.output
    assert "\x1b" not in result.output
