"""Losses whose targets are integer classes."""

from typing import Any

import numpy as np

from ..errors import DataError
from .base import Loss


class LabelLoss(Loss):
    """Base class of losses for labels t in [0, K): targets (N, …) or (N, …, 1) for outputs (N, …, K)."""

    targets = "labels"
    ignore_class: int | None = None

    def align(self, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
        y_pred, y_true = self._cast(y_pred), np.asarray(y_true)
        self.check(y_true, y_pred.shape)
        labels = y_true.reshape(y_pred.shape[:-1])
        return labels if labels.dtype.kind in "iu" else labels.astype(np.int64), y_pred

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        """Looks at all labels before they are used.

        Raises:
            DataError: if they look one-hot, are no integers, or lie outside [0, K).
        """
        *rows, k = y_pred_shape
        if y_true.shape not in (tuple(rows), (*rows, 1)):
            if y_true.shape == tuple(y_pred_shape):
                raise DataError(
                    f"{self.name} needs integer labels of shape {tuple(rows)}, and y looks one-hot: "
                    f"y.shape={y_true.shape}. Use loss='categorical_crossentropy', or y.argmax(axis=-1)."
                )
            raise DataError(
                f"{self.name} needs labels of shape {tuple(rows)} for outputs of shape {tuple(y_pred_shape)}. "
                f"Received: y.shape={y_true.shape}"
            )
        if y_true.dtype.kind not in "iub":
            with np.errstate(invalid="ignore"):
                wrong = y_true != np.floor(y_true) if y_true.dtype.kind == "f" else np.ones(y_true.shape, bool)
            if wrong.any() or not np.isfinite(y_true).all():
                bad = np.argwhere(wrong | ~np.isfinite(y_true))[0]
                raise DataError(
                    f"Labels must be integers. Received {y_true[tuple(bad)]} at index {tuple(map(int, bad))}."
                )
        if y_true.size and k is not None and (y_true.min() < 0 or y_true.max() >= k):
            outside = (y_true < 0) | (y_true >= k)
            if self.ignore_class is not None:
                outside &= y_true != self.ignore_class
            if outside.any():
                index = tuple(map(int, np.argwhere(outside)[0]))
                raise DataError(
                    f"Labels must lie in [0, {k}), one for each of the {k} outputs. Received label "
                    f"{y_true[index]} at index {index if len(index) > 1 else index[0]}."
                )
