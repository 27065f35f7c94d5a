"""How many threads the matrix products may use.

BLAS splits each product over all cores and lets the threads wait for each other by spinning. On two cores, for epochs
of a 784-300-100-10 net, batch 32, two threads took 0.78 of the time of one on a quiet machine, but 4 times as long
beside one other busy process and 6 times beside two. So products below :data:`SMALL` run on one thread, which gives
up that quarter on a quiet machine, and keeps their results the same on any number of cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager

#: Floating-point operations of a product below which one thread takes it alone.
SMALL = 200_000_000


@contextmanager
def suited_to(operations: int) -> Iterator[None]:
    """One BLAS thread inside the ``with`` block if its largest product takes fewer operations than ``SMALL``.

    >>> with suited_to(2 * 32 * 784 * 300):
    ...     pass
    """
    if operations >= SMALL:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
