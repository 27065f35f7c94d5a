"""Programs that must start in a fresh process: ``python -m benchmarks.fresh NAME '{"argument": …}'`` prints JSON.

Nothing is imported here before its time is taken.
"""

import json
import subprocess
import sys
import time
from typing import Any


def ask(name: str, environment: dict[str, str] | None = None, **arguments: Any) -> Any:
    """Runs a program of this file in a fresh process and returns what it found; ``began`` says when it was started.

    Raises:
        RuntimeError: with the last line of its complaint.
    """
    import os

    from .worker import QUIET

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fresh", name, json.dumps({"began": time.time(), **arguments})],
        env={**os.environ, **QUIET, **(environment or {})},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
    return json.loads(done.stdout.splitlines()[-1])


def importing(module: str, began: float) -> float:
    """Seconds of an import."""
    start = time.perf_counter()
    __import__(module)
    return time.perf_counter() - start


def first_epoch(library: str, data: str, rows: int, began: float) -> dict[str, float]:
    """Seconds from the start of the process to the end of its first epoch, without reading data; then of the next."""
    before = time.time() - began
    from .competitors import Fit
    from .work import Task

    start = time.time()
    task = Task(data, rows)
    task.load()
    reading = time.time() - start
    fit = Fit(library, task)
    fit.epoch()
    total = time.time() - began - 2 * reading
    start = time.time()
    fit.epoch()
    return {"interpreter": before, "first": total, "second": time.time() - start}


def memory(library: str, rows: int, epochs: int, warm: bool, began: float) -> dict[str, float]:
    """MB that ``fit`` takes at its peak above what the process held, with the caller's float64 arrays, before it.

    Args:
        warm: whether a few rows are trained before, so that loading the compiler is not counted.
    """
    import importlib

    import numpy as np

    from parity import specs

    rng, held_out = np.random.default_rng(0), max(rows // 11, 1)
    x, vx = np.empty((rows, 28, 28)), np.empty((held_out, 28, 28))
    for array in (x, vx):
        rng.random(out=array)
    y, vy = rng.integers(0, 10, rows), rng.integers(0, 10, held_out)
    model = specs.build(importlib.import_module(library), specs.article())
    if warm:
        model.fit(x[:33], y[:33], validation_data=(vx[:33], vy[:33]), verbose=0)
    before = _status("VmRSS")
    _forget_peak()
    model.fit(x, y, epochs=epochs, validation_data=(vx, vy), verbose=0)
    return {"arrays": (x.nbytes + vx.nbytes) / 1e6, "above": _status("VmHWM") - before}


def _status(key: str) -> float:
    """A size of this process in MB. (``ru_maxrss`` would not do: it starts with the peak of the parent.)"""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024 / 1e6


def _forget_peak() -> None:
    """Starts VmHWM again from the present size."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))))
