"""How many threads are faster, found by measuring while the work goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from .. import threads

#: Floating-point operations that are worth a thread of their own.
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
def measured_threads(operations: int) -> Iterator[ThreadChooser | nullcontext[None]]:
    """The number of BLAS threads inside the ``with`` block, chosen by time where a second thread can be worth it.

    Args:
        operations: of the largest product.

    Returns:
        what to run each step in, as a context.

    >>> with measured_threads(2 * 32 * 784 * 300) as pace:
    ...     with pace:
    ...         pass
    """
    several = min(threads.most(), operations // SHARE)
    with threads.blas_threads(operations):
        if several > 1:
            yield ThreadChooser(threads.use, several, 1 if operations < threads.SMALL else several)
        else:
            yield nullcontext()
