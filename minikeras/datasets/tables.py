"""Rows of numbers with one target each, kept in one ``.npz`` as ``x`` and ``y``."""

import numpy as np

from . import sources
from .sources import Arrays


def check_split(test_split: float) -> None:
    """Checks the share of the rows for testing.

    Raises:
        ValueError: if it isn't in [0, 1).
    """
    if not 0 <= test_split < 1:
        raise ValueError(f"Invalid `test_split` argument: {test_split}. It must be between 0 and 1 (exclusive of 1).")


def fetch(title: str, name: str, sha256: str) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the verified file."""
    with np.load(sources.fetch(title, [name], sources.KERAS_BUCKET + name, sha256), allow_pickle=False) as file:
        return file["x"], file["y"]


def shuffle_and_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> Arrays:
    """The rows in Keras's order of that seed, the last ones for testing.

    >>> (x_train, _), (x_test, _) = shuffle_and_split(np.arange(5), np.arange(5), 0.2, 0)
    >>> x_train, x_test
    (array([2, 0, 1, 3]), array([4]))
    """
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y, n = x[order], y[order], int(len(x) * (1 - test_split))
    return (x[:n], y[:n]), (x[n:], y[n:])
