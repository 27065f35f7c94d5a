"""The fingerprints that classic mistakes leave in a gradient: one rule each, from a case to a name and a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..testing.result import factor, norm_relative

CLEAR = 1e-4  # below this error the fingerprints drown in rounding
FIT = 1e-3  # how much of the difference from the right gradient a mistake may leave unexplained

Tensors = dict[str, np.ndarray]


@dataclass
class Case:
    mine: Tensors
    right: Tensors
    wrong: list[str]
    n: int | None
    weights: dict[str, Any]
    tolerance: float

    def all_wrong(self, kind: Callable[[str], bool] = lambda path: True) -> bool:
        """Whether exactly the tensors of a kind are wrong, but for those that are zero, or too small to tell."""
        largest = max(float(np.linalg.norm(g)) for g in self.right.values())
        tell = {p for p in self.right if kind(p) and np.linalg.norm(self.right[p]) > self.tolerance * largest}
        return bool(tell) and tell <= set(self.wrong) and all(kind(p) for p in self.wrong)

    def only(self, kind: Callable[[str], bool]) -> bool:
        """Whether no other tensors are wrong."""
        return all(kind(p) for p in self.wrong)

    def factors(self) -> list[float | None]:
        """c of each wrong tensor, where mine = c · right, or c · (right − R) + R with R the penalty's part."""
        allowed = max(self.tolerance, 1e-5)
        found = [factor(self.mine[p], self.right[p], allowed) for p in self.wrong]
        return [self._beside_penalty(p) if c is None else c for p, c in zip(self.wrong, found, strict=True)]

    def _beside_penalty(self, path: str) -> float | None:
        a, b, w = self.mine[path], self.right[path], np.asarray(self.weights.get(path, 0.0))
        if w.shape != b.shape or b.size < 4 or a.shape != b.shape:
            return None
        for part in (w, np.sign(w)):
            columns = np.stack([b.ravel(), part.ravel()], axis=1)
            (c, r), *_ = np.linalg.lstsq(columns, a.ravel(), rcond=None)
            rest = float(np.linalg.norm(a.ravel() - columns @ (c, r)))
            if rest <= max(self.tolerance, 1e-5) * float(np.linalg.norm(a)) and r * (1 - c) > 0:
                return float(c)
        return None

    @property
    def error(self) -> float:
        """The largest norm-relative error."""
        pairs = [(self.mine[p].ravel(), self.right[p].ravel()) for p in self.wrong]
        return max(norm_relative(a, b) for a, b in pairs)

    @property
    def where(self) -> str:
        paths = list(self.right)
        first_right = len(paths) - 1
        while first_right >= 0 and paths[first_right] not in self.wrong:
            first_right -= 1
        text = f"Wrong: {', '.join(self.wrong)}."
        if 0 <= first_right < len(paths) - 1 and set(paths[: first_right + 1]) >= set(self.wrong):
            text += f" From {paths[first_right + 1]} upwards all is right: look at what is handed down from there."
        return text


Found = tuple[str, str] | None
"""The name of a mistake, and a sentence."""


