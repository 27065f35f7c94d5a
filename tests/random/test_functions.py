"""Draws under Keras's names: Keras's numbers where they are promised, and the right distribution elsewhere."""

import numpy as np
import pytest

from minikeras import GradientTape, ops, random


@pytest.mark.keras
def test_integers_orders_and_dropout_are_those_of_keras():
    keras = pytest.importorskip("keras")
    x = np.arange(12.0, dtype="float32").reshape(6, 2)
    for seed in (0, 7, 123456):
        for kind in ("int32", "int64", "uint8"):
            theirs = keras.ops.convert_to_numpy(
                keras.random.randint((5, 3), -3 if kind[0] == "i" else 0, 200, kind, seed)
            )
            mine = random.randint((5, 3), -3 if kind[0] == "i" else 0, 200, kind, seed)
            np.testing.assert_array_equal(mine, theirs)
            assert mine.dtype == theirs.dtype
        for axis in (0, 1):
            np.testing.assert_array_equal(random.shuffle(x, axis, seed), keras.random.shuffle(x, axis, seed))
        for shape in (None, (6, 1)):
            theirs = keras.ops.convert_to_numpy(keras.random.dropout(x, 0.4, shape, seed))
            np.testing.assert_allclose(random.dropout(x, 0.4, shape, seed), theirs, rtol=1e-6)


def test_distributions_have_their_means_and_the_same_seed_the_same_numbers():
    n = (40000,)
    assert random.gamma(n, 2.5, seed=1).mean() == pytest.approx(2.5, abs=0.05)
    assert random.beta(n, 2.0, 3.0, seed=1).mean() == pytest.approx(0.4, abs=0.01)
    assert random.binomial(n, 10, 0.3, seed=1).mean() == pytest.approx(3, abs=0.05)
    classes = random.categorical(np.log([[0.2, 0.5, 0.3]]), 40000, seed=1)
    np.testing.assert_allclose(np.bincount(classes[0]) / 40000, [0.2, 0.5, 0.3], atol=0.01)
    np.testing.assert_array_equal(random.gamma((3,), 1.0, seed=5), random.gamma((3,), 1.0, seed=5))


def test_dropout_is_recorded():
    x = ops.convert_to_tensor(np.ones((50, 2)))
    with GradientTape() as tape:
        tape.watch(x)
        y = random.dropout(x, 0.5, seed=1)
    np.testing.assert_array_equal(tape.gradient(y, x), y)
