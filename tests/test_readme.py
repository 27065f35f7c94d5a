"""What the READMEs say is there, is there; their Python runs."""

import re
from pathlib import Path

import pytest

import minikeras as keras

ROOT = Path(__file__).parents[1]
FOLDERS = ("", "parity", "benchmarks", "minikeras/bugs", "minikeras/testing")
TEXTS = {folder: (ROOT / folder / "README.md").read_text(encoding="utf-8") for folder in FOLDERS}
README = "\n".join(TEXTS.values())
SNIPPETS = list(dict.fromkeys(re.findall(r"```python\n(.*?)```", README, re.DOTALL)))


def snippet(words):
    (found,) = (text for text in SNIPPETS if words in text)
    return found


def test_the_first_one_is_short():
    assert len(TEXTS[""].encode()) <= 13_000


def test_every_path_exists():
    paths = {ROOT / path for path in re.findall(r"`((?:minikeras|tests|parity)/[\w./]*)`", README)}
    for folder, text in TEXTS.items():
        paths |= {ROOT / folder / path for path in re.findall(r"\]\(((?!https?:)[\w./-]+)\)", text)}
    assert len(paths) > 40
    assert [path for path in paths if not path.exists()] == []


def test_study(monkeypatch, capsys, tmp_path):
    fashion_mnist = keras.datasets.fashion_mnist
    monkeypatch.setattr(fashion_mnist, "load_data", fashion_mnist.load_sample)
    monkeypatch.chdir(tmp_path)
    kept = snippet("BackupAndRestore").replace("x, y,", "X_train, y_train,")
    study = "\n".join([*SNIPPETS[:2], kept]).replace("epochs=30", "epochs=1")
    keras.utils.clear_session()
    exec(study, {})
    printed = capsys.readouterr().out
    assert "sequential/dense/kernel (784, 300)" in re.sub(r"sequential_\d+", "sequential", printed)
    assert "dz = (p − t) · w" in printed


def test_check(capsys):
    with keras.config.using():
        exec(snippet("check_gradients(model, x, y)"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("Gradient check of")
    assert printed.splitlines()[0].endswith("in float64: passed")
    rows = [line.split() for line in printed.splitlines() if " central " in line and "/" in line.split()[1]]
    errors = [float(row[3]) for row in rows]
    assert len(errors) == 4
    assert max(errors) < 1e-8


def test_a_layer_and_a_wrong_gradient(capsys):
    exec(snippet("check_layer("), {})
    exec(snippet("diagnose("), {})
    named = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["kernel_gradient_transposed", "divided_twice"]


def test_every_command_exists():
    testing = pytest.importorskip("click.testing")
    from minikeras.cli.group import cli

    commands = set(re.findall(r"minikeras ([a-z][a-z-]+)(?= |`|$)", README, re.MULTILINE)) & set(cli.commands)
    assert commands == set(cli.commands)
    for name in commands:
        assert testing.CliRunner().invoke(cli, [name, "--help"]).exit_code == 0


@pytest.mark.keras
def test_compare(capsys):
    pytest.importorskip("keras")
    exec(snippet("for library in (keras, minikeras)"), {})
    theirs, ours = (eval(line.partition(" ")[2]) for line in capsys.readouterr().out.splitlines())
    assert ours == pytest.approx(theirs, rel=1e-4)
