"""Which mistake makes this wrong gradient of that right one?

Every rule looks for the fingerprint that a classic mistake leaves: a factor (÷N twice, the sign), a rank (a row of the
batch left out changes every kernel's gradient by one outer product), a sum (the gradient of a softmax's bias sums to
0; p in the place of p − y makes it 1). Where no fingerprint is found the answer is "none that I know".

>>> right = np.array([[1.0, -2.0], [3.0, 0.5]])
>>> print(diagnose(-right, right))
sign: the gradient has the wrong sign: it climbs.
>>> print(diagnose(right.T, right))
kernel_gradient_transposed: the gradient is the transpose of the right one.
>>> print(diagnose(right + 0.1, right))
Wrong, but no mistake that I know leaves such a gradient. Wrong: gradient.
>>> print(diagnose(right * (1 + 1e-7), right))
Right: both agree to 1e-05.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .result import factor, norm_relative

AGREE = 1e-5  # float32 keeps 7 digits: a right gradient is off by 1e-7 to 1e-6
CLEAR = 1e-4  # below this error the fingerprints drown in rounding
FIT = 1e-3  # how much of the difference from the right gradient a mistake may leave unexplained

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a gradient.

    Attributes:
        mistake: a name of the zoo, "scaled", "rows_permuted" or "mask_too_much"; None if there is none, or none known.
        words: a sentence.
        wrong: the paths of the tensors that disagree.
        candidates: other mistakes that would leave the same gradient.
    """

    mistake: str | None
    words: str
    wrong: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether both gradients agree."""
        return not self.wrong

    def __str__(self) -> str:
        if self.mistake is None:
            return self.words
        others = f" Or: {', '.join(self.candidates)}." if self.candidates else ""
        return f"{self.mistake}: {self.words}{others}"


def diagnose(
    mine: Any,
    reference: Any,
    *,
    batch_size: int | None = None,
    weights: Mapping[str, Any] | None = None,
    model: Any = None,
    x: Any = None,
    y: Any = None,
    sample_weight: Any = None,
    tolerance: float = AGREE,
) -> Diagnosis:
    """Names the likely mistake in a wrong gradient.

    Args:
        mine, reference: the wrong and the right gradient: arrays, or dictionaries from a path such as
            "net/hidden/kernel" to an array, lowest layer first. An array may also be a delta, (N, K).
        batch_size: N, to tell 1/N from another factor.
        weights: the parameters by path, to recognise a regularizer.
        model, x, y, sample_weight: a compiled minikeras model with the same weights, and the batch. With them every
            mutant of the zoo is tried on it, which also finds those that leave no fingerprint of their own.
        tolerance: norm-relative; what agrees to that is right.

    Raises:
        ValueError: if a gradient has another path or size than the reference.
    """
    ours, right = _tensors(mine), _tensors(reference)
    _check_names(ours, right)
    wrong = [path for path in right if not _agree(ours[path], right[path], right, tolerance)]
    if not wrong:
        return Diagnosis(None, f"Right: both agree to {tolerance:.0e}.")
    if not all(np.isfinite(ours[path]).all() and np.isfinite(right[path]).all() for path in wrong):
        return Diagnosis(None, f"Not finite: NaN or infinity in {', '.join(wrong)}.", wrong)
    if x is not None and batch_size is None:
        batch_size = len(x)
    if model is not None and weights is None:
        weights = {p.path: p.value for p in model.trainable_weights}
    case = _Case(ours, right, wrong, batch_size, dict(weights or {}), tolerance)
    found = []
    if not case.error <= CLEAR:
        rules = _RULES if all(ours[p].shape == right[p].shape for p in wrong) else [_transposed]
        found = [(name, words) for name, words in (rule(case) for rule in rules) if name]
    if model is not None and x is not None:
        found = _tried(model, x, y, sample_weight, ours, tolerance, found)
    if not found:
        return Diagnosis(None, f"Wrong, but no mistake that I know leaves such a gradient. {case.where}", wrong)
    (name, words), *others = found
    return Diagnosis(name, words, wrong, [other for other, _ in others if other != name])


@dataclass
class _Case:
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


_Found = tuple[str | None, str]
_NOTHING: _Found = (None, "")


def _is_bias(path: str) -> bool:
    return path.rsplit("/", 1)[-1] == "bias"


def _scale(case: _Case) -> _Found:
    """One factor throughout."""
    factors = case.factors()
    if any(c is None for c in factors) or not case.all_wrong():
        return _NOTHING
    c = float(factors[0])  # type: ignore[arg-type]
    if not all(_near(c, other) for other in factors) or _near(c, 1):
        return _NOTHING
    return _named_factor(c, case.n)


def _named_factor(c: float, n: int | None) -> _Found:
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


def _biases(case: _Case) -> _Found:
    """Only the biases are wrong."""
    if not case.only(_is_bias):
        return _NOTHING
    mine, right = ([side[p] for p in case.wrong] for side in (case.mine, case.right))
    if all(not b.any() for b in mine):
        return "bias_never_updated", "the biases have no gradient; all else is right."
    if all(_fits(b, np.full(b.shape, r.sum()), r, case) for b, r in zip(mine, right, strict=True)):
        return "bias_summed_over_units", "each bias has the sum over all units: the sum lacks its axis=0."
    factors = case.factors()
    if case.n and case.n > 1 and all(c is not None and _near(c, 1 / case.n) for c in factors):
        return "bias_averaged", f"the biases have 1/{case.n} of the right gradient: a mean over rows for a sum."
    return _NOTHING


def _transposed(case: _Case) -> _Found:
    """Wrong matrices that are the transposed right ones, in their own shape or not."""
    for p in case.wrong:
        a, b = case.mine[p], case.right[p]
        if b.ndim != 2 or not _fits(a.reshape(b.T.shape), b.T, b, case):
            return _NOTHING
    return "kernel_gradient_transposed", "the gradient is the transpose of the right one."


def _rows(case: _Case) -> _Found:
    """The right rows in another order."""
    for p in case.wrong:
        a, b = case.mine[p], case.right[p]
        if b.ndim != 2 or not 1 < len(b) <= 4096 or a.shape != b.shape:
            return _NOTHING
        distances = np.abs(a[:, None, 0] - b[None, :, 0]) if b.shape[1] == 1 else _distances(a, b)
        order = distances.argmin(axis=1)
        if len(set(order.tolist())) < len(b) or not _fits(a, b[order], b, case):
            return _NOTHING
    return "rows_permuted", "the rows are the right ones in another order."


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * a).sum(1)[:, None] - 2 * a @ b.T + (b * b).sum(1)[None, :]


def _mask(case: _Case) -> _Found:
    """Right, but for zeros: too few of them, or too many."""
    few = many = 0
    for p in case.wrong:
        a, b = case.mine[p], case.right[p]
        if a.shape != b.shape:
            return _NOTHING
        here_few, here_many = (b == 0) & (a != 0), (a == 0) & (b != 0)
        same = ~(here_few | here_many)
        if not b[same].any() or not _agree(a[same], b[same], {"": b}, case.tolerance):
            return _NOTHING
        few, many = few + int(here_few.sum()), many + int(here_many.sum())
    if few and not many:
        return (
            "relu_mask_forgotten",
            f"{few} entries should be zero and are not, the others are right: a mask forgotten.",
        )
    if many and not few:
        return "mask_too_much", f"{many} entries are zero and should not be; the others are right: masked too much."
    return _NOTHING


def _softmax(case: _Case) -> _Found:
    """What softmax with cross-entropy leaves at a delta, or at the top layer's bias, whose right gradient sums to 0."""
    paths = [p for p in case.right if _is_bias(p) or "/" not in p]
    if not paths or paths[-1] not in case.wrong:
        return _NOTHING
    a, b = case.mine[paths[-1]], case.right[paths[-1]]
    size = np.abs(b).sum()
    if (
        a.shape != b.shape
        or a.ndim not in (1, 2)
        or abs(b.sum()) > 1e-4 * size
        or (b.ndim == 2 and len(b) > 1 and np.abs(b.sum(axis=1)).max() > 1e-4 * size)
    ):
        return _NOTHING
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
    return _NOTHING


