"""What metrics count.

========  ======  ================================
scores    (N, K)  outputs, one a class
labels    (N,)    classes, integers of any dtype
matches   (N,)    1 where right, else 0
========  ======  ================================
"""

import numpy as np


def sparse_matches(labels: np.ndarray, scores: np.ndarray, matches: np.ndarray) -> None:
    """Whether the largest score is at the label. Writes matches.

    matches[n] = 1[label[n] = argmaxₖ scores[n,k]]

    The first of equal maxima counts, NaN is never the largest, and −0 < 0, as in Keras on TensorFlow.

    >>> matches = np.empty(3)
    >>> sparse_matches(np.array([0, 0, 1]), np.array([[2.0, 2.0], [np.nan, 1.0], [-0.0, 0.0]]), matches)
    >>> matches
    array([1., 0., 1.])
    """
    s = scores.real
    s = np.where((s == 0) & np.signbit(s), np.nextafter(s.dtype.type(0), s.dtype.type(-1)), s)
    matches[...] = np.where(np.isnan(s), -np.inf, s).argmax(axis=-1) == labels
