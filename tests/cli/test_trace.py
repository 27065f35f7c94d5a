"""``minikeras trace``: the account, one entry, the LaTeX, the pictures; status 1 for a wrong gradient."""

import json

import pytest

from minikeras import Sequential, layers, tracing, utils
from minikeras.bugs import mutant

testing = pytest.importorskip("click.testing")
pytest.importorskip("rich")


@pytest.fixture
def run(tmp_path):
    from minikeras.cli.group import cli

    pytest.importorskip("h5py")
    model = Sequential(
        [layers.Flatten(input_shape=(28, 28)), layers.Dense(5, "relu", name="low"), layers.Dense(10, "softmax")]
    )
    model.save(tmp_path / "m.keras")

    def run(*arguments):
        given = ["trace", "--sample", "--model", str(tmp_path / "m.keras"), *arguments]
        return testing.CliRunner().invoke(cli, given)

    return run


def test_the_account(run):
    result = run("--rows", "2")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Labels: 9 (Ankle boot), ")
    for piece in ("One training step of", "z = x W + b    (2, 5)", "dz = (p − t) · w", "Update    w ← w − η g"):
        assert piece in result.output


def test_a_fresh_model():
    from minikeras.cli.group import cli

    utils.clear_session()  # other tests have used up the names
    result = testing.CliRunner().invoke(cli, ["trace", "--sample", "--explain", "dense_1/kernel[3,7]"])
    assert result.output.startswith("∂L/∂kernel[3, 7] of dense_1 = Σₙ x[n, 3] · dz[n, 7] = ")


def test_entries(run):
    result = run("--rows", "3", "--explain", "low/kernel[400,2]", "--explain", "low/bias[1]")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("∂L/∂kernel[400, 2] of low = Σₙ x[n, 400] · dz[n, 2] = ")
    assert "\n\n∂L/∂bias[1] of low = Σₙ dz[n, 1] = " in result.output
    assert "One training step" not in result.output
    assert run("--explain", "low/kernel").exit_code == 2
    for wrong in ("high/kernel[0,0]", "low/kernel[4000,2]"):
        result = run("--explain", wrong)
        assert result.exit_code == 2
        assert result.output.startswith("Error: ")


def test_latex(run):
    assert run("--latex").output.startswith(r"\begin{align*}")


def test_the_folder(run, tmp_path):
    pytest.importorskip("matplotlib")
    result = run("--rows", "4", "--output", str(tmp_path / "step"))
    assert result.exit_code == 0, result.output
    pictures = {"histograms.png", "kernels.png", "step_sizes.png"}
    assert {path.name for path in (tmp_path / "step").iterdir()} == {"trace.txt", "step.tex", "run.json"} | pictures
    assert all((tmp_path / "step" / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert (tmp_path / "step" / "trace.txt").read_text().strip() in result.output
    assert json.loads((tmp_path / "step" / "run.json").read_text())["status"] == "finished"


def test_verify(run, monkeypatch):
    verify = tracing.Trace.verify
    monkeypatch.setattr(tracing.Trace, "verify", lambda self: verify(self, ("complex", "central"), 3))
    result = run("--verify", "--explain", "low/bias[1]")
    assert result.exit_code == 0, result.output
    assert "low/kernel" in result.output
    with mutant("sign"):
        result = run("--verify")
    assert result.exit_code == 1
    assert "✗" in result.output
    assert "is -1 times the right one" in result.output


def test_a_picture_that_cannot_be_is_named_and_the_others_are_made(run, tmp_path):
    model = Sequential([layers.Flatten(input_shape=(28, 28)), layers.Activation("softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save(tmp_path / "bare.keras")
    result = run("--model", str(tmp_path / "bare.keras"), "--output", str(tmp_path / "step"))
    assert result.exit_code == 0, result.output
    assert "No kernels.png: No layer of this trace has a trained kernel" in result.output
    assert (tmp_path / "step" / "histograms.png").exists()