def _is_share(added: np.ndarray, n: int | None) -> bool:
    """Whether it could be Σₙ w[n] y[n] with w = 1/N: parts of 1/N that sum to 1 (a delta: one part a row)."""
    if added.ndim == 2:
        one = np.abs(added) > 1e-4 * np.abs(added).max()
        return bool((one.sum(axis=1) == 1).all()) and bool(np.ptp(added[one]) <= 1e-3 * added.max())
    parts = added * n if n else added
    whole = n is None or np.allclose(parts, np.round(parts), atol=1e-3)
    return bool(abs(added.sum() - 1) < 1e-3 and whole)


def _regularizer(case: _Case) -> _Found:
    """Off by a multiple of the weights, or of their signs."""
    if not all(p in case.weights and np.shape(case.weights[p]) == case.right[p].shape for p in case.wrong):
        return _NOTHING
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
    return _NOTHING


def _one_row(case: _Case) -> _Found:
    """Every kernel's gradient lacks one outer product xₙ ⊗ dzₙ."""
    told = False
    for p in case.wrong:
        b = case.right[p]
        if b.ndim != 2 or min(b.shape) < 2:
            continue
        of_right = np.linalg.svd(b, compute_uv=False)
        of_added = np.linalg.svd(case.mine[p] - b, compute_uv=False)
        if of_added[1] > FIT * of_added[0] + 10 * case.tolerance * of_right[0]:
            return _NOTHING
        told |= len(of_right) > 2 and of_right[2] > 100 * FIT * of_right[0]
    if told and (case.all_wrong(lambda path: not _is_bias(path)) or case.all_wrong()):
        return "last_row_skipped", "it lacks one outer product: one row of the batch is left out, or counted twice."
    return _NOTHING


