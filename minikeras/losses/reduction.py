"""The weights w of a loss L = Σ w · ℓ(t, y): the mean, sample weights and masks enter only here.

=========================  ==================================================
reduction                  w, for n values and sample weights s (1 if none)
=========================  ==================================================
sum_over_batch_size, mean  s / n: Keras divides by the number of values, not by Σs
sum                        s
mean_with_sample_weight    s / Σs
None, "none"               s, and L stays an array
=========================  ==================================================

A mask (of the outputs, or an ignored class) sets s = 0 where it hides a value; the means then divide by the number of
values left, the last one by Σs over them.

Sample weights are stretched along axes of length 1 to the shape of the values; those of fewer axes, such as (N,) for
values (N, T), weigh whole rows. Σs is the sum before stretching, as in Keras, unless there is a mask.

Differs from Keras: weights (T,) for values (N, T) are refused rather than taken for columns (also where N = T: they
are rows then), and so is whatever would make more values than there are.
"""

from typing import Any

import numpy as np

from ..errors import ShapeError

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def in_rank_of(y_true: Any, y_pred: Any) -> Any:
    """Targets with an axis of length 1 added or taken off at their end if that gives them the shape of the outputs.

    Differs from Keras: a custom metric and a custom ``Loss`` get such targets too, not only a loss function, so that y
    of shape (N,) beside outputs (N, 1) is not stretched to N × N values.

    >>> in_rank_of(np.zeros(3), np.zeros((3, 1))).shape, in_rank_of(np.zeros((3, 1)), np.zeros(3)).shape
    ((3, 1), (3,))
    """
    mine = y_true.shape if isinstance(y_true, np.ndarray) else np.shape(y_true)
    shape = y_pred.shape if isinstance(y_pred, np.ndarray) else np.shape(y_pred)
    return np.reshape(y_true, shape) if (*mine, 1) == shape or mine == (*shape, 1) else y_true


def reduction_weights(
    reduction: str | None,
    shape: tuple[int, ...],
    dtype: Any,
    sample_weight: Any = None,
    mask: np.ndarray | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """w of the table above.

    >>> reduction_weights("sum_over_batch_size", (4,), "float64")
    array([0.25, 0.25, 0.25, 0.25])
    >>> reduction_weights("mean_with_sample_weight", (2,), "float64", [3, 1])
    array([0.75, 0.25])

    Raises:
        ShapeError: if the sample weights do not fit the values.
    """
    w = np.empty(shape, dtype) if out is None else out
    mean = reduction in ("sum_over_batch_size", "mean")
    n = w.size if mask is None else np.count_nonzero(mask)
    each = 1 / n if mean and n else 1
    w.fill(each if mask is None else 0)
    if mask is not None:
        np.copyto(w, each, where=mask.reshape(shape))
    s = None if sample_weight is None else stretchable(np.asarray(sample_weight, dtype), w.shape)
    if s is not None:
        w *= s
    if reduction == "mean_with_sample_weight":
        total = w.sum() if s is None or mask is not None else s.sum()
        w /= w.dtype.type(total or 1)
    return w


def stretchable(s: np.ndarray, shape: tuple[int, ...], name: str = "sample_weight") -> np.ndarray:
    """Sample weights or a mask with as many axes as the values, each as long as theirs or of length 1."""
    if s.shape == shape:
        return s
    stretched = s[..., 0] if s.ndim == len(shape) + 1 and s.shape[-1] == 1 else s
    stretched = stretched.reshape(stretched.shape + (1,) * (len(shape) - stretched.ndim))
    fits = stretched.ndim == len(shape) and all(stretched.shape[i] in (1, shape[i]) for i in range(len(shape)))
    if not fits:
        raise ShapeError(
            f"{name} needs one entry for each of the loss's values, of shape {shape}. Received: {name}.shape={s.shape}"
        )
    return stretched
