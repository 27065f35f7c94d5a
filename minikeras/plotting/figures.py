"""Figures: made, and saved."""

from os import PathLike
from typing import Any

from ..errors import require

Path = str | PathLike[str] | None


def new_figure(width: float, height: float) -> Any:
    """An empty matplotlib ``Figure``, inches wide and high."""
    return require("matplotlib.figure", "plot").Figure(figsize=(width, height), layout="constrained")


def finish(figure: Any, path: Path, title: str | None) -> Any:
    """The figure under its title, saved if there is a path."""
    if title:
        figure.suptitle(title)
    if path is not None:
        figure.savefig(path, dpi=100)
    return figure
