"""A competitor in a process of its own, which stays warm and works only when asked.

Keras reads its backend when it is imported, and no library shall meet the threads of another. Nothing here imports
NumPy before the number of cores is set: BLAS counts them when it is loaded.
"""

import importlib
import os
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Self

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
PAUSE = 0.1  # seconds in which the threads of the worker before go to sleep
_here: dict[str, Any] = {}


class WorkerError(RuntimeError):
    """A competitor failed; the message says how."""


class Worker:
    """The process of one competitor.

    Args:
        name: in ``ALL`` of the module ``of``, such as :data:`benchmarks.competitors.ALL`.
        cores: how many it may use, and so how many threads each library takes; None is all.
        of: the name of a module of this package.

    Raises:
        WorkerError: from every method, whatever goes wrong there.
    """

    def __init__(self, name: str, cores: int | None = None, of: str = "competitors") -> None:
        self.name = name
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _begin, (name, cores, of))

    def _ask(self, function: Any, *arguments: Any) -> Any:
        try:
            return self._pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise WorkerError(f"{self.name}: its process ended") from error
        except Exception as error:
            raise WorkerError(f"{self.name}: {type(error).__name__}: {error}") from error

    def build(self, task: Any, compiled: bool = False) -> None:
        """Makes data and model, and trains one epoch unless all is compiled."""
        self._ask(_build, task, compiled)

    def epoch(self) -> float:
        """Seconds of one epoch from the first weights."""
        time.sleep(PAUSE)
        return self._ask(_epoch)

    def loss(self) -> float | None:
        """The loss after the last epoch; None of who has no weights."""
        return self._ask(_loss)

    def seconds(self, method: str, rows: int, enough: float = 0.3) -> list[float]:
        """Of calls of ``predict`` or ``call``, at least three, until there are enough seconds."""
        time.sleep(PAUSE)
        return self._ask(_seconds, method, rows, enough)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()


def limit_cores(cores: int | None) -> None:
    """Keeps this process, and all libraries that it will load, to the first so many of its cores.

    Raises:
        RuntimeError: where the system cannot do that.
    """
    if cores is None:
        return
    if not hasattr(os, "sched_setaffinity"):
        raise RuntimeError("A number of cores can be set on Linux only.")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# What runs in the process of the worker.


def _begin(name: str, cores: int | None, of: str) -> None:
    limit_cores(cores)
    os.environ.update(QUIET)
    if not os.environ.get("BENCHMARKS_DEBUG"):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # TensorFlow says hello there; errors come back as exceptions
    competitor = importlib.import_module(f"benchmarks.{of}").ALL[name]
    os.environ.update(competitor.environment)
    _here["competitor"] = competitor


def _build(task: Any, compiled: bool) -> None:
    _here.pop("made", None)
    _here["task"] = task
    _here["made"] = _here["competitor"].make(task)
    if not compiled:
        _epoch()


def _epoch() -> float:
    made = _here["made"]
    made.set_weights(_here["task"].weights)
    start = time.perf_counter()
    made.epoch()
    return (time.perf_counter() - start) * made.scale


def _loss() -> float | None:
    from . import work

    made = _here["made"]
    if hasattr(made, "loss"):
        return made.loss()
    return work.loss(made.get_weights(), *_here["task"].some_rows()) if hasattr(made, "get_weights") else None


def _seconds(method: str, rows: int, enough: float) -> list[float]:
    call = getattr(_here["made"], method)
    call(rows)
    found: list[float] = []
    while len(found) < 3 or sum(found) < enough:
        start = time.perf_counter()
        call(rows)
        found.append(time.perf_counter() - start)
    return found
