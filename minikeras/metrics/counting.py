"""Counts of true and false positives and negatives at thresholds.

An entry is called positive where its prediction p is above the threshold. For T evenly spaced thresholds i/(T − 1) that
is one bucket an entry: it is positive at every i up to ⌈p (T − 1)⌉ − 1, as Keras counts it.
"""

from typing import Any

import numpy as np

from .. import config
from ..errors import ShapeError
from .base import same_rank
from .variable import MetricVariable

#: Below every prediction: the threshold of metrics with ``top_k``, and the score of what is not among the k largest.
LOWEST = -1e10


def parse_thresholds(thresholds: Any, default: float = 0.5) -> list[float]:
    """One threshold or several as a list.

    Raises:
        ValueError: for one outside [0, 1].
    """
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    invalid = [t for t in values if t is None or t < 0 or t > 1]
    if invalid:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {invalid}")
    return values


def evenly_spaced(thresholds: Any) -> bool:
    """True if the thresholds are i/(T − 1) for i = 0 … T − 1, with T ≥ 3."""
    even = np.linspace(0, 1, len(thresholds), dtype=np.float32)
    return len(thresholds) >= 3 and np.allclose(thresholds, even, atol=config.epsilon())


def count(
    variables: dict[str, MetricVariable],
    y_true: Any,
    y_pred: Any,
    thresholds: Any,
    sample_weight: Any = None,
    top_k: int | None = None,
    class_id: int | None = None,
    multi_label: bool = False,
    label_weights: Any = None,
) -> None:
    """Adds a batch's weighted counts to the variables "tp", "fp", "tn", "fn", of shape (T,) or (T, labels).

    Args:
        y_true, y_pred: of one shape (N, …); targets other than 0 count as 1.
        sample_weight: of shape (N,) or as y_true.
        top_k: only the k largest of the last axis can be positive.
        class_id: counts this entry of the last axis only.
        multi_label: keeps the last axis apart.
        label_weights: one weight for each entry of the last axis.

    Raises:
        ShapeError: for shapes that do not belong together.
        ValueError: for ``class_id`` without an axis of classes.
    """
    dtype = next(iter(variables.values())).value.dtype
    p, t = same_rank(np.asarray(y_pred, dtype), np.asarray(y_true, dtype))
    if p.shape != t.shape:
        raise ShapeError(f"Shapes {t.shape} and {p.shape} of y_true and y_pred are incompatible.")
    if top_k is not None:
        p = _only_top(p, top_k)
    if class_id is not None:
        if p.ndim == 1:
            raise ValueError(
                "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found "
                f"shape: {p.shape}"
            )
        t, p = t[..., class_id, None], p[..., class_id, None]
    w = _weights(sample_weight, p.shape, dtype)
    if label_weights is not None:
        w = w * np.asarray(label_weights, dtype)
    labels = p.shape[-1] if multi_label else 1
    t, p, w = (a.reshape(-1, labels) for a in (t != 0, p, w))
    thresholds = np.asarray(thresholds)
    inner = np.clip(thresholds, 0, 1)  # those of AUC reach ε beyond 0 and 1
    if evenly_spaced(inner):
        found = _by_buckets(t, p, w, len(thresholds), lowest=0 if thresholds[0] < 0 else -1)
    else:
        above = p > thresholds.astype(dtype)[:, None, None]
        found = {kind: np.where(above & mine, w, 0).sum(axis=1) for kind, mine in (("tp", t), ("fp", ~t))}
    found["fn"] = np.where(t, w, 0).sum(axis=0) - found["tp"]
    found["tn"] = np.where(t, 0, w).sum(axis=0) - found["fp"]
    for kind, variable in variables.items():
        variable.assign_add(found[kind].reshape(variable.shape))


def _by_buckets(t: np.ndarray, p: np.ndarray, w: np.ndarray, thresholds: int, lowest: int) -> dict[str, np.ndarray]:
    buckets = np.ceil(np.clip(p, 0, 1) * p.dtype.type(thresholds - 1)) - 1
    buckets = np.maximum(buckets, lowest).astype(np.intp)
    found = {}
    for kind, mine in (("tp", t), ("fp", ~t)):
        sums = np.zeros((thresholds + 1, t.shape[1]), p.dtype)  # the last row takes what is in bucket −1
        np.add.at(sums, (buckets, np.arange(t.shape[1])), np.where(mine, w, 0))
        found[kind] = np.cumsum(sums[-2::-1], axis=0)[::-1]
    return found


def _only_top(p: np.ndarray, k: int) -> np.ndarray:
    """The k largest of each row, the first of equals; the others are ``LOWEST``."""
    top = np.argsort(-p, axis=-1, kind="stable")[..., :k]
    kept = np.zeros(p.shape, bool)
    np.put_along_axis(kept, top, True, axis=-1)
    return np.where(kept, p, p.dtype.type(LOWEST))


def _weights(sample_weight: Any, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    if sample_weight is None:
        return np.ones(shape, dtype)
    w = np.asarray(sample_weight, dtype)
    if w.ndim == len(shape) + 1 and w.shape[-1] == 1:
        w = w[..., 0]
    try:
        return np.broadcast_to(w.reshape(w.shape + (1,) * (len(shape) - w.ndim)), shape)
    except ValueError:
        raise ShapeError(
            f"sample_weight needs the shape of the predictions or one weight a row. "
            f"Received: y_pred.shape={shape}, sample_weight.shape={np.shape(sample_weight)}"
        ) from None


def ratio(a: Any, b: Any) -> np.ndarray:
    """a / b, and 0 where b is 0."""
    a, b = np.asarray(a), np.asarray(b)
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape), b.dtype), where=b != 0)
