"""A loss of sequences without alignment: connectionist temporal classification."""

from typing import Any

import numpy as np

from ..errors import DataError
from ..ops.nn.ctc import Paths
from .base import Loss


class CTC(Loss):
    """CTC loss of labels (N, S), padded by 0 at their end, and logits z (N, T, C) (Graves et al., 2006).

    Class 0 is the blank. The equations stand in :mod:`minikeras.ops.nn.ctc`.

    Differs from Keras: labels outside [0, C) and a 0 before a label are errors.

    >>> z = np.log([[[0.25, 0.75], [0.5, 0.5]]])
    >>> np.exp(-CTC()([[1]], z)).round(6).item()       # "1 1", "0 1" and "1 0": 0.375 + 0.125 + 0.375
    0.875
    """

    targets = "sequences"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "ctc", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def align(self, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
        y_true, y_pred = np.asarray(y_true), self._cast(y_pred)
        self.check(y_true, y_pred.shape)
        return y_true.astype(np.intp), y_pred

    def values_shape(self, y_pred_shape: tuple[int, ...]) -> tuple[int, ...]:
        return y_pred_shape[:1]

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._paths(y_true, y_pred).loss

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._paths(y_true, y_pred).gradient()

    def _paths(self, y_true: np.ndarray, y_pred: np.ndarray) -> Paths:
        steps = np.full(len(y_pred), y_pred.shape[1])
        return Paths(y_true, np.count_nonzero(y_true, axis=1), y_pred, steps)

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        """Looks at all labels before they are used.

        Raises:
            DataError: if they do not fit the outputs.
        """
        if len(y_pred_shape) != 3:
            raise DataError(
                f"{self.name} needs logits `y_pred` of shape (batch_size, max_length, num_classes). "
                f"Received: y_pred.shape={tuple(y_pred_shape)}"
            )
        if y_true.ndim != 2 or y_pred_shape[0] not in (None, len(y_true)):
            raise DataError(
                f"{self.name} needs targets `y_true` of shape (batch_size, max_length), one row for each output. "
                f"Received: y_true.shape={y_true.shape}, y_pred.shape={tuple(y_pred_shape)}"
            )
        classes = np.inf if y_pred_shape[-1] is None else y_pred_shape[-1]
        with np.errstate(invalid="ignore"):
            wrong = ~((y_true >= 0) & (y_true < classes) & (y_true == np.floor(y_true)))
        wrong[:, 1:] |= (y_true[:, :-1] == 0) & (y_true[:, 1:] != 0)
        if wrong.any():
            index = tuple(map(int, np.argwhere(wrong)[0]))
            raise DataError(
                f"Labels must be integers in [1, {classes}), padded by 0 at the end of a row (0 is the blank). "
                f"Received label {y_true[index]} at index {index}."
            )


def ctc(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`CTC` for every sample."""
    return CTC().call(y_true, y_pred)
