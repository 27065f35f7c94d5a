"""A loss of sequences without alignment: connectionist temporal classification."""

from typing import Any

import numpy as np

from ..errors import DataError
from .base import Loss


class CTC(Loss):
    """CTC loss of labels (N, S), padded by 0 at their end, and logits z (N, T, C) (Graves et al., 2006).

    Class 0 is the blank. With the labels l and blanks between and around them, l' = 0 l₁ 0 l₂ … 0 of length U, the loss
    is −log of the probability of all paths that read l once repeats and blanks are taken out. All in logarithms:

    (1) p = log softmax(z);  e[t,u] = p[t, l'ᵤ]
    (2) α[0,u] = e[0,u] for u < 2;  α[t,u] = e[t,u] + log Σ exp α[t−1, u, u−1, and u−2 where l'ᵤ ≠ 0 and l'ᵤ ≠ l'ᵤ₋₂]
    (3) ℓ = −log(exp α[T−1, U−1] + exp α[T−1, U−2])
    (4) β[T−1,u] = 0 at the two ends of (3);  β[t,u] = log Σ exp(β + e)[t+1, u, u+1, and u+2 where that skip is allowed]
    (5) ∂ℓ/∂z[t,k] = exp p[t,k] − Σᵤ 1[l'ᵤ = k] exp(α[t,u] + β[t,u] + ℓ)

    Labels that do not fit into T steps have ℓ = ∞ and the gradient of an empty sum, exp p.

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
        return self._forward(y_true, _log_softmax(y_pred))[0]

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        p = _log_softmax(y_pred)
        loss, alpha, e, states, skip, ends = self._forward(y_true, p)
        steps = y_pred.shape[1]
        after = np.where(ends, 0, -np.inf)  # (4)
        d, rows = np.exp(p), np.arange(len(p))[:, None]
        minus_log = np.where(np.isposinf(loss), -np.inf, loss)[:, None]
        for t in reversed(range(steps)):
            share = np.exp(alpha[:, t] + after + minus_log)  # (5)
            np.subtract.at(d[:, t], (rows, states), share)
            if t:
                after = after + e[:, t]
                skipped = np.where(_later(skip, -2, False), _later(after, -2), -np.inf)
                after = _log_sum_exp(after, _later(after, -1), skipped)
        return d

    def _forward(self, labels: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, ...]:
        """ℓ, α, e, l', where skips are allowed, and the two ends of each sample's l'."""
        n, steps, _ = p.shape
        states = np.zeros((n, 2 * labels.shape[1] + 1), np.intp)
        states[:, 1::2] = labels
        skip = (states != 0) & (states != _later(states, 2, 0))
        length = np.count_nonzero(labels, axis=1)[:, None]
        u = np.arange(states.shape[1])
        ends = (u == 2 * length) | (u == 2 * length - 1)
        e = np.take_along_axis(p, np.broadcast_to(states[:, None], (n, steps, states.shape[1])), axis=2)  # (1)
        alpha = np.empty_like(e)
        alpha[:, 0] = np.where(u < 2, e[:, 0], -np.inf)  # (2)
        for t in range(1, steps):
            before = alpha[:, t - 1]
            skipped = np.where(skip, _later(before, 2), -np.inf)
            alpha[:, t] = e[:, t] + _log_sum_exp(before, _later(before, 1), skipped)
        final = np.where(ends, alpha[:, -1], -np.inf)
        return -_log_sum_exp(*final.T), alpha, e, states, skip, ends  # (3)

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


def _later(a: np.ndarray, by: int, fill: Any = -np.inf) -> np.ndarray:
    """Columns moved to the right (to the left for by < 0); what enters is ``fill``."""
    moved = np.full_like(a, fill)
    if abs(by) < a.shape[1]:
        to, of = (slice(by, None), slice(None, -by)) if by > 0 else (slice(None, by), slice(-by, None))
        moved[:, to] = a[:, of]
    return moved


def _log_sum_exp(*terms: np.ndarray) -> np.ndarray:
    """log Σ exp of the terms, −∞ where all are."""
    largest = np.max([term.real for term in terms], axis=0)
    m = np.where(np.isneginf(largest), 0, largest)
    with np.errstate(divide="ignore"):
        return m + np.log(sum(np.exp(term - m) for term in terms))


def _log_softmax(z: np.ndarray) -> np.ndarray:
    shifted = z - z.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def ctc(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`CTC` for every sample."""
    return CTC().call(y_true, y_pred)
