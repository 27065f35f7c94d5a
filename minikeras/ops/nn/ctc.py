"""Connectionist temporal classification: labels of sequences without alignment (Graves et al., 2006).

With the labels l and blanks between and around them, l' = 0 l₁ 0 l₂ … 0 of length U (0 stands for the blank, whatever
its index), the loss is −log of the probability of all paths that read l once repeats and blanks are taken out, for
logits z (N, T, C). All in logarithms, T being the sequence's own number of steps:

(1) p = log softmax(z);  e[t,u] = p[t, l'ᵤ]
(2) α[0,u] = e[0,u] for u < 2;  α[t,u] = e[t,u] + log Σ exp α[t−1, u, u−1, and u−2 where l'ᵤ ≠ 0 and l'ᵤ ≠ l'ᵤ₋₂]
(3) ℓ = −log(exp α[T−1, U−1] + exp α[T−1, U−2])
(4) β[T−1,u] = 0 at the two ends of (3);  β[t,u] = log Σ exp(β + e)[t+1, u, u+1, and u+2 where that skip is allowed]
(5) ∂ℓ/∂z[t,k] = exp p[t,k] − Σᵤ 1[l'ᵤ = k] exp(α[t,u] + β[t,u] + ℓ) for t < T

Labels that do not fit into T steps have ℓ = ∞ and the gradient of an empty sum, exp p.
"""

from typing import Any

import numpy as np

from ...errors import DataError
from ...tensor import KerasTensor
from ..base import Op


class Paths:
    """All paths that read some labels, equations (1) to (3); and the gradient of their loss.

    Args:
        labels: (N, S), the first ``lengths`` of each row count.
        lengths: (N,)
        z: logits (N, T, C), the first ``steps`` of each sample count.
        steps: (N,), at least 1.
        blank: its index.

    Attributes:
        loss: ℓ (N,).
    """

    def __init__(
        self, labels: np.ndarray, lengths: np.ndarray, z: np.ndarray, steps: np.ndarray, blank: int = 0
    ) -> None:
        n, most = z.shape[:2]
        self.steps, self.p = steps[:, None], _log_softmax(z)
        lengths, states = lengths[:, None], np.full((n, 2 * labels.shape[1] + 1), blank, np.intp)
        states[:, 1::2] = np.where(np.arange(labels.shape[1]) < lengths, labels, blank)
        self.states, self.skip = states, (states != blank) & (states != _later(states, 2, blank))
        u = np.arange(states.shape[1])
        self.ends = (u == 2 * lengths) | (u == 2 * lengths - 1)
        self.e = np.take_along_axis(self.p, np.broadcast_to(states[:, None], (n, most, len(u))), axis=2)  # (1)
        alpha = self.alpha = np.empty_like(self.e)
        alpha[:, 0] = np.where(u < 2, self.e[:, 0], -np.inf)  # (2)
        for t in range(1, most):
            before = alpha[:, t - 1]
            skipped = np.where(self.skip, _later(before, 2), -np.inf)
            alpha[:, t] = self.e[:, t] + _log_sum_exp(before, _later(before, 1), skipped)
        last = np.take_along_axis(alpha, self.steps[..., None] - 1, axis=1)[:, 0]
        self.loss = -_log_sum_exp(*np.where(self.ends, last, -np.inf).T)  # (3)

    def gradient(self) -> np.ndarray:
        """∂ℓ/∂z, equations (4) and (5)."""
        most = self.p.shape[1]
        d, rows = np.exp(self.p), np.arange(len(self.p))[:, None]
        minus_log = np.where(np.isposinf(self.loss), -np.inf, self.loss)[:, None]
        last = after = np.where(self.ends, 0, -np.inf).astype(d.dtype)
        for t in reversed(range(most)):
            after = np.where(self.steps == t + 1, last, after)  # (4)
            np.subtract.at(d[:, t], (rows, self.states), np.exp(self.alpha[:, t] + after + minus_log))  # (5)
            after = after + self.e[:, t]
            skipped = np.where(_later(self.skip, -2, False), _later(after, -2), -np.inf)
            after = _log_sum_exp(after, _later(after, -1), skipped)
        return np.where((np.arange(most) < self.steps)[..., None], d, 0)


class CtcLoss(Op):
    """ℓ of the module for each sequence;  dz = dℓ ∂ℓ/∂z.

    Args (as in Keras):
        target: integer labels (N, S).
        output: logits (N, T, C).
        target_length, output_length: (N,), how many labels and steps of each row count.
        mask_index: the index of the blank.

    Raises:
        DataError: for labels outside [0, C), blanks among them, and lengths that do not fit.

    >>> z = np.log([[[0.25, 0.75], [0.5, 0.5]]])
    >>> np.exp(-ctc_loss([[1]], z, [1], [2])).round(6).item()       # "1 1", "0 1" and "1 0": 0.375 + 0.125 + 0.375
    0.875
    """

    mask_index: int = 0

    def call(self, target: Any, output: Any, target_length: Any, output_length: Any) -> np.ndarray:
        labels, lengths, steps = (np.asarray(a) for a in (target, target_length, output_length))
        self._check(labels, lengths, output, steps)
        paths = Paths(labels, lengths, output, steps, self.mask_index)
        self.save(paths=paths)
        return paths.loss

    def backward(self, dy: np.ndarray) -> tuple[None, np.ndarray, None, None]:
        return None, dy[:, None, None] * self.saved()["paths"].gradient(), None, None

    def compute_output_spec(self, target: Any, output: Any, target_length: Any, output_length: Any) -> KerasTensor:
        return KerasTensor(output.shape[:1], output.dtype)

    def _check(self, labels: np.ndarray, lengths: np.ndarray, z: np.ndarray, steps: np.ndarray) -> None:
        n = len(labels)
        if labels.ndim != 2 or z.ndim != 3 or {(n,), (len(z),)} != {lengths.shape, steps.shape}:
            raise DataError(
                f"ctc_loss needs labels (N, S), logits (N, T, C) and lengths (N,). Received: target.shape="
                f"{labels.shape}, output.shape={z.shape}, target_length.shape={lengths.shape}, output_length.shape="
                f"{steps.shape}"
            )
        for name, given, low, high in (
            ("target_length", lengths, 0, labels.shape[1]),
            ("output_length", steps, 1, z.shape[1]),
        ):
            if not np.all((given >= low) & (given <= high) & (given == np.floor(given))):
                raise DataError(f"`{name}` must be integers from {low} to {high}. Received: {given}")
        counts = np.arange(labels.shape[1]) < lengths[:, None]
        wrong = (labels < 0) | (labels >= z.shape[2]) | (labels != np.floor(labels)) | (labels == self.mask_index)
        if np.any(counts & wrong):
            index = tuple(map(int, np.argwhere(counts & wrong)[0]))
            raise DataError(
                f"Labels must be integers in [0, {z.shape[2]}) other than mask_index={self.mask_index}. Received "
                f"label {labels[index]} at index {index}."
            )


ctc_loss = CtcLoss.function()


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