def is_bias(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == "bias"


def _scale(case: Case) -> Found:
    """One factor throughout."""
    factors = case.factors()
    if any(c is None for c in factors) or not case.all_wrong():
        return None
    c = float(factors[0])  # type: ignore[arg-type]
    if not all(_near(c, other) for other in factors) or _near(c, 1):
        return None
    return _named_factor(c, case.n)


def _named_factor(c: float, n: int | None) -> Found:
    if c == 0:
        return "no_gradient", "the gradient is zero."
    if _near(c, -1):
        return "sign", "the gradient has the wrong sign: it climbs."
    if n is not None and n > 1:
        if _near(c, 1 / n):
            return "divided_twice", f"the gradient is 1/{n} of the right one: divided by the batch size twice."
        if _near(c, n):
            return "mean_forgotten", f"the gradient is {n} times the right one: 1/N forgotten, a sum for a mean."
        if _near(c, n / 32):
            return "fixed_32", f"the gradient is {n}/32 of the right one: divided by 32 whatever the batch size."
    if _near(c, 2):
        return "stale_gradients", "the gradient is twice the right one: added to that of the step before, or twice."
    return "scaled", f"the gradient is {c:.6g} times the right one."


def _biases(case: Case) -> Found:
    """Only the biases are wrong."""
    if not case.only(is_bias):
        return None
    mine, right = ([side[p] for p in case.wrong] for side in (case.mine, case.right))
    if all(not b.any() for b in mine):
        return "bias_never_updated", "the biases have no gradient; all else is right."
    if all(_fits(b, np.full(b.shape, r.sum()), r, case) for b, r in zip(mine, right, strict=True)):
        return "bias_summed_over_units", "each bias has the sum over all units: the sum lacks its axis=0."
    factors = case.factors()
    if case.n and case.n > 1 and all(c is not None and _near(c, 1 / case.n) for c in factors):
        return "bias_averaged", f"the biases have 1/{case.n} of the right gradient: a mean over rows for a sum."
    return None


def transposed(case: Case) -> Found:
    """Wrong matrices that are the transposed right ones, in their own shape or not."""
    for p in case.wrong:
        a, b = case.mine[p], case.right[p]
        if b.ndim != 2 or not _fits(a.reshape(b.T.shape), b.T, b, case):
            return None
    return "kernel_gradient_transposed", "the gradient is the transpose of the right one."


def _rows(case: Case) -> Found:
    """The right rows in another order."""
    for p in case.wrong:
        a, b = case.mine[p], case.right[p]
        if b.ndim != 2 or not 1 < len(b) <= 4096 or a.shape != b.shape:
            return None
        distances = np.abs(a[:, None, 0] - b[None, :, 0]) if b.shape[1] == 1 else _distances(a, b)
        order = distances.argmin(axis=1)
        if len(set(order.tolist())) < len(b) or not _fits(a, b[order], b, case):
            return None
    return "rows_permuted", "the rows are the right ones in another order."


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)[None, :]


def _mask(case: Case) -> Found:
    """Right, but for zeros: too few of them, or too many."""
    few = many = 0
    for p in case.wrong:
        a, b = case.mine[p], case.right[p]
        if a.shape != b.shape:
            return None
        here_few, here_many = (b == 0) & (a != 0), (a == 0) & (b != 0)
        same = ~(here_few | here_many)
        if not b[same].any() or not agree(a[same], b[same], {"": b}, case.tolerance):
            return None
        few, many = few + int(here_few.sum()), many + int(here_many.sum())
    if few and not many:
        return (
            "relu_mask_forgotten",
            f"{few} entries should be zero and are not, the others are right: a mask forgotten.",
        )
    if many and not few:
        return "mask_too_much", f"{many} entries are zero and should not be; the others are right: masked too much."
    return None


def _softmax(case: Case) -> Found:
    """What softmax with cross-entropy leaves at a delta, or at the top layer's bias, whose right gradient sums to 0."""
    paths = [p for p in case.right if is_bias(p) or "/" not in p]
    if not paths or paths[-1] not in case.wrong:
        return None
    a, b = case.mine[paths[-1]], case.right[paths[-1]]
    size = np.abs(b).sum()
    if (
        a.shape != b.shape
        or a.ndim not in (1, 2)
        or abs(b.sum()) > 1e-4 * size
        or (b.ndim == 2 and len(b) > 1 and np.abs(b.sum(axis=1)).max() > 1e-4 * size)
    ):
        return None
    slack = 1e-4 * np.abs(b).max(initial=0)
    added = a - b
    labels = (np.abs(added) > slack).sum(axis=-1)
    if a.min() >= -slack and added.min() >= -slack and _is_share(added, case.n):
        return "p_instead_of_p_minus_y", "the top delta is p and should be p − y: the label's 1 is not taken away."
    only_labels = a.max() <= slack and added.max() <= slack and a.min() < -slack
    if only_labels and (a.ndim == 1 or np.allclose(a, np.minimum(b, 0), atol=slack)) and labels.max() > 0:
        return (
            "softmax_diagonal",
            "only the label gets a delta: softmax's derivative without its off-diagonal.",
        )
    return None


