"""The picture of the lesson: read back what was drawn."""

import pytest

from minikeras.bugs import Lesson, plots

pytest.importorskip("matplotlib")


def test_bugs_draws_each_mistake_at_its_numbers(tmp_path):
    def one(name, accuracy, right, error, variant="plain"):
        return Lesson(name, "", "", accuracy, right, error, variant)

    lessons = [
        one("right", 0.85, 0.85, 0.0),
        one("hidden", 0.845, 0.85, 1e-3),
        one("seen", 0.1, 0.85, 2.0),
        one("better", 0.87, 0.86, 0.5, "tanh"),
    ]
    figure = plots.bugs(lessons, tmp_path / "b.png")
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["seen", "hidden", "better (tanh)"]
    assert [x for x, _ in left.collections[0].get_offsets()] == pytest.approx([-75, -0.5, 1])
    assert [x for x, _ in right.collections[0].get_offsets()] == [2.0, 1e-3, 0.5]
    black, *red = left.collections[0].get_facecolors().tolist()
    assert black == [0, 0, 0, 1]
    assert red == [[1, 0, 0, 1]] * 2
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
