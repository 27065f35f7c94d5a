"""How many threads BLAS may use, by the size of the products; and work that is shared between threads."""

import threading
import time

import numpy as np
import pytest

from minikeras import Sequential, callbacks, layers, threads


def blas_threads():
    return max((library.get_num_threads() for library in threads.blas()), default=0)


@pytest.fixture
def two_threads():
    libraries = threads.blas()
    before = [library.get_num_threads() for library in libraries]
    for library in libraries:
        library.set_num_threads(2)
    if blas_threads() != 2:
        pytest.skip("this BLAS does not say how many threads it uses")
    yield
    for library, count in zip(libraries, before, strict=True):
        library.set_num_threads(count)


@pytest.mark.parametrize(("operations", "expected"), [(threads.SMALL - 1, 1), (threads.SMALL, 2)])
def test_the_limit(two_threads, operations, expected):
    with threads.blas_threads(operations):
        assert blas_threads() == expected
    assert blas_threads() == 2


def test_fit_of_a_small_net_uses_one():
    seen = []
    model = Sequential([layers.Dense(2, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    look = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(blas_threads()))
    before = blas_threads()
    model.fit(np.ones((4, 3)), np.zeros(4, int), verbose=0, callbacks=[look])
    assert seen == [min(1, before)]
    assert blas_threads() == before


def in_both(do):
    """Shares two numbers between two threads, one each, and calls do(worker) in both; True where it returned."""
    meet, done = threading.Barrier(2, timeout=10), [False, False]

    def work(number, worker):
        meet.wait()
        do(worker)
        done[worker] = True

    try:
        threads.share(work, 2, among=2)
    except BaseException as error:
        return done, error
    return done, None


def slow(worker):
    """The other thread is the later one."""
    if worker == 1:
        time.sleep(0.05)


def test_all_is_done_when_share_returns():
    for _ in range(2):  # the second time with the same helper
        assert in_both(slow) == ([True, True], None)


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("failing", [0, 1])
def test_an_exception_in_a_part_reaches_the_caller_after_all_parts(kind, failing):
    error = kind()

    def fail(worker):
        slow(worker)
        if worker == failing:
            raise error

    assert in_both(fail) == ([failing == 1, failing == 0], error)
    assert in_both(slow) == ([True, True], None)


def test_an_exception_reaches_the_caller_where_one_thread_does_all():
    with pytest.raises(ZeroDivisionError):
        threads.share(lambda number, _: 1 // number, 2, among=1)


def test_share_works_after_ctrl_c_while_it_waited(monkeypatch):
    def interrupted(self):
        time.sleep(0.1)  # the helper has ended, and the caller has not taken note of it
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threads.Helper, "wait", interrupted)
        _, error = in_both(slow)
    assert isinstance(error, KeyboardInterrupt)
    assert in_both(slow) == ([True, True], None)


def test_rows_are_shared_out_whole(monkeypatch):
    monkeypatch.setattr(threads, "workers", lambda: 3)
    for rows in (0, 1, 9, 10, 11):
        counts = np.zeros(rows, int)

        def count(part, counts=counts):
            counts[part] += 1

        threads.share_rows(count, rows, least=2)
        np.testing.assert_array_equal(counts, 1)
