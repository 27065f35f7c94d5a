"""Small products run on one BLAS thread, large ones on all."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from minikeras import Sequential, callbacks, layers, threads


def blas_threads():
    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=0)


@pytest.mark.parametrize(("operations", "expected"), [(threads.SMALL - 1, 1), (threads.SMALL, 2)])
def test_the_limit(operations, expected):
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != 2:
            pytest.skip("this BLAS does not say how many threads it uses")
        with threads.suited_to(operations):
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
