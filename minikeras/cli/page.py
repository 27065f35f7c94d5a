"""``minikeras page``: one training step as an HTML file, every number with its equation."""

import webbrowser
from pathlib import Path

import click

from ..bugs.zoo import MUTANTS, SEQUENCE_MUTANTS, UPDATE_MUTANTS
from ..errors import require
from ..page import planted
from ..tracing import Snapshots
from .article import NAMES, batch, data_options, load, prepared, scaled

KNOWN = (*MUTANTS, *SEQUENCE_MUTANTS, *UPDATE_MUTANTS)
HIDDEN = ("relu_mask_forgotten", "bias_averaged", "last_row_skipped")


@click.command("page")
@click.argument("model_path", metavar="[MODEL.keras]", required=False, type=click.Path(exists=True, dir_okay=False))
@data_options
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="The first image of the batch.")
@click.option("--rows", type=click.IntRange(1), default=8, show_default=True, help="Images in the batch.")
@click.option("--epochs", type=click.IntRange(0), default=0, show_default=True, help="Train so long before the step.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Of a fresh model.")
@click.option(
    "--what-if",
    "mistakes",
    multiple=True,
    type=click.Choice(["none", *KNOWN]),
    metavar="MISTAKE",
    default=HIDDEN,
    show_default=True,
    help="A mistake to plant, for a switch on the page; several times for several, or none.",
)
@click.option("--verify", is_flag=True, help="Tick each gradient: complex step, differences, real Keras if installed.")
@click.option("--output", type=click.Path(dir_okay=False), default="page.html", show_default=True, help="The file.")
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
def page(
    model_path: str | None,
    data: str | None,
    sample: bool,
    first: int,
    rows: int,
    epochs: int,
    seed: int,
    mistakes: tuple[str, ...],
    verify: bool,
    output: str,
    show: bool,
) -> None:
    """Write one training step as an HTML file: every array as a picture, every number with its equation.

    The model, by default a fresh 784-300-100-10, takes one step of plain SGD, or of its own optimizer, on training
    images of Fashion-MNIST. The file needs no server and no network.

    With --epochs, fresh models are trained as long with and without each mistake of --what-if, on 10,000 images at
    most, and their accuracies stand beside the switches.

    Exit status 1 if --verify finds a wrong gradient, 2 if the command itself fails.

    \b
    Examples
      minikeras page --sample --epochs 1
      minikeras page my.keras --rows 4 --verify --output step.html
    """
    require("jinja2", "page")
    model = prepared(model_path, seed)
    x, y, source = batch(model, data, sample, first, rows)
    if epochs and "random" in source:
        raise click.ClickException("--epochs trains on images; the model has several inputs or outputs.")
    snapshots = train = test = None
    if epochs:
        arrays, _, _ = load(data, sample)
        (all_x, all_y), (test_x, test_y) = scaled(arrays, "float32")
        all_x, test_x = (images.reshape(len(images), *x.shape[1:]) for images in (all_x, test_x))
        train, test = (all_x[:10_000], all_y[:10_000]), (test_x, test_y)
        every = max(1, epochs * len(all_x) // 32 // 12)
        snapshots = Snapshots(x, y, every)
        model.fit(all_x, all_y, epochs=epochs, callbacks=[snapshots])
    step = model.trace(x, y)
    wrong = planted(step, [name for name in mistakes if name != "none"], train, test, epochs, seed)
    verification = step.verify() if verify else None
    path = step.page(output, classes=None if "random" in source else NAMES, snapshots=snapshots, mistakes=wrong)
    click.echo(f"Page: {path} ({path.stat().st_size / 1e6:.1f} MB)")
    if show:
        webbrowser.open(Path(path).resolve().as_uri())
    if verification is not None and not verification.passed:
        raise click.exceptions.Exit(1)
