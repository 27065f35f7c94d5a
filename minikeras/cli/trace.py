"""``minikeras trace``: one training step with every number of it."""

import re

import click

from ..tracing import plots
from .article import NAMES, NOTICE, batch, data_options, model_option, prepared
from .run_folder import RunFolder
from .tables import show_check

ENTRY = re.compile(r"(?P<path>[^\[\]]+)\[(?P<index>\d+(?:,\s*\d+)*)\]")
FILES = ("trace.txt", "step.tex", "histograms.png", "kernels.png", "step_sizes.png", NOTICE)


@click.command("trace")
@model_option
@data_options
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="The first image of the batch.")
@click.option("--rows", type=click.IntRange(1), default=1, show_default=True, help="Images in the batch.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Of a fresh model.")
@click.option("--verify", is_flag=True, help="Tick each gradient: complex step, differences, real Keras if installed.")
@click.option("--latex", is_flag=True, help="Print the formulas as LaTeX, and no numbers.")
@click.option(
    "--explain", "entries", multiple=True, metavar="ENTRY", help='Write out one number, such as "dense_1/kernel[3,7]".'
)
@click.option("--output", type=click.Path(file_okay=False), help="Folder for the account, the LaTeX and the pictures.")
def trace(
    model_path: str | None,
    data: str | None,
    sample: bool,
    first: int,
    rows: int,
    seed: int,
    verify: bool,
    latex: bool,
    entries: tuple[str, ...],
    output: str | None,
) -> None:
    """Write out one training step: every input, z, activation, delta, gradient and update, with its formula.

    The model, by default a fresh 784-300-100-10, takes one step of plain SGD, or of its own optimizer, on training
    images of Fashion-MNIST. With --explain only that entry is printed, as the sum of products that it is.

    \b
    With --output the folder then holds
      trace.txt        the account
      step.tex         its formulas
      histograms.png   activations, deltas and gradients, layer by layer
      kernels.png      what the first layer's units look for, before and after the step
      step_sizes.png   gradient norms, and how far each parameter moved
      run.json         arguments, versions, data

    Exit status 1 if --verify finds a wrong gradient, 2 if the command itself fails.

    \b
    Examples
      minikeras trace
      minikeras trace --rows 32 --verify --output step
      minikeras trace --rows 4 --explain "dense_1/kernel[3,7]"
    """
    wanted = [_parsed(entry) for entry in entries]
    model = prepared(model_path, seed)
    x, y, source = batch(model, data, sample, first, rows)
    step = model.trace(x, y)
    verification = step.verify() if verify else None
    try:
        explained = [step.explain(path, index) for path, index in wanted]
    except (KeyError, IndexError, ValueError) as error:
        raise click.ClickException(str(error.args[0])) from error
    if latex:
        click.echo(step.to_latex())
    elif explained:
        click.echo("\n\n".join(explained))
    else:
        if "random" not in source:
            click.echo("Labels: " + ", ".join(f"{k} ({NAMES[k]})" for k in y.tolist()))
        click.echo(step)
    if verification is not None:
        click.echo()
        show_check(verification)
    if output is not None:
        folder = RunFolder(output, "trace", FILES, model=model_path, first=first, rows=rows, seed=seed, data=data)
        folder.note(data=source)
        (folder / "trace.txt").write_text(f"{step.to_text()}\n", encoding="utf-8")
        (folder / "step.tex").write_text(step.to_latex() + "\n", encoding="utf-8")
        for draw in (plots.histograms, plots.kernels, plots.step_sizes):
            try:
                draw(step, folder / f"{draw.__name__}.png")
            except ValueError as error:  # a model without kernels, or whose columns are no pictures
                click.echo(f"No {draw.__name__}.png: {error}", err=True)
        folder.note(status="finished")
        click.echo(f"Run folder: {folder.path}")
    if verification is not None and not verification.passed:
        raise click.exceptions.Exit(1)


def _parsed(entry: str) -> tuple[str, tuple[int, ...]]:
    found = ENTRY.fullmatch(entry)
    if found is None:
        raise click.UsageError(f'--explain takes an entry such as "dense_1/kernel[3,7]". Received: {entry!r}')
    return found["path"], tuple(int(i) for i in found["index"].split(","))
