"""The pictures: read back what was drawn, and what reached the file."""

import numpy as np
import pytest

from minikeras import plotting
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