def _is_share(added: np.ndarray, n: int | None) -> bool:
    """Whether it could be Σₙ w[n] y[n] with w = 1/N: parts of 1/N that sum to 1 (a delta: one part a row)."""
    if added.ndim == 2:
        one = np.abs(added) > 1e-4 * np.abs(added).max()
        return bool((one.sum(axis=1) == 1).all()) and bool(np.ptp(added[one]) <= 1e-3 * added.max())
    parts = added * n if n else added
    whole = n is None or np.allclose(parts, np.round(parts), atol=1e-3)
    return bool(abs(added.sum() - 1) < 1e-3 and whole)


def _regularizer(case: Case) -> Found:
    """Off by a multiple of the weights, or of their signs."""
    if not all(p in case.weights and np.shape(case.weights[p]) == case.right[p].shape for p in case.wrong):
        return None
    for penalty in (lambda w: w, np.sign):
        factors = []
        for p in case.wrong:
            w = np.asarray(case.weights[p], "float64")
            added = case.mine[p] - case.right[p]
            noise = case.tolerance * float(np.linalg.norm(case.right[p])) / max(float(np.linalg.norm(added)), 1e-300)
            factors.append(factor(added, penalty(w), FIT + noise) if noise < 0.1 else None)
        if all(c is not None and c != 0 and c * factors[0] > 0 for c in factors):  # type: ignore[operator]
            if factors[0] > 0:  # type: ignore[operator]
                return "regularizer_twice", "the regularizer's gradient is in it once too often."
            return "regularizer_forgotten", "the regularizer's gradient is missing."
    return None


def _one_row(case: Case) -> Found:
    """Every kernel's gradient lacks one outer product xₙ ⊗ dzₙ."""
    told = False
    for p in case.wrong:
        b = case.right[p]
        if b.ndim != 2 or min(b.shape) < 2:
            continue
        of_right = np.linalg.svd(b, compute_uv=False)
        of_added = np.linalg.svd(case.mine[p] - b, compute_uv=False)
        if of_added[1] > FIT * of_added[0] + 10 * case.tolerance * of_right[0]:
            return None
        told |= len(of_right) > 2 and of_right[2] > 100 * FIT * of_right[0]
    if told and (case.all_wrong(lambda path: not is_bias(path)) or case.all_wrong()):
        return "last_row_skipped", "it lacks one outer product: one row of the batch is left out, or counted twice."
    return None


def agree(a: np.ndarray, b: np.ndarray, everything: Tensors, tolerance: float) -> bool:
    """Norm-relative, and what is tiny beside the other tensors is not looked at too closely."""
    largest = max(float(np.linalg.norm(g)) for g in everything.values())
    if a.shape != b.shape:
        return False
    return norm_relative(a, b) <= tolerance or float(np.linalg.norm(a - b)) <= 0.01 * tolerance * largest


def _fits(a: np.ndarray, b: np.ndarray, right: np.ndarray, case: Case) -> bool:
    """Whether a is b, and b clearly not what is right."""
    rest = float(np.linalg.norm(a - b))
    size = max(float(np.linalg.norm(right)), float(np.linalg.norm(b)))
    distance = float(np.linalg.norm(a - right)) if a.shape == right.shape else size
    return rest <= max(10 * case.tolerance * size, FIT * distance) and rest <= 0.1 * distance


def _near(a: float, b: float | None) -> bool:
    return b is not None and abs(a - b) <= 1e-4 * abs(b)


RULES: list[Callable[[Case], Found]] = [
    _scale, _biases, transposed, _rows, _softmax, _mask, _regularizer, _one_row
]  # fmt: skip
