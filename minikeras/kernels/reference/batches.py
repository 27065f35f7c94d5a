"""Picking a batch out of the data."""

import numpy as np


def gather(data: np.ndarray, indices: np.ndarray, out: np.ndarray) -> None:
    """Rows of a data set, cast to the model's dtype on the way.

    out[n, …] = data[indices[n], …]

    Args:
        data: (M, …), any real dtype.
        indices: (N,) integers in [0, M).
        out: (N, …), written.
    """
    out[...] = data[indices]
