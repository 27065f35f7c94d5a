"""How long ``predict(x)`` and ``model(x)`` take for one row and for many: minikeras and each Keras backend."""

from typing import Any

from . import work
from .peers import Tick, each, ratios, summary, together
from .worker import Worker

ROWS = (1, 10_000)


def run(data: str, rows: int, rounds: int, left_out: dict[str, str], tick: Tick) -> Any:
    """``{"predict, 1 row": {name: {median, min, max, to minikeras}}, …}``; each round gives its median call."""
    from .competitors import ENGINES, KERAS

    counts = sorted({min(rows, n) for n in ROWS})
    found: dict[str, dict[str, list[float]]] = {
        f"{method}, {n:,} row{'s' * (n > 1)}": {} for n in counts for method in ("predict", "call")
    }
    with together(ENGINES | KERAS, left_out) as workers:

        def build(name: str, worker: Worker) -> None:
            tick(f"{name}: starting")
            worker.build(work.Task(data, max(counts)))

        def measure(name: str, worker: Worker) -> None:
            tick(name)
            for key, (n, method) in zip(found, [(n, m) for n in counts for m in ("predict", "call")], strict=True):
                times = summary(worker.seconds(method, n))
                found[key].setdefault(name, []).append(times["median"])

        each(workers, left_out, build)
        for _ in range(rounds):
            each(workers, left_out, measure)
    return {key: ratios({name: summary(s) for name, s in table.items()}, "minikeras") for key, table in found.items()}
