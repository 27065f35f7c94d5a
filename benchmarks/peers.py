"""An epoch of the article's model in every library, interleaved: each round asks all of them, one after the other."""

import importlib
import math
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from . import work
from .worker import Worker, WorkerError

Tick = Callable[[str], Any]
ROWS_AT_ONE = 5_000
"""A batch of one row makes 55,000 steps of an epoch. So many are measured, and scaled."""


@contextmanager
def together(
    names: Iterable[str], left_out: dict[str, str], cores: int | None = None, of: str = "competitors"
) -> Iterator[dict[str, Worker]]:
    """Workers of all who are installed. Whoever is not, or fails later, gets a reason in ``left_out``."""
    ALL = importlib.import_module(f"benchmarks.{of}").ALL
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for name in names:
            lacking = ALL[name].lacking
            if lacking:
                left_out[name] = lacking
            else:
                workers[name] = stack.enter_context(Worker(name, cores, of))
        yield workers


def each(workers: dict[str, Worker], left_out: dict[str, str], do: Callable[[str, Worker], Any]) -> None:
    """Does something with every worker; one that fails is named and takes part no more."""
    for name, worker in list(workers.items()):
        try:
            do(name, worker)
        except WorkerError as error:
            left_out[name] = str(error)
            del workers[name]


def summary(seconds: list[float], scale: float = 1.0) -> dict[str, Any]:
    """Median, min and max, and all of them.

    >>> summary([3.0, 1.0, 2.0])
    {'median': 2.0, 'min': 1.0, 'max': 3.0, 'all': [3.0, 1.0, 2.0]}
    """
    s = [value * scale for value in seconds]
    return {"median": statistics.median(s), "min": min(s), "max": max(s), "all": s}


def epochs(
    workers: dict[str, Worker],
    task: Any,
    rounds: int,
    left_out: dict[str, str],
    tick: Tick,
    compiled: bool = False,
) -> dict[str, list[float]]:
    """Seconds of every worker's epoch in every round."""
    seconds: dict[str, list[float]] = {}

    def build(name: str, worker: Worker) -> None:
        tick(f"batch {task.batch_size}, {name}: compiling")
        worker.build(task, compiled)
        seconds[name] = []

    def measure(name: str, worker: Worker) -> None:
        tick(f"batch {task.batch_size}, {name}")
        seconds[name].append(worker.epoch())

    each(workers, left_out, build)
    for _ in range(rounds):
        each(workers, left_out, measure)
    return {name: seconds[name] for name in workers}


def check(losses: dict[str, float | None], first: float, noise: float = 0.0) -> dict[str, str]:
    """Who did not learn as the others did, and so has no time to show; dropout makes ``noise``.

    >>> check({"a": 0.5, "b": 0.6, "c": 2.3, "floor": None}, 2.4)
    {'c': 'its loss after the epoch is 2.3000, the others have about 0.6000 (before it: 2.4000)'}
    """
    known = {name: value for name, value in losses.items() if value is not None}
    typical = statistics.median([value for value in known.values() if math.isfinite(value)] or [math.nan])
    return {
        name: f"its loss after the epoch is {value:.4f}, the others have about {typical:.4f} (before it: {first:.4f})"
        for name, value in known.items()
        if not work.in_range(value, first, typical, noise)
    }


def run(
    data: str, rows: int, rounds: int, batch_sizes: list[int], left_out: dict[str, str], tick: Tick, optimizer: str
) -> Any:
    """A table for every batch size: ``{batch size: {name: {median, min, max, all, loss, to floor, to minikeras}}}``."""
    from .competitors import ALL

    found = {}
    with together(ALL, left_out) as workers:
        for batch_size in batch_sizes:
            measured = min(rows, ROWS_AT_ONE) if batch_size == 1 else rows
            task = work.Task(data, measured, batch_size, optimizer=optimizer)
            seconds = epochs(workers, task, rounds, left_out, tick)
            losses: dict[str, float | None] = {}

            def judge(name: str, worker: Worker, losses: dict[str, float | None] = losses) -> None:
                losses[name] = worker.loss()

            each(workers, left_out, judge)
            refused = check(losses, work.loss(task.weights, *task.some_rows()))
            left_out |= {f"{name}, batch {batch_size}": why for name, why in refused.items()}
            table = {
                name: summary(times, rows / measured) | {"loss": losses[name]}
                for name, times in seconds.items()
                if name in losses and name not in refused
            }
            found[str(batch_size)] = {
                "measured_rows": measured,
                "rows": rows,
                "table": ratios(table, "floor", "minikeras"),
            }
    return found


def run_nets(names: Iterable[str], rounds: int, quick: bool, left_out: dict[str, str], tick: Tick) -> Any:
    """Seconds of a training step of each net: ``{net: {name: {median, min, max, all, loss, to floor, to minikeras}}}``.

    Args:
        names: in :data:`benchmarks.nets.ALL`.
        quick: True for the small sizes.
    """
    from . import net_competitors, nets

    found = {}
    with together(net_competitors.ALL, left_out, of="net_competitors") as workers:
        for net in names:
            task = nets.Task.of(net, quick)
            failed: dict[str, str] = {}
            taking_part = {name: workers[name] for name in net_competitors.taking_part(task) if name in workers}
            seconds = epochs(taking_part, task, rounds, failed, lambda doing, net=net: tick(f"{net}, {doing}"))  # type: ignore[misc]
            losses: dict[str, float | None] = {}
            each(taking_part, failed, lambda name, worker, losses=losses: losses.update({name: worker.loss()}))  # type: ignore[misc]
            first = task.first_loss()
            failed |= check(losses, first, noise=0.02 * first)
            left_out |= {f"{name}, {net}": why for name, why in failed.items()}
            table = {
                name: summary(times) | {"loss": losses[name]} for name, times in seconds.items() if name not in failed
            }
            found[net] = ratios(table, "floor", "minikeras")
    return found


def ratios(table: dict[str, Any], *to: str) -> dict[str, Any]:
    """Adds to every row its median over those of some others, None where they are missing.

    >>> ratios({"a": {"median": 3.0}, "b": {"median": 1.5}}, "b")["a"]["to b"]
    2.0
    """
    for row in table.values():
        for name in to:
            row[f"to {name}"] = row["median"] / table[name]["median"] if name in table else None
    return table