_RULES: list[Callable[[_Case], _Found]] = [
    _scale, _biases, _transposed, _rows, _softmax, _mask, _regularizer, _one_row
]  # fmt: skip


def _tried(
    model: Any, x: Any, y: Any, sample_weight: Any, mine: Tensors, tolerance: float, found: list[Any]
) -> list[tuple[str, str]]:
    """The mutants of the zoo that give just this gradient; those that the rules found come first."""
    from . import zoo

    named = [name for name, _ in found]
    matching = []
    for name, mutant in zoo.MUTANTS.items():
        for gradients in zoo.gradients_of(name, model, x, y, sample_weight):
            if set(mine) <= set(gradients) and all(_agree(mine[p], gradients[p], gradients, tolerance) for p in mine):
                matching.append((name, mutant.what))
                break
    matching.sort(key=lambda item: named.index(item[0]) if item[0] in named else len(named))
    return matching or [item for item in found if item[0] not in zoo.MUTANTS]


def _tensors(gradient: Any) -> Tensors:
    if not isinstance(gradient, Mapping):
        gradient = {"gradient": gradient}
    return {path: np.asarray(g, "float64") for path, g in gradient.items()}


def _check_names(mine: Tensors, right: Tensors) -> None:
    if set(mine) != set(right):
        raise ValueError(f"Both gradients need the same tensors. Received: {sorted(mine)} and {sorted(right)}")
    for path, g in right.items():
        if mine[path].size != g.size:
            raise ValueError(f"{path}: a gradient of shape {mine[path].shape} beside one of shape {g.shape}.")
        if mine[path].shape != g.shape and mine[path].shape != g.T.shape:
            raise ValueError(f"{path}: a gradient of shape {mine[path].shape} beside one of shape {g.shape}.")


def _agree(a: np.ndarray, b: np.ndarray, everything: Tensors, tolerance: float) -> bool:
    """Norm-relative, and what is tiny beside the other tensors is not looked at too closely."""
    largest = max(float(np.linalg.norm(g)) for g in everything.values())
    if a.shape != b.shape:
        return False
    return norm_relative(a, b) <= tolerance or float(np.linalg.norm(a - b)) <= 0.01 * tolerance * largest


def _fits(a: np.ndarray, b: np.ndarray, right: np.ndarray, case: _Case) -> bool:
    """Whether a is b, and b clearly not what is right."""
    rest = float(np.linalg.norm(a - b))
    size = max(float(np.linalg.norm(right)), float(np.linalg.norm(b)))
    distance = float(np.linalg.norm(a - right)) if a.shape == right.shape else size
    return rest <= max(10 * case.tolerance * size, FIT * distance) and rest <= 0.1 * distance


def _near(a: float, b: float | None) -> bool:
    return b is not None and abs(a - b) <= 1e-4 * abs(b)
