"""How many threads the matrix products use.

BLAS splits each product over the cores and lets the threads wait for each other by spinning. For a 784-300-100-10 net,
batch 32, two threads took 0.65 of one thread's time for the products alone, one after the other; but 1.8 times as long
for whole steps, on a machine where what one core wrote the other one had to fetch, and 4 times as long beside one other
busy process. And the last bits of a product depend on their number. So:

- ``train_on_batch``, ``evaluate`` and a ``fit`` after ``set_random_seed`` must come out the same each time: one thread
  for products below :data:`SMALL`, all above.
- ``predict`` and a call of the model leave BLAS alone: all threads.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from typing import Any

#: Floating-point operations of a product below which one thread takes it alone.
SMALL = 200_000_000


@contextmanager
def blas_threads(operations: int) -> Iterator[None]:
    """The number of BLAS threads inside the ``with`` block: one for small products, else all.

    Args:
        operations: of the largest product.

    >>> with blas_threads(2 * 32 * 784 * 300):
    ...     pass
    """
    before = [library.get_num_threads() for library in blas()]
    try:
        if operations < SMALL:
            use(1)
        yield
    finally:
        for library, threads in zip(blas(), before, strict=True):
            library.set_num_threads(threads)


def use(threads: int) -> None:
    """So many BLAS threads from now on."""
    for library in blas():
        library.set_num_threads(threads)


def most() -> int:
    """How many threads BLAS may use: the cores, unless the user wants fewer (OPENBLAS_NUM_THREADS and the like)."""
    return max((library.get_num_threads() for library in blas()), default=1)


def one() -> AbstractContextManager[None]:
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


class Helper:
    """A thread that does what it is given.

    Two locks are the signals: handing work over and waiting for it took 25 to 40 µs, by a future 80 to 110.
    """

    def __init__(self) -> None:
        self._given, self._done = threading.Lock(), threading.Lock()
        self._given.acquire()
        self._done.acquire()
        threading.Thread(target=self._live, name="minikeras", daemon=True).start()

    def give(self, work: Callable[[], None]) -> None:
        """Lets it run a function, which raises nothing."""
        self._work = work
        self._given.release()

    def wait(self) -> None:
        """Until it has run the function."""
        self._done.acquire()

    def _live(self) -> None:
        while True:
            self._given.acquire()
            self._work()
            del self._work
            self._done.release()


class Helpers:
    """The helpers of this process; one thread at a time may use them, the one that has acquired ``free``."""

    def __init__(self) -> None:
        self.free = threading.Lock()
        self._all: list[Helper] = []

    def first(self, count: int) -> list[Helper]:
        """So many of them."""
        while len(self._all) < count:
            self._all.append(Helper())
        return self._all[:count]


@cache
def _helpers() -> Helpers:
    return Helpers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)  # a child has none of its parent's threads


def share(work: Callable[[int, int], None], count: int, among: int) -> None:
    """Calls work(number, worker) once for each number below ``count``, on some threads, with one BLAS thread each.

    Which worker takes which number depends on the clock; so the work on a number must not depend on the worker, except
    for memory that each worker has for itself. While another thread uses the helpers, the calling thread does all.

    Args:
        among: how many workers; 1 uses no other thread.

    >>> squares = [0] * 4
    >>> share(lambda number, worker: squares.__setitem__(number, number**2), 4, among=2)
    >>> squares
    [0, 1, 4, 9]
    """
    numbers, failed = iter(range(count)), []

    def run(worker: int) -> None:
        try:
            for number in numbers:
                work(number, worker)
        except BaseException as error:
            failed.append(error)

    helpers = _helpers()
    with one():
        if among > 1 and helpers.free.acquire(blocking=False):
            try:
                asked = helpers.first(among - 1)
                for worker, helper in enumerate(asked, 1):
                    helper.give(partial(run, worker))
                run(0)
                for helper in asked:
                    helper.wait()
            except BaseException:
                _helpers.cache_clear()  # Ctrl-C between two lines: they may be at work; the next call gets others
                raise
            finally:
                helpers.free.release()
        else:
            run(0)
    if failed:
        raise failed[0]


def share_rows(work: Callable[[slice], None], rows: int, least: int) -> None:
    """Calls work(slice) for as many equal slices of the rows as there are workers, each of ``least`` rows or more.

    For work on which no row depends on another: then the result does not depend on the slices.
    """
    among = min(workers(), rows // max(1, least))
    if among <= 1:
        work(slice(0, rows))
        return
    ends = [rows * i // among for i in range(among + 1)]
    share(lambda number, _: work(slice(ends[number], ends[number + 1])), among, among)
