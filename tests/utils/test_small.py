"""The small tools."""

import numpy as np
import pytest

from minikeras import utils


def test_to_categorical():
    assert utils.to_categorical([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert utils.to_categorical([[1], [0]]).tolist() == [[0, 1], [1, 0]]
    assert utils.to_categorical(2, 4).tolist() == [0, 0, 1, 0]
    assert utils.to_categorical([[0, 1]], 2).shape == (1, 2, 2)
    assert utils.to_categorical([-1], 3).tolist() == [[0, 0, 1]]
    assert utils.to_categorical([1]).dtype == np.float64


@pytest.mark.parametrize("classes", [[3], [-4]])
def test_to_categorical_out_of_range(classes):
    with pytest.raises(IndexError, match="from 0 to 2"):
        utils.to_categorical(classes, num_classes=3)


@pytest.mark.keras
@pytest.mark.parametrize("classes", [[0, 2], [[1], [0]], 2, [[0, 1], [2, 0]], [[[1]]]])
def test_to_categorical_as_keras(classes):
    keras = pytest.importorskip("keras")
    ours, theirs = utils.to_categorical(classes), keras.utils.to_categorical(classes)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert (ours == theirs).all()


def test_set_random_seed_seeds_python_and_numpy():
    import random

    before = random.getstate(), np.random.get_state()
    try:
        utils.set_random_seed(9)
        first = random.random(), np.random.random()
        assert first == (random.Random(9).random(), np.random.RandomState(9).random_sample())
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        from minikeras.random import state

        state._seed = None
