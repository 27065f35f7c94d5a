"""``python -m parity``: everything at once, or ``python -m parity same-seed``."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from minikeras.errors import require

require("click", "plot")
require("rich", "plot")

import click  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.status import Status  # noqa: E402

from . import (  # noqa: E402
    accuracy,
    controls,
    data,
    gradients,
    handoff,
    plots,
    report,
    same_seed,
    semantics,
    specs,
    trajectory,
    update,
)
from .worker import BACKENDS, BackendError, Keras, missing  # noqa: E402

console = Console(width=None if sys.stdout.isatty() else 130)


@contextmanager
def _progress(title: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, replaced by how long it took."""
    start = time.perf_counter()
    with Status(title, console=console) as status:
        yield lambda name: status.update(f"{title}: {name}")
    console.print(f"{title} [dim]{time.perf_counter() - start:.1f} s[/]")


@click.group(invoke_without_command=True, context_settings={"show_default": True})
@click.option("--backend", type=click.Choice([*BACKENDS, "all"]), default="tensorflow", help="Keras's backend.")
@click.option("--device", type=click.Choice(["cpu", "gpu"]), default="cpu", help="where Keras runs.")
@click.option("--full", is_flag=True, help="200 random models; 10,000 rows for 30 epochs.")
@click.option("--models", type=int, help="how many random models.  [default: 40, full: 200]")
@click.option("--rows", type=int, help="rows of the trajectory.  [default: 2000, full: 10000]")
@click.option("--epochs", type=int, help="epochs of the trajectory.  [default: 3, full: 30]")
@click.option("--data", "path", help="folder with Fashion-MNIST, if not in a usual place.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("parity_report"), help="report's folder.")
@click.pass_context
def main(context: click.Context, **options: Any) -> None:
    """Compares minikeras with real Keras: gradients, updates, trajectories, and faults planted on purpose.

    Exit status 0 only if all holds.
    """
    if context.invoked_subcommand is None:
        _suite(**options)


def _suite(
    backend: str,
    device: str,
    full: bool,
    models: int | None,
    rows: int | None,
    epochs: int | None,
    path: str | None,
    output: Path,
) -> None:
    models = models if models is not None else (200 if full else 40)
    rows, epochs = rows or (10_000 if full else 2_000), epochs or (30 if full else 3)
    found = report.Report({"backend": backend, "device": device, "models": models, "rows": rows, "epochs": epochs})
    start = time.perf_counter()
    images = data.images(rows + 8, max(rows // 10, 40), path)  # + 8: the last batch is a short one
    for name in BACKENDS if backend == "all" else [backend]:
        lacking = missing(name)
        if lacking and backend == "all":
            found.skipped.append(lacking)
            continue
        try:
            _one_backend(found, name, device, models, images, epochs)
        except BackendError as error:
            raise click.ClickException(str(error)) from None
    found.seconds = time.perf_counter() - start
    report.show(found, console)
    found.write(output)
    verdict = "[green]all holds[/]" if found.passed else "[red]not all holds[/]"
    console.print(f"{verdict} in {found.seconds:.0f} s; report in {output}")
    sys.exit(0 if found.passed else 1)


def _one_backend(found: report.Report, name: str, device: str, models: int, images: Any, epochs: int) -> None:
    with _progress(f"Keras on {name}: starting"):
        keras = Keras(name, device)
    with keras:
        found.versions[name] = keras.versions
        cases = gradients.article_batches() + specs.breadth() + [specs.random_spec(seed) for seed in range(models)]
        with _progress(f"Keras on {name}: gradients of {len(cases)} models") as tick:
            found.add(name, gradients.check(keras, cases, tick))
        with _progress(f"Keras on {name}: updates") as tick:
            found.add(name, update.check(keras, tick))
        with _progress(f"Keras on {name}: {epochs} epochs of {len(images[0][0]):,} rows") as tick:
            verdicts, curves = trajectory.check(keras, images[0], images[1], epochs, tick)
            found.add(name, verdicts)
            found.curves[name] = curves
        verdicts, answers = semantics.check(keras)
        found.add(name, verdicts)
        for question, lines in answers.items():
            found.semantics.setdefault(question, {}).update(lines)
        if name != "torch":
            with _progress(f"Keras on {name}: planted faults") as tick:
                found.controls[name] = controls.check(keras, tick)


@main.command("same-seed")
@click.option("--backend", type=click.Choice(["tensorflow", "jax"]), default="tensorflow")
@click.option("--floatx", type=click.Choice(["float32", "float64"]), default="float64")
@click.option("--epochs", type=int, default=3)
@click.option("--rows", type=int, default=2000)
@click.option("--seed", type=int, default=42)
@click.option("--optimizer", type=click.Choice(["SGD", "Adam", "RMSprop"]), default="SGD")
@click.option("--data", "path", help="folder with Fashion-MNIST, if not in a usual place.")
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("parity_report"), help="folder for log and plot."
)
def same_seed_command(
    backend: str, floatx: str, epochs: int, rows: int, seed: int, optimizer: str, path: str | None, output: Path
) -> None:
    """Runs the classic program in both libraries from one seed, copying no weight and no order.

    float64 must agree to the last digits. float32 must be no further from Keras than three times Keras's distance from
    itself with jit_compile on and off.
    """
    images = data.images(rows, min(5000, max(rows // 10, 40)), path)
    try:
        with Keras(backend) as keras, _progress(f"{rows:,} rows, {epochs} epochs, {floatx}") as tick:
            verdicts, runs = same_seed.check(keras, images[0], images[1], epochs, floatx, seed, tick, optimizer)
            arguments = {"backend": backend, "floatx": floatx, "epochs": epochs, "rows": rows, "seed": seed}
            arguments["optimizer"] = optimizer
            arguments["versions"] = keras.versions
    except BackendError as error:
        raise click.ClickException(str(error)) from None
    same_seed.show(runs, verdicts, console)
    same_seed.write(output, runs, verdicts, arguments)
    passed = all(row.passed for row in verdicts)
    console.print("[green]the same run[/]" if passed else "[red]not the same run[/]")
    sys.exit(0 if passed else 1)


@main.command("accuracy")
@click.option("--backend", type=click.Choice(["tensorflow", "jax"]), default="tensorflow")
@click.option("--seeds", type=click.IntRange(min=2), default=10)
@click.option("--epochs", type=int, default=30)
@click.option("--rows", type=int, default=55_000)
@click.option("--data", "path", help="folder with Fashion-MNIST, if not in a usual place.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("parity_report"), help="folder for the runs.")
def accuracy_command(backend: str, seeds: int, epochs: int, rows: int, path: str | None, output: Path) -> None:
    """Trains both from weights of their own over several seeds: is the accuracy equivalent within 0.3 points?

    Begun again, it goes on with the seed that it was stopped at.
    """
    images = data.images(rows, min(5000, max(rows // 10, 1000)), path)
    test = data.held_out_images(path)
    try:
        with Keras(backend) as keras, _progress(f"{rows:,} rows, {epochs} epochs, {seeds} seeds") as tick:
            found = accuracy.check(keras, *images, test, epochs, seeds, output / "accuracy.json", tick)
    except BackendError as error:
        raise click.ClickException(str(error)) from None
    for seed, pair in enumerate(zip(found["minikeras"], found["keras"], strict=True), 1):
        console.print(f"seed {seed:2}: minikeras {pair[0]:.4f}, Keras {pair[1]:.4f}")
    low, high = found["interval"]
    console.print(f"means {found['means'][0]:.4f} and {found['means'][1]:.4f}; 90 % interval of the difference")
    console.print(f"{low:+.4f} … {high:+.4f}, margin ±{found['margin']}")
    plots.accuracy(found).savefig(output / "accuracy.png", dpi=120)
    console.print("[green]equivalent[/]" if found["equivalent"] else "[red]not shown to be equivalent[/]")
    sys.exit(0 if found["equivalent"] else 1)


@main.command("handoff")
@click.option("--backend", type=click.Choice(["tensorflow", "jax", "all"]), default="all")
@click.option("--models", type=int, default=40, help="how many random models go there and back.")
def handoff_command(backend: str, models: int) -> None:
    """Files between the libraries: nothing is lost there and back; Keras trains on from one, on two devices."""
    found = report.Report({"backend": backend, "models": models})
    try:
        for name in ("tensorflow", "jax") if backend == "all" else (backend,):
            with _progress(f"Keras on {name}") as tick, Keras(name, environment=handoff.ENVIRONMENT) as keras:
                found.add(name, handoff.check(keras, models, tick))
    except BackendError as error:
        raise click.ClickException(str(error)) from None
    report.show(found, console)
    for name, rows in found.rows.items():
        for row in [row for row in rows if not row.passed][:20]:
            console.print(f"[red]{name}, {row.check}: {row.tensor} of {row.case}[/]", highlight=False)
    console.print("[green]nothing is lost[/]" if found.passed else "[red]not all holds[/]")
    sys.exit(0 if found.passed else 1)


if __name__ == "__main__":
    main(prog_name="python -m parity")
