"""How many threads BLAS may use: by the size of the products."""

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
