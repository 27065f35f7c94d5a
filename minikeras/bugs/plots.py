"""The picture of the lesson: what accuracy shows of a mistake, and what its gradient shows."""

from collections.abc import Iterable
from typing import Any

from ..plotting import RIGHT, WRONG, Path, finish, new_figure
from ..testing.tolerances import limit
from .lesson import Lesson


def bugs(lessons: Iterable[Lesson], path: Path = None, title: str | None = None) -> Any:
    """Accuracy beside gradient error, a line for each mutant, the best hidden on top.

    On the left the blue line is the right engine and the blue band one point around it; on the right the line is the
    tolerance of a gradient check. A mutant whose accuracy lies in the band, or above it, is red: only its gradient
    gives it away.

    Args:
        lessons: what :func:`~minikeras.bugs.lesson` yields, the right engine first.
        path: where to save it; the ending says the format.
        title: above the picture.

    Returns:
        The matplotlib ``Figure``.
    """
    right, *mutants = lessons
    mutants = sorted(mutants, key=lambda one: one.lost, reverse=True)
    figure = new_figure(10, 1.4 + 0.27 * len(mutants))
    left, other = figure.subplots(1, 2, sharey=True)
    names = [one.name if one.variant == "plain" else f"{one.name} ({one.variant})" for one in mutants]
    colors = [WRONG if one.hidden else "black" for one in mutants]
    left.axvspan(-1, 1, color=RIGHT, alpha=0.15)
    left.axvline(0, color=RIGHT)
    left.scatter([-100 * one.lost for one in mutants], names, c=colors, zorder=3)
    left.set_xscale("symlog", linthresh=2, linscale=1)
    left.set_xlabel(f"points of accuracy gained or lost\n(the right engine has {100 * right.accuracy:.1f} %)")
    ticks = (-80, -20, -5, -2, -1, 0, 1, 2, 5)
    left.set_xticks(ticks, [f"{t:+d}" if t else "0" for t in ticks])
    left.minorticks_off()
    other.scatter([one.gradient_error for one in mutants], names, c=colors, zorder=3)
    other.axvline(limit("complex", "float64"), color=RIGHT, label="what a gradient check allows")
    other.set_xscale("log")
    other.set_xlabel("error of the gradient, relative")
    other.legend(loc="upper center")
    for ax in (left, other):
        ax.grid(alpha=0.3)
    return finish(figure, path, title)
