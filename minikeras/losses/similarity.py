"""A loss of pairs: embeddings of one class close together, those of two classes far apart."""

from typing import Any

import numpy as np

from ..kernels.reference.magnitude import magnitude
from .labels import LabelLoss


class Circle(LabelLoss):
    """Circle loss of labels t (N,) and unit vectors y (N, D) (Sun et al., "Circle loss", 2020).

    Pᵢ are the other samples of i's class, Nᵢ those of other classes, m is ``margin``:

    (1) dᵢⱼ = max(1 − yᵢ · yⱼ, 0)
    (2) aᵢⱼ = −γ max(m + d, 0)(m − d) for j in Pᵢ;  bᵢⱼ = γ max(1 + m − d, 0)(1 − m − d) for j in Nᵢ
    (3) ℓᵢ = log(1 + exp(log Σⱼ exp aᵢⱼ + log Σⱼ exp bᵢⱼ))
    (4) ∂aᵢⱼ/∂dᵢⱼ = 2 γ dᵢⱼ;  ∂bᵢⱼ/∂dᵢⱼ = 2 γ (dᵢⱼ − 1) for d < 1 + m, else 0
    (5) Gᵢⱼ = wᵢ ∂ℓᵢ/∂dᵢⱼ = wᵢ σ(…) (softmaxⱼ(a)ᵢⱼ ∂a/∂d or softmaxⱼ(b)ᵢⱼ ∂b/∂d), 0 where 1 − yᵢ · yⱼ < 0
    (6) ∂L/∂y = −(G + Gᵀ) y

    A sample without a partner in Pᵢ or in Nᵢ has ℓ = 0 and does not count in the mean.

    Args:
        gamma: the scale γ.
        margin: the relaxation m.
        remove_diagonal: whether a sample is no partner of its own.

    >>> y = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> Circle(gamma=1.0)([0, 0, 1], y).round(4).item()        # log(1 + exp(−0.16 − 0.16)) for the first two
    0.5459
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma, self.margin, self.remove_diagonal = gamma, margin, remove_diagonal

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self.against(y_true, y_pred, y_true, y_pred)

    def against(self, t: np.ndarray, y: np.ndarray, ref_t: np.ndarray, ref_y: np.ndarray) -> np.ndarray:
        """ℓ of each sample with other samples as partners."""
        pairs = self._pairs(t, ref_t)
        sums = [_log_sum_exp(a, pair) for a, pair in zip(self._scores(y, ref_y), pairs, strict=True)]
        return np.where(_both(pairs), _softplus(sums[0] + sums[1]), 0)  # (3)

    def pull(self, y_true: np.ndarray, y_pred: np.ndarray, w: np.ndarray) -> np.ndarray:
        y, m = y_pred, self.margin
        pairs, (a, b) = self._pairs(y_true, y_true), self._scores(y, y)
        s = 1 - y @ y.T
        d = np.maximum(s, 0)
        da, db = 2 * self.gamma * d, np.where(d < 1 + m, 2 * self.gamma * (d - 1), 0)  # (4)
        total = _log_sum_exp(a, pairs[0]) + _log_sum_exp(b, pairs[1])
        dl = np.where(_both(pairs), w / (1 + np.exp(-total)), 0)
        g = dl[:, None] * (_softmax(a, pairs[0]) * da + _softmax(b, pairs[1]) * db)  # (5)
        g = np.where(s >= 0, g, 0)
        return -(g + g.T) @ y  # (6)

    def kept(self, y_true: np.ndarray) -> np.ndarray:
        return _both(self._pairs(y_true, y_true))

    def _pairs(self, t: np.ndarray, ref_t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True for j in Pᵢ, and for j in Nᵢ."""
        same = t[:, None] == ref_t[None, :]
        own = np.eye(len(t), len(ref_t), dtype=bool) if self.remove_diagonal else False
        return same & np.logical_not(own), ~same

    def _scores(self, y: np.ndarray, ref_y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s, m = 1 - y @ ref_y.T, self.margin
        d = np.where(s.real < 0, 0, s)  # (1)
        a = -self.gamma * (m + d) * (m - d)  # (2)
        return a, self.gamma * np.where(d.real > 1 + m, 0, 1 + m - d) * (1 - m - d)

    def check(self, y_true: np.ndarray, y_pred_shape: tuple[int | None, ...]) -> None:
        """Looks at all labels; any integer names a class.

        Raises:
            DataError: if they are no integers, or not one for each output.
        """
        super().check(y_true, (*y_pred_shape[:-1], None))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "margin": self.margin,
            "remove_diagonal": self.remove_diagonal,
        }


def _both(pairs: tuple[np.ndarray, np.ndarray]) -> Any:
    """True for a sample with partners of both kinds."""
    return pairs[0].any(axis=1) & pairs[1].any(axis=1)


def _largest(a: np.ndarray, pair: np.ndarray) -> np.ndarray:
    return np.where(pair, a.real, -np.inf).max(axis=1, keepdims=True, initial=np.finfo(a.real.dtype).min)


def _log_sum_exp(a: np.ndarray, pair: np.ndarray) -> np.ndarray:
    """log Σⱼ exp aⱼ over the pairs; 0 where there is none."""
    m = _largest(a, pair)
    total = np.where(pair, np.exp(np.where(pair, a - m, 0)), 0).sum(axis=1)
    some = pair.any(axis=1)
    return np.where(some, np.log(np.where(some, total, 1)) + np.where(some, m[:, 0], 0), 0)


def _softmax(a: np.ndarray, pair: np.ndarray) -> np.ndarray:
    e = np.where(pair, np.exp(np.where(pair, a - _largest(a, pair), 0)), 0)
    return e / np.where(pair.any(axis=1), e.sum(axis=1), 1)[:, None]


def _softplus(z: np.ndarray) -> np.ndarray:
    return np.where(z.real < 0, 0, z) + np.log1p(np.exp(-magnitude(z)))


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> np.ndarray:
    """ℓ of :class:`Circle` for every sample, with the partners ``ref_labels``, ``ref_embeddings`` if given."""
    loss = Circle(gamma, margin, remove_diagonal)
    t, y = loss.align(y_true, y_pred)
    ref_labels = y_true if ref_labels is None else ref_labels
    ref_embeddings = y if ref_embeddings is None else ref_embeddings
    ref_t, ref_y = loss.align(ref_labels, ref_embeddings)
    return loss.against(t, y, ref_t, ref_y)
