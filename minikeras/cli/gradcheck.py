"""``minikeras gradcheck``: is every gradient of a model right?"""

from contextlib import ExitStack

import click

from ..bugs import MUTANTS, mutant
from ..testing import check_gradients
from .article import batch, data_options, model_option, prepared
from .tables import show_check


@click.command("gradcheck")
@model_option
@data_options
@click.option("--rows", type=click.IntRange(1), default=8, show_default=True, help="Training images in the batch.")
@click.option("--probes", type=click.IntRange(1), default=30, show_default=True, help="Entries of each tensor.")
@click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float64", show_default=True, help="Of the gradient."
)
@click.option("--mutant", "mistake", type=click.Choice(list(MUTANTS)), metavar="MISTAKE", help="Make it on purpose.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Of weights and probes.")
def gradcheck(
    model_path: str | None,
    data: str | None,
    sample: bool,
    rows: int,
    probes: int,
    dtype: str,
    mistake: str | None,
    seed: int,
) -> None:
    """Hold every gradient of a model against numbers that know nothing of its backward pass.

    The model, by default a fresh 784-300-100-10, takes a batch of Fashion-MNIST. Each kernel's and bias's gradient, and
    the input's, is compared with the complex step, with central differences, along one random direction, and with what
    a training step really subtracts. A line for each, with its error and the entry that is furthest off.

    Exit status 1 if any gradient is wrong, 2 if the command itself fails.

    \b
    Examples
      minikeras gradcheck
      minikeras gradcheck --model clothes.keras --rows 32
      minikeras gradcheck --mutant relu_mask_forgotten
    """
    model = prepared(model_path, seed)
    x, y, _ = batch(model, data, sample, 0, rows)
    with ExitStack() as stack:
        if mistake is not None:
            stack.enter_context(mutant(mistake))
            click.echo(f"{mistake}: {MUTANTS[mistake].what}")
        result = check_gradients(model, x, y, dtype=dtype, probes=probes, seed=seed)
    show_check(result)
    if not result.passed:
        raise click.exceptions.Exit(1)
