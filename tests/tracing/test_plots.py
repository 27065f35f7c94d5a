"""Pictures of a step: read back what was drawn."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import Sequential, layers
from minikeras.tracing import GradientHealth, plots

pytest.importorskip("matplotlib")


@pytest.fixture
def trace():
    keras.utils.set_random_seed(3)
    model = Sequential(
        [
            layers.Flatten(input_shape=(4, 3)),
            layers.Dense(10, "relu", name="hidden"),
            layers.Dense(4, "softmax", name="out"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    return model.trace(rng.random((7, 4, 3)), rng.integers(0, 4, 7))


def test_histograms_count_every_entry(trace, tmp_path):
    figure = plots.histograms(trace, tmp_path / "h.png", bins=9)
    assert (tmp_path / "h.png").read_bytes().startswith(b"\x89PNG")
    assert len(figure.axes) == 6
    wanted = [(layer, q) for layer in ("hidden", "out") for q in ("y", "dz", "dkernel")]
    for ax, (layer, q) in zip(figure.axes, wanted, strict=True):
        value = trace[layer, q].value
        heights = [bar.get_height() for bar in ax.patches]
        np.testing.assert_array_equal(heights, np.histogram(value.ravel(), 9)[0])
        assert ax.get_title().startswith(trace[layer, q].formula)
    zeros = np.mean(trace["hidden", "y"].value == 0)
    assert figure.axes[0].get_title().endswith(f"({zeros:.0%} zero)")


def test_kernels_are_the_columns_that_change_most(trace, tmp_path):
    figure = plots.kernels(trace, tmp_path / "k.png", units=3)
    path = next(iter(trace.gradients))
    before, after = trace.before[path], trace.after[path]
    order = np.argsort(-np.linalg.norm(after - before, axis=0))[:3]
    pictures = [ax for ax in figure.axes if ax.images]
    for i, array in enumerate((before, after, after - before)):
        for j, unit in enumerate(order):
            np.testing.assert_array_equal(pictures[3 * i + j].images[0].get_array(), array[:, unit].reshape(4, 3))
    assert [ax.get_title() for ax in pictures[:3]] == [f"unit {unit}" for unit in order]
    low, high = pictures[6].images[0].get_clim()
    assert -low == high == np.abs(after - before)[:, order].max()


def test_kernels_of_what_is_no_picture_are_refused():
    model = Sequential([layers.Dense(2, input_shape=(7,))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="7 weights makes no picture"):
        plots.kernels(model.trace(np.ones((2, 7)), np.ones((2, 2))))
    model = Sequential([layers.Activation("tanh", input_shape=(4,))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="No layer of this trace"):
        plots.kernels(model.trace(np.ones((2, 4)), np.ones((2, 4))))


def test_step_sizes(trace):
    figure = plots.step_sizes(trace)
    left, right = figure.axes
    names = list(trace.gradients)[::-1]
    assert [label.get_text() for label in left.get_yticklabels()] == names
    for name, norm, ratio in zip(names, left.patches, right.patches, strict=True):
        assert norm.get_width() == pytest.approx(np.linalg.norm(trace.gradients[name]), rel=1e-6)
        if name.endswith("kernel"):
            change = np.linalg.norm(trace.after[name] - trace.before[name]) / np.linalg.norm(trace.before[name])
            assert ratio.get_width() == pytest.approx(change, rel=1e-6)
    assert [text.get_text() for text in right.texts].count("all weights were 0") == 2


def test_health_draws_what_was_followed():
    model = Sequential([layers.Dense(3, "relu", input_shape=(2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    followed = GradientHealth()
    with pytest.raises(ValueError, match="no epoch"):
        plots.health(followed)
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 2)), rng.normal(size=(8, 1)), epochs=4, verbose=0, callbacks=[followed])
    figure = plots.health(followed)
    for ax, name in zip(figure.axes, ("gradient_norm", "update_ratio", "zero_share"), strict=True):
        for line in ax.get_lines():
            values = np.array(followed.history[line.get_label()][name])
            np.testing.assert_array_equal(line.get_ydata(), np.where(np.isfinite(values), values, np.nan))
