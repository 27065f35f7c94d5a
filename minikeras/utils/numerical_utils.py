"""One-hot rows and unit vectors."""

from typing import Any

import numpy as np


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """One-hot rows for integer classes.

    out[…, k] = 1 if x[…] = k else 0

    Args:
        x: integer classes, (…) or (…, 1).
        num_classes: K; by default max(x) + 1.

    Returns:
        (…, K) float64.

    Raises:
        IndexError: if a class is not in [−K, K).

    >>> to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    classes = np.array(x, dtype=np.int64)
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    width = int(num_classes or classes.max() + 1)
    if classes.size and not -width <= classes.min() <= classes.max() < width:
        raise IndexError(
            f"to_categorical with num_classes={width} expects classes from 0 to {width - 1}. "
            f"Received classes from {classes.min()} to {classes.max()}."
        )
    out = np.zeros((*classes.shape, width))
    np.put_along_axis(out, classes[..., None] % width, 1.0, axis=-1)
    return out


def normalize(x: Any, axis: int | None = -1, order: Any = 2) -> np.ndarray:
    """Vectors divided by their norm; a zero vector stays zero.

    out = x / ‖x‖ along the axis

    Args (as in Keras):
        x: (…).
        axis: along which the vectors lie. None takes the norm of the whole array.
        order: of the norm, as in ``numpy.linalg.norm``.

    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    x = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    return x / np.expand_dims(norm, -1 if axis is None else axis)
