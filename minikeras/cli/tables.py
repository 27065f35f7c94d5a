"""Tables in colour, as wide as they need to be where no terminal limits them."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from ..errors import require
from ..testing import GradientCheck


def show(head: Sequence[str], rows: Iterable[tuple[Sequence[str], str]], right: Iterable[str] = ()) -> None:
    """Prints a table.

    Args:
        rows: each its cells and its style, such as "red".
        right: the columns whose cells stand on the right.
    """
    console = require("rich.console", "plot").Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    table: Any = require("rich.table", "plot").Table(box=None, pad_edge=False, header_style="bold")
    for title in head:
        table.add_column(title, justify="right" if title in right else "left", no_wrap=console.width >= 100)
    for cells, style in rows:
        table.add_row(*cells, style=style)
    console.print(table)


def show_check(check: GradientCheck) -> None:
    """Prints a gradient check: the verdict, the table with wrong lines in red, the warnings."""
    click.secho(check.verdict(), fg="green" if check.passed else "red", bold=True)
    click.echo()
    head, *rows = check.cells()
    show(head, ((cells, "red" if any("✗" in cell for cell in cells) else "") for cells in rows))
    if check.notes():
        click.echo(check.notes())
