"""``minikeras inspect``: what is in a model file."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from .. import saving
from ..errors import MissingExtraError, require
from ..saving.inspection import printable
from .tables import show

#: What a config says nearly always is not worth a word.
_USUAL = {"trainable": True, "use_bias": True, "sparse": False, "ragged": False, "optional": False}


@click.command("inspect")
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print everything, whole checksums too, as JSON.")
def inspect(file: str, as_json: bool) -> None:
    """Show what is in a .keras, .weights.h5 or .npz file, and who wrote it.

    No model is made of it: whatever the file holds, nothing of it is run. The status is 1 for a damaged or hostile
    file, and if load_model would refuse what it names.

    \b
    Examples
      minikeras inspect model.keras
      minikeras inspect --json model.weights.h5
    """
    try:
        found = saving.inspect(file)
    except MissingExtraError as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        click.echo(f"Error: {printable(str(error), 700)}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _show(found)
    sys.exit(1 if found.get("refused") else 0)


def _show(found: dict[str, Any]) -> None:
    click.secho(f"{found['file']}: {found['bytes']:,} bytes, SHA-256 {found['sha256']}", bold=True)
    if "model" in found:
        _show_model(found)
    rows = [
        (array["place"], " × ".join(map(str, array["shape"])) or "()", array["dtype"], array["sha256"][:16] + "…")
        for array in found["arrays"]
    ]
    _table(f"{len(rows)} arrays", ("place", "shape", "dtype", "SHA-256"), rows)
    click.secho(
        f"\n{found['parameters']:,} parameters, and {found['optimizer_numbers']:,} numbers of the optimizer", bold=True
    )


def _show_model(found: dict[str, Any]) -> None:
    click.echo("written   " + (_pairs(found["metadata"]) or "by whom, it does not say"))
    click.echo("holds     " + ", ".join(f"{name} ({size:,} bytes)" for name, size in found["members"].items()))
    compiled = found["compiled"]
    click.echo("compiled  " + ("no" if compiled is None else _pairs(compiled)))
    if found["refused"]:
        click.secho("refused   " + found["refused"], fg="red")
    rows = []
    for position, layer in enumerate(found["layers"]):
        config = {k: v for k, v in layer["config"].items() if _USUAL.get(k) is not v and not k.endswith("_initializer")}
        rows.append((str(position), layer["name"], layer["class_name"], f"{layer['parameters']:,}", _pairs(config)))
    model = found["model"]
    _table(f"{model['class_name']} {model['name']}", ("", "layer", "class", "parameters", "config"), rows)


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table of cells as they are: what a file says is never taken for markup."""
    escape = require("rich.markup", "plot").escape
    click.secho(f"\n{title}", bold=True)
    show(head, ((tuple(map(escape, cells)), "") for cells in rows), right=("", "parameters"))


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_words(value)}" for key, value in values.items() if value is not None)


def _words(value: Any) -> str:
    return f"({', '.join(map(_words, value))})" if isinstance(value, list) else str(value)
