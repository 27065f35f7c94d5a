"""Shuffling by swaps."""

import numpy as np


def fisher_yates(partners: np.ndarray, p: np.ndarray) -> None:
    """Swaps p[i] and p[partners[i]] for i = 0, 1, 2, ….

    With partners[i] uniform in i … N−1 every order is equally likely.

    Source: Durstenfeld, algorithm 235, Communications of the ACM 7 (1964).

    Args:
        partners: (N,) integers.
        p: (N,) integers, changed.

    >>> p = np.arange(4)
    >>> fisher_yates(np.array([2, 1, 3, 3]), p)
    >>> p
    array([2, 1, 3, 0])
    """
    order = p.tolist()
    for i, j in enumerate(partners.tolist()):
        other = order[j]
        order[j] = order[i]
        order[i] = other
    p[...] = order
