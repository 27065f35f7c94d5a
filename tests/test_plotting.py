"""The pictures: read back what was drawn, and what reached the file."""

import numpy as np
import pytest

from minikeras import Sequential, layers, optimizers, plotting
from minikeras.callbacks import History

LOGS = {"accuracy": [0.5, 0.6], "loss": [2.0, 1.5], "val_accuracy": [0.4, 0.5], "val_loss": [2.2, 1.8]}
NAMES = ["bag", "coat", "shirt"]


def drawn(figure):
    return {line.get_label(): (line.get_xdata(), line.get_ydata()) for ax in figure.axes for line in ax.get_lines()}


def test_learning_curves_draw_each_value_at_its_epoch(tmp_path):
    history = History()
    history.history = LOGS
    for source in (history, LOGS):
        figure = plotting.learning_curves(source, tmp_path / "curves.png", title="Run")
        lines = drawn(figure)
        assert set(lines) == set(LOGS)
        for name, values in LOGS.items():
            np.testing.assert_array_equal(lines[name], ([1, 2], values))
        assert [[line.get_label() for line in ax.get_lines()] for ax in figure.axes] == [
            ["loss", "val_loss"],
            ["accuracy", "val_accuracy"],
        ]
        assert figure.get_suptitle() == "Run"
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_learning_curves_of_nothing_are_refused():
    for nothing in ({}, {"loss": []}):
        with pytest.raises(ValueError, match="no finished epoch"):
            plotting.learning_curves(nothing)


@pytest.mark.parametrize("shape", [(30, 4, 4), (30, 4, 4, 1), (30, 16)])
def test_image_grid_shows_the_first_images_in_order_with_their_names(shape):
    images = np.arange(30 * 16).reshape(shape)
    labels = np.arange(30) % 3
    figure = plotting.image_grid(images, labels, NAMES)
    assert len(figure.axes) == 25
    for i, ax in enumerate(figure.axes):
        np.testing.assert_array_equal(ax.images[0].get_array(), np.arange(16 * i, 16 * i + 16).reshape(4, 4))
        assert ax.get_title() == NAMES[i % 3]


def test_image_grid_without_names_or_labels_and_with_few_images():
    figure = plotting.image_grid(np.zeros((3, 2, 2)), [7, 8, 9], rows=2, columns=2)
    assert [ax.get_title() for ax in figure.axes] == ["7", "8", "9"]
    assert [ax.get_title() for ax in plotting.image_grid(np.zeros((1, 2, 2, 3))).axes] == [""]
    with pytest.raises(ValueError, match=r"\(3, 5\)"):
        plotting.image_grid(np.zeros((3, 5)))


def test_predictions_right_in_blue_wrong_in_red(tmp_path):
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.2, 0.5, 0.3]])
    for predicted in (probabilities, [0, 2, 1]):
        figure = plotting.predictions(np.zeros((3, 2, 2)), [[0], [1], [1]], predicted, NAMES, tmp_path / "p.png")
        assert [(ax.get_title(), ax.title.get_color()) for ax in figure.axes] == [
            ("bag (bag)", "blue"),
            ("shirt (coat)", "red"),
            ("coat (coat)", "blue"),
        ]
    assert (tmp_path / "p.png").stat().st_size > 1000
    with pytest.raises(ValueError, match="equally many"):
        plotting.predictions(np.zeros((3, 2, 2)), [0, 1], probabilities)


@pytest.mark.parametrize("name", plotting.LANDSCAPES)
def test_the_gradient_of_each_landscape_is_its_derivative(name):
    landscape = plotting.LANDSCAPES[name]
    for x, y in np.random.default_rng(0).uniform(-2, 2, (10, 2)):
        by_step = landscape.value(x + 1e-20j, y).imag / 1e-20, landscape.value(x, y + 1e-20j).imag / 1e-20
        np.testing.assert_allclose(landscape.gradient(x, y), by_step, rtol=1e-12, atol=1e-12)
    for x, y in landscape.minima:
        np.testing.assert_allclose(landscape.gradient(x, y), (0, 0), atol=1e-12)


def test_descent_draws_the_paths_that_the_optimizers_take(tmp_path):
    own = optimizers.SGD(0.5)
    figure = plotting.descent({"mine": own, "adam": "adam"}, ["quadratic", "saddle"], 4, tmp_path / "d.png", "Paths")
    assert not own.built
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    np.testing.assert_allclose(lines["mine"].get_xdata(), -1.8 * 0.5 ** np.arange(5))
    lengths = {line.get_label(): line for line in figure.axes[2].get_lines()}["mine"]
    np.testing.assert_allclose(lengths.get_ydata(), 0.5 * lengths.get_xdata())
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")
    assert set(lines) == {"mine", "adam", "minimum"}
    with pytest.raises(ValueError, match="No loss 'hill'"):
        plotting.descent(losses="hill")


def test_a_path_that_diverges_ends():
    figure = plotting.descent({"wild": optimizers.SGD(1.0)}, "rosenbrock", 50)
    assert len(figure.axes[0].get_lines()[0].get_xdata()) < 50


def test_update_norms_of_plain_sgd_are_the_rate_times_the_gradient():
    model = Sequential([layers.Dense(3, "tanh", input_shape=(4,)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.25), "mse")
    rng = np.random.default_rng(0)
    figure = plotting.update_norms(model, rng.normal(size=(20, 4)), rng.normal(size=(20, 1)), 8, 5)
    for line in figure.axes[0].get_lines():
        np.testing.assert_allclose(line.get_ydata(), 0.25 * line.get_xdata(), rtol=1e-4)
        assert len(line.get_xdata()) == 5
