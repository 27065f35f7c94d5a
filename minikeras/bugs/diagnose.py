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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import console
from . import zoo
from .fingerprints import CLEAR, RULES, Case, Tensors, agree, transposed

AGREE = 1e-5  # float32 keeps 7 digits: a right gradient is off by 1e-7 to 1e-6


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a gradient.

    Attributes:
        mistake: a name of the zoo, "scaled", "no_gradient", "rows_permuted" or "mask_too_much"; None if there is
            none, or none known.
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

    def _repr_html_(self) -> str:
        """How a notebook shows the diagnosis."""
        from ..page.fragments import table

        rows = [("mistake", "what it is", "wrong tensors", "or")]
        rows.append((self.mistake or "–", self.words, ", ".join(self.wrong), ", ".join(self.candidates)))
        return table(rows, "Diagnosis of a gradient")

    def __str__(self) -> str:
        if self.mistake is None:
            return console.spelt(self.words)
        others = f" Or: {', '.join(self.candidates)}." if self.candidates else ""
        return console.spelt(f"{self.mistake}: {self.words}{others}")


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
    wrong = [path for path in right if not agree(ours[path], right[path], right, tolerance)]
    if not wrong:
        return Diagnosis(None, f"Right: both agree to {tolerance:.0e}.")
    if not all(np.isfinite(ours[path]).all() and np.isfinite(right[path]).all() for path in wrong):
        return Diagnosis(None, f"Not finite: NaN or infinity in {', '.join(wrong)}.", wrong)
    if x is not None and batch_size is None:
        batch_size = len(x)
    if model is not None and weights is None:
        weights = {p.path: p.value for p in model.trainable_weights}
    case = Case(ours, right, wrong, batch_size, dict(weights or {}), tolerance)
    found: list[tuple[str, str]] = []
    if not case.error <= CLEAR:
        rules = RULES if all(ours[p].shape == right[p].shape for p in wrong) else [transposed]
        found = [match for match in (rule(case) for rule in rules) if match]
    if model is not None and x is not None:
        found = _tried(model, x, y, sample_weight, ours, tolerance, found)
    if not found:
        return Diagnosis(None, f"Wrong, but no mistake that I know leaves such a gradient. {case.where}", wrong)
    (name, words), *others = found
    return Diagnosis(name, words, wrong, [other for other, _ in others if other != name])


def _tried(
    model: Any, x: Any, y: Any, sample_weight: Any, mine: Tensors, tolerance: float, found: list[Any]
) -> list[tuple[str, str]]:
    """The mutants of the zoo that give just this gradient; those that the rules found come first."""
    named = [name for name, _ in found]
    matching = []
    for name, mutant in zoo.MUTANTS.items():
        for gradients in zoo.gradients_of(name, model, x, y, sample_weight):
            if set(mine) <= set(gradients) and all(agree(mine[p], gradients[p], gradients, tolerance) for p in mine):
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
        if mine[path].shape not in (g.shape, g.T.shape):
            raise ValueError(f"{path}: a gradient of shape {mine[path].shape} beside one of shape {g.shape}.")
