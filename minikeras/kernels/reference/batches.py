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


def scatter_add(indices: np.ndarray, dy: np.ndarray, before: np.ndarray, dw: np.ndarray) -> None:
    """dw[i] = Σ over n with indices[n] = i of dy[n]; 0 in all other rows.

    ``before`` are the rows that are not 0 yet, so that the other rows need not be touched. Changes dw.
    """
    dw[before] = 0
    dw[indices] = 0
    np.add.at(dw, indices, dy)
