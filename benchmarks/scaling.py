"""How minikeras and its floor grow with the batch, the width, the rows and the threads, and the fastest peers beside.

Every figure is microseconds a row: a flat line grows with the rows alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import work
from .peers import Tick, epochs, ratios, summary, together
from .worker import available_cores

BATCH_SIZES = tuple(2**n for n in range(14))
WIDTHS = (32, 64, 128, 256, 512, 1024, 2048, 4096)
ROWS = (1_000, 10_000, 100_000, 1_000_000)
PEERS = ("floor", "minikeras", "PyTorch", "JAX, lax.scan epoch")
STEPS, OPERATIONS = 1_000, 10e9
"""A point of a curve is an epoch of at most so many steps or operations, but of one batch at least."""


def points(data: str, rows: int) -> Iterator[tuple[str, float, work.Task, tuple[str, ...]]]:
    """Curve, abscissa, task and who takes part: rows beyond those of the data are theirs as uint8, again and again."""
    for batch_size in BATCH_SIZES:
        yield "batch size", batch_size, fitting(work.Task(data, rows, batch_size)), PEERS
    for width in WIDTHS:
        yield "width", width, fitting(work.Task(data, rows, hidden=(width, width))), PEERS
    for n in ROWS:
        if n <= 20 * rows:
            yield "rows", n, work.Task(data, n, 256, dtype="uint8"), PEERS[:2]


def fitting(task: work.Task) -> work.Task:
    """The task with as many rows as a point may take."""
    most = min(task.rows, STEPS * task.batch_size, int(OPERATIONS * task.rows / task.operations))
    return replace(task, rows=max(most, min(task.batch_size, task.rows)))


def run(data: str, rows: int, rounds: int, left_out: dict[str, str], tick: Tick) -> Any:
    """``{"batch size": {"32": {name: {median, min, max, to floor}}}, "width": …, "rows": …, "threads": …}``."""
    found: dict[str, Any] = {}
    rounds = min(rounds, 3)
    with together(PEERS, left_out) as workers:
        for curve, at, task, names in points(data, rows):
            tick(f"{curve} {at:,}")
            some = 1 if task.rows >= 1_000_000 else rounds
            _measure(found.setdefault(curve, {}), at, workers, names, task, some, left_out)
    for cores in range(1, available_cores() + 1):
        if cores & (cores - 1) and cores != available_cores():
            continue  # 1, 2, 4, … and all
        with together(PEERS, left_out, cores) as workers:
            for batch_size in (32, 256, 1024):
                tick(f"{cores} threads, batch {batch_size}")
                task = work.Task(data, min(rows, 10_000), batch_size)
                curve = f"threads, batch {batch_size}"
                _measure(found.setdefault(curve, {}), cores, workers, PEERS, task, rounds, left_out)
    return found


def _measure(
    curve: dict[str, Any],
    at: float,
    workers: dict[str, Any],
    names: tuple[str, ...],
    task: work.Task,
    rounds: int,
    left_out: dict[str, str],
) -> None:
    present = {name: workers[name] for name in names if name in workers}
    compiled = task.rows > ROWS[0] and names != PEERS  # the points of fewer rows came first
    seconds = epochs(present, task, rounds, left_out, lambda _: None, compiled)
    table = {name: summary(times, 1e6 / task.rows) for name, times in seconds.items()}
    curve[str(at)] = ratios(table, "floor")
