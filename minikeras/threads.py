"""How many threads the matrix products use.

BLAS splits each product over the cores and lets the threads wait for each other by spinning. For a 784-300-100-10 net,
batch 32, two threads took 0.65 of one thread's time for the products alone, one after the other; but 1.8 times as long
for whole steps, on a machine where what one core wrote the other one had to fetch, and 4 times as long beside one other
busy process. And the last bits of a product depend on their number. So:

- A ``fit`` that can be a :mod:`~minikeras.replay` uses one BLAS thread: the program has a better way to two cores.
- Any other ``fit`` after ``set_random_seed`` or with BackupAndRestore, ``train_on_batch`` and ``evaluate`` must come
  out the same each time: one thread for products below :data:`SMALL`, all above.
- Any other ``fit`` without a seed is never the same twice, so it may choose: :class:`ThreadChooser` measures.
- ``predict`` and a call of the model leave BLAS alone: all threads.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

#: Floating-point operations of a product below which one thread takes it alone.
SMALL = 200_000_000
#: Operations that are worth a thread of their own.
SHARE = 5_000_000


class ThreadChooser:
    """Runs some steps on one thread, some on several, and keeps to what is faster.

    The number in use is timed in looks of 15 ms and ``least`` steps at least. After ``patience`` looks the other number
    has 4 ms and as many steps to do better; each time that it does not, the patience doubles, up to 256 looks. So where
    several threads are slower, the trials cost a few percent of a second, and less of every further one. A number that
    has become slower than the other one was is left at once, and tried again after the first patience.

    Args:
        use: sets the number of threads.
        several: the other number.
        begin: the number to begin with, 1 or ``several``.
        patience: looks before the first trial.
        least: steps that a look has at least.

    Attributes:
        brief: whether little should be risked now: a number has its chance of which nothing is known yet.
        size: steps in one ``with`` block.

    >>> seconds = {1: 2e-3, 2: 1e-3}
    >>> used, clock = [1], [0.0]
    >>> pace = ThreadChooser(used.append, 2, clock=lambda: clock[0])
    >>> for _ in range(100):
    ...     with pace:
    ...         clock[0] += seconds[used[-1]]
    >>> used[-1]
    2
    """

    LOOK, TRIAL, LONGEST = 0.015, 0.004, 256

    def __init__(
        self,
        use: Callable[[int], Any],
        several: int,
        begin: int = 1,
        patience: int = 1,
        least: int = 2,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._use, self._numbers, self._clock = use, (1, several), clock
        self._seconds = [float("inf"), float("inf")]  # per step, when last timed
        self._now, self._trying, self._patience, self._waited = self._numbers.index(begin), False, patience, 0
        self._first_patience, self._least = patience, least
        self._length, self._spent, self._steps, self.size = self.LOOK, 0.0, 0, 1
        self._first = self.brief = True  # the first block compiles, and does not count
        use(begin)

    def start(self, number: int, one: float) -> None:
        """Begins with a number, left at once if its steps take longer than they took on one thread: ``one``."""
        self._first = False
        self._now, self._seconds[0] = self._numbers.index(number), one
        self._use(number)

    def __enter__(self) -> None:
        self._begun = self._clock()

    def __exit__(self, *_: object) -> None:
        if self._first:
            self._first = False
            return
        self._steps += self.size
        self._spent += self._clock() - self._begun
        if self._spent >= self._length and self._steps >= self._least:
            self._look()

    def _look(self) -> None:
        self._seconds[self._now] = mine = self._spent / self._steps
        other = self._seconds[1 - self._now]
        self._spent, self._steps, self._length = 0.0, 0, self.LOOK
        if self._trying:
            self._trying, self._waited = False, 0
            won = mine < other
            self._patience = self._first_patience if won else min(2 * self._patience, self.LONGEST)
            if not won:
                self._change()
        elif mine > 1.1 * other:
            self._patience, self._waited = self._first_patience, 0
            self._change()
        elif self._waited < self._patience:
            self._waited += 1
        else:
            self._trying, self._length = True, self.TRIAL
            self._change()
        self.brief = self._trying

    def _change(self) -> None:
        self._now = 1 - self._now
        self._use(self._numbers[self._now])


@contextmanager
def blas_threads(operations: int, steady: bool = True) -> Iterator[ThreadChooser | nullcontext[None]]:
    """The right number of BLAS threads inside the ``with`` block.

    Args:
        operations: of the largest product.
        steady: whether it goes by size alone.

    Returns:
        what to run each step in, as a context.

    >>> with blas_threads(2 * 32 * 784 * 300) as pace:
    ...     with pace:
    ...         pass
    """
    libraries = blas()
    before = [library.get_num_threads() for library in libraries]
    several = min(max(before, default=1), operations // SHARE)

    def use(threads: int) -> None:
        for library in libraries:
            library.set_num_threads(threads)

    try:
        if not steady and several > 1:
            yield ThreadChooser(use, several, 1 if operations < SMALL else several)
        else:
            if operations < SMALL:
                use(1)
            yield nullcontext()
    finally:
        for library, threads in zip(libraries, before, strict=True):
            library.set_num_threads(threads)


def most() -> int:
    """How many threads BLAS may use: the cores, unless the user wants fewer (OPENBLAS_NUM_THREADS and the like)."""
    return max((library.get_num_threads() for library in blas()), default=1)


def one() -> AbstractContextManager[ThreadChooser | nullcontext[None]]:
    """One BLAS thread inside the ``with`` block."""
    return blas_threads(0)


@cache
def blas() -> list[Any]:
    """The BLAS libraries in this process; they were loaded with NumPy."""
    from threadpoolctl import ThreadpoolController

    return [found for found in ThreadpoolController().lib_controllers if found.user_api == "blas"]


@cache
def workers() -> int:
    """How many threads :func:`share` uses: the cores of this process, unless the user wants fewer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = [os.environ.get(f"{name}_NUM_THREADS", "") for name in ("OPENBLAS", "OMP", "MKL", "NUMBA")]
    return max(1, min([cores, *(int(number) for number in wanted if number.isdigit())]))


@cache
def _pool() -> Any:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(workers(), "minikeras")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads


def share(work: Callable[[int, int], None], count: int, among: int) -> None:
    """Calls work(number, worker) once for each number below ``count``, on some threads, with one BLAS thread each.

    Which worker takes which number depends on the clock; so the work on a number must not depend on the worker, except
    for memory that each worker has for itself.

    Args:
        among: how many workers; 1 uses no other thread.

    >>> squares = [0] * 4
    >>> share(lambda number, worker: squares.__setitem__(number, number**2), 4, among=2)
    >>> squares
    [0, 1, 4, 9]
    """
    numbers = iter(range(count))

    def run(worker: int) -> None:
        for number in numbers:
            work(number, worker)

    with one():
        others = [_pool().submit(run, worker) for worker in range(1, among)]
        try:
            run(0)
        finally:
            for other in others:
                other.result()


def share_rows(work: Callable[[slice], None], rows: int, least: int) -> None:
    """Calls work(slice) for as many equal slices of the rows as there are workers, each of ``least`` rows or more.

    For work on which no row depends on another: then the result does not depend on the slices.
    """
    among = max(1, min(workers(), rows // max(1, least)))
    ends = [rows * i // among for i in range(among + 1)]
    share(lambda number, _: work(slice(ends[number], ends[number + 1])), among, among)
