"""``minikeras bugs``: trains every mutant of the bug zoo beside the right engine."""

import csv

import click

from ..bugs import MUTANTS, Lesson, lesson, plots
from ..bugs.zoo import TABLES
from .article import NOTICE, data_options, held_out, load, scaled
from .run_folder import RunFolder
from .tables import show

FILES = ("bugs.csv", "bugs.png", NOTICE)
COLUMNS = ("name", "variant", "accuracy", "right_accuracy", "gradient_error", "what", "seen")


@click.command("bugs")
@click.argument("names", nargs=-1, type=click.Choice(list(MUTANTS)), metavar="[MISTAKE]...")
@click.option("--list", "listed", is_flag=True, help="Only say what each mistake is and where it was seen.")
@click.option("--epochs", type=click.IntRange(1), default=5, show_default=True, help="Passes over the data.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=42, show_default=True, help="Same seed, same run.")
@data_options
@click.option("--output", type=click.Path(file_okay=False), help="Run folder.  [default: a new one under runs/]")
def bugs(
    names: tuple[str, ...],
    listed: bool,
    epochs: int,
    seed: int,
    data: str | None,
    sample: bool,
    output: str | None,
) -> None:
    """Train with classic mistakes of backpropagation, and see how little of them accuracy shows.

    Each MISTAKE, by default every one there is, trains the net 784-300-100-10 from the same weights and in the same
    order of rows as the right engine. It is then judged twice: by its accuracy on the test images, and by the error of
    its gradients on one batch, where a gradient check allows 1e-12.

    \b
    The run folder, named at the end, then holds
      bugs.csv   the table, with a sentence on each mistake
      bugs.png   accuracy beside gradient error
      run.json   arguments, versions, data

    \b
    Examples
      minikeras bugs --list
      minikeras bugs --sample --epochs 3
      minikeras bugs relu_mask_forgotten bias_never_updated
    """
    chosen = list(names or MUTANTS)
    if listed:
        _list(names)
        return
    arrays, source, notice = load(data, sample)
    folder = RunFolder(output, "bugs", FILES, names=chosen, epochs=epochs, seed=seed, data=data, sample=sample)
    if notice:
        (folder / NOTICE).write_text(notice + "\n", encoding="utf-8")
    (x, y), test = scaled(arrays, "float32")
    kept = held_out(len(x))
    folder.note(data={**source, "training": len(x) - kept, "test": len(test[0])})
    click.echo(f"{source['what']}: {len(x) - kept} to train, {len(test[0])} to test, epochs: {epochs}")
    found: list[Lesson] = []
    try:
        for one in lesson((x[:-kept], y[:-kept]), test, epochs=epochs, names=chosen, seed=seed):
            found.append(one)
            click.echo(f"{len(found) - 1}/{len(chosen)}  {one.name}: {one.accuracy:.4f}", err=True)
            _write(folder, found)
    except BaseException as error:
        folder.note(status="failed", error=f"{type(error).__name__}: {error}")
        raise
    plots.bugs(found, folder / "bugs.png")
    folder.note(status="finished")
    _show(found)
    hidden = sum(one.hidden for one in found[1:])
    click.echo(f"{hidden} of {len(found) - 1} mistakes cost less than one point of accuracy.")
    click.echo(f"Run folder: {folder.path}")


def _show(lessons: list[Lesson]) -> None:
    """The best hidden on top; accuracies in per cent."""
    right, *mutants = lessons
    rows = []
    for one in (right, *sorted(mutants, key=lambda one: one.lost)):
        name = one.name if one.variant == "plain" else f"{one.name} ({one.variant})"
        numbers = (f"{100 * one.accuracy:.2f}", f"{100 * one.right_accuracy:.2f}", f"{100 * one.lost:.2f}")
        style = "green" if one is right else "red" if one.hidden else ""
        rows.append(((name, *numbers, f"{one.gradient_error:.1e}"), style))
    head = ("mistake", "accuracy", "without it", "points lost", "gradient error")
    show(head, rows, right=head[1:])


def _list(names: tuple[str, ...]) -> None:
    for subject, table in TABLES.items():
        shown = [m for name, m in table.items() if name in names or not names]
        if shown and not names:
            click.echo(f"Mistakes in {subject}")
        for m in shown:
            click.echo(f"{click.style(m.name, bold=True)}\n  {m.what}\n  {m.seen}")


def _write(folder: RunFolder, lessons: list[Lesson]) -> None:
    with open(folder / "bugs.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([getattr(one, column) for column in COLUMNS] for one in lessons)
