"""``minikeras gradcheck``: passes for a right engine, status 1 for a wrong one."""

import pytest

from minikeras import Input, Model, Sequential, layers

testing = pytest.importorskip("click.testing")
pytest.importorskip("rich")


def run(*arguments):
    from minikeras.cli.group import cli

    return testing.CliRunner().invoke(cli, ["gradcheck", "--sample", "--rows", "3", "--probes", "2", *arguments])


def test_the_articles_model():
    result = run()
    assert result.exit_code == 0, result.output
    assert "in float64: passed" in result.output
    rows = [line for line in result.output.splitlines() if line.startswith("✓")]
    assert len(rows) == 7 * 3 + 6  # six parameters and x by three methods, six by the update
    assert all(method in result.output for method in ("complex", "central", "direction", "update"))


def test_a_mistake_has_status_1_and_a_name():
    result = run("--mutant", "bias_averaged", "--probes", "10")
    assert result.exit_code == 1
    assert "FAILED" in result.output
    wrong = {line.split()[1] for line in result.output.splitlines() if line.startswith("✗")}
    assert len(wrong) == 3
    assert all(path.endswith("/bias") for path in wrong)
    assert "\n  bias_averaged: the biases have 1/3 of the right gradient" in result.output


def test_a_model_from_a_file(tmp_path):
    pytest.importorskip("h5py")
    flat = Sequential([layers.Dense(10, "softmax", input_shape=(784,), name="only")])
    flat.save(tmp_path / "m.keras")
    result = run("--model", str(tmp_path / "m.keras"))
    assert result.exit_code == 0, result.output
    assert "only/kernel" in result.output
    Sequential([layers.Dense(10, "softmax", input_shape=(783,))]).save(tmp_path / "n.keras")
    result = run("--model", str(tmp_path / "n.keras"))
    assert result.exit_code == 2
    assert "The model takes inputs of shape (783,); an image has (28, 28)." in result.output


def test_more_images_than_there_are():
    result = run("--rows", "20000")
    assert result.exit_code == 2
    assert "There are 10000 training images" in result.output


def invoke(command, model, tmp_path, *arguments):
    pytest.importorskip("h5py")
    from minikeras.cli.group import cli

    model.save(tmp_path / "several.keras")
    path = str(tmp_path / "several.keras")
    return testing.CliRunner().invoke(cli, [command, "--sample", "--rows", "3", "--model", path, *arguments])


@pytest.mark.parametrize(("command", "check"), [("gradcheck", ("--probes", "2")), ("trace", ("--verify",))])
def test_a_model_of_several_inputs_and_outputs_gets_random_numbers(tmp_path, command, check):
    a, b = Input((2,), name="a"), Input((3, 2), name="b")
    h = layers.Add()([layers.Dense(4, "tanh", name="left")(a), layers.GRU(4, name="right")(b)])
    outputs = {"kind": layers.Dense(3, "softmax", name="kind")(h), "size": layers.Dense(1, name="size")(h)}
    model = Model({"b": b, "a": a}, outputs)
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    result = invoke(command, model, tmp_path, *check)
    assert result.exit_code == 0, result.output
    assert "it gets random numbers" in result.output
    assert "left/kernel" in result.output
    assert "Labels: " not in result.output


@pytest.mark.parametrize("command", ["gradcheck", "trace"])
def test_unknown_integers_are_refused_with_a_way_out(tmp_path, command):
    words, x = Input((4,), dtype="int32", name="words"), Input((2,))
    model = Model([words, x], layers.Concatenate()([layers.Flatten()(layers.Embedding(5, 2)(words)), x]))
    model.compile("sgd", "mse")
    result = invoke(command, model, tmp_path)
    assert result.exit_code == 2
    assert "which integers the inputs ['words'] take is not known" in result.output
    assert "check_gradients(model, x, y)" in result.output
