"""Derivatives of a function that can only be called: the independent side of every gradient check.

With L(θ) a number, eᵢ the i-th unit vector and v any vector::

    (1)  central difference    (L(θ + h eᵢ) − L(θ − h eᵢ)) / 2h  =  ∂L/∂θᵢ + h²/6 · L‴
    (2)  one-sided slopes      f₊ = (L(θ + h eᵢ) − L(θ)) / h,   f₋ = (L(θ) − L(θ − h eᵢ)) / h
    (3)  complex step          Im L(θ + ih eᵢ) / h               =  ∂L/∂θᵢ − h²/6 · L‴, and no subtraction
    (4)  direction             Im L(θ + ih v) / h                =  ⟨∂L/∂θ, v⟩

Source of (3): Squire & Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review
40, 1998.

A loss is a function without arguments; the array that it reads is changed and put back.

>>> w = np.array([3.0])
>>> float(central(lambda: w[0] ** 2, w, [(0,)])[0].round(6))
6.0
>>> c = w.astype(complex)
>>> float(complex_step(lambda: c[0] ** 2, c, [(0,)])[0])
6.0

At a kink, such as ReLU's at 0, a difference quotient is no derivative: the function bends between its two sides.
:func:`look_closer` tells a kink from a mistake. Smaller steps leave a kink beside θ behind, and then agree with a right
gradient; at a kink in θ itself the slopes f₋ and f₊ stay apart, and every number between them is a right answer. At a
corner, where several kinks meet in θ (a row of zeros, and biases of zero), a right answer may lie outside them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .tolerances import CENTRAL_STEP, COMPLEX_STEP, noise

Index = tuple[int, ...]
Loss = Callable[[], Any]

SMOOTH, KINK, CORNER, WRONG = "smooth", "kink", "corner", "wrong"


@dataclass(frozen=True)
class Slopes:
    """The one-sided slopes f₋ and f₊ at one step h."""

    left: float
    right: float

    @property
    def mean(self) -> float:
        """Their mean, the central difference."""
        return (self.left + self.right) / 2

    @property
    def bend(self) -> float:
        """|f₊ − f₋|: about h |L″| where L is smooth, the jump of its derivative where it is not."""
        return abs(self.right - self.left)


def slopes(loss: Loss, array: np.ndarray, index: Index, h: float) -> Slopes:
    """Equation (2) at one entry; the step grows with an entry larger than 1."""
    kept = array[index]
    size = h * max(1.0, abs(float(kept)))
    here = float(loss())
    try:
        array[index] = kept + size
        up, above = float(array[index] - kept), float(loss())  # the step as it was rounded
        array[index] = kept - size
        down, below = float(kept - array[index]), float(loss())
    finally:
        array[index] = kept
    return Slopes((here - below) / down, (above - here) / up)


def central(loss: Loss, array: np.ndarray, indices: Iterable[Index], h: float = CENTRAL_STEP) -> np.ndarray:
    """Equation (1) at some entries."""
    found = []
    for index in indices:
        kept = array[index]
        size = h * max(1.0, abs(float(kept)))
        try:
            array[index] = kept + size
            high, above = float(array[index]), float(loss())
            array[index] = kept - size
            low, below = float(array[index]), float(loss())
        finally:
            array[index] = kept
        found.append((above - below) / (high - low))
    return np.array(found, float)


def complex_step(loss: Loss, array: np.ndarray, indices: Iterable[Index], h: float = COMPLEX_STEP) -> np.ndarray:
    """Equation (3) at some entries of a complex array."""
    found = []
    for index in indices:
        kept = array[index]
        try:
            array[index] = kept + 1j * h
            found.append(float(np.imag(loss())) / h)
        finally:
            array[index] = kept
    return np.array(found, float)


def along(loss: Loss, array: np.ndarray, v: np.ndarray, h: float = COMPLEX_STEP) -> float:
    """Equation (4) for a complex array; for a real one the central difference along v."""
    kept = array.copy()
    try:
        if np.iscomplexobj(array):
            array += 1j * h * v
            return float(np.imag(loss())) / h
        h = CENTRAL_STEP / max(1.0, float(np.abs(v).max(initial=0)))
        array += h * v
        above = float(loss())
        array[...] = kept - h * v
        return (above - float(loss())) / (2 * h)
    finally:
        array[...] = kept


def look_closer(
    loss: Loss, array: np.ndarray, index: Index, mine: float, numeric: float, magnitude: float, scale: float
) -> str:
    """Why ``mine`` and the difference quotient disagree at one entry: "smooth", "kink", "corner" or "wrong".

    Args:
        magnitude: of the terms that L is a sum of.
        scale: the size of a typical entry of this gradient.

    "smooth" means that the quotient was too coarse: with a smaller step it agrees.
    """
    bends, off = [slopes(loss, array, index, CENTRAL_STEP).bend], [abs(numeric - mine)]
    for h in (CENTRAL_STEP / 10, CENTRAL_STEP / 100):
        closer, rounding = slopes(loss, array, index, h), noise(magnitude, 1, h)
        bends.append(closer.bend)
        off.append(abs(closer.mean - mine))
        agrees = off[-1] <= rounding + 1e-6 * max(scale, abs(mine))
        if agrees and off[-1] <= off[0] / 2:
            return KINK if _bent(bends[-2], bends[-1], noise(magnitude, 1, h * 10)) else SMOOTH
    if off[1] <= off[0] / 5 and off[2] <= off[1] / 5 + rounding:
        return SMOOTH  # it goes on coming nearer
    if closer.bend > 4 * rounding and _between(mine, closer, rounding):
        return KINK  # one so near that even the smallest step meets it
    return at_a_bend(loss, array, index, mine, magnitude)


def at_a_bend(loss: Loss, array: np.ndarray, index: Index, mine: float, magnitude: float) -> str:
    """Whether θ itself lies at a kink of L along one entry: "kink" if ``mine`` is between the slopes on both sides,
    "corner" if it is outside, "wrong" if L does not bend here.
    """
    coarse, fine = (slopes(loss, array, index, CENTRAL_STEP / part) for part in (10, 100))
    rounding = noise(magnitude, 1, CENTRAL_STEP / 100)
    if not (fine.bend > 0.5 * coarse.bend and fine.bend > 4 * rounding):
        return WRONG
    return KINK if _between(mine, fine, rounding) else CORNER


def _between(mine: float, sides: Slopes, rounding: float) -> bool:
    low, high = sorted((sides.left, sides.right))
    return low - rounding <= mine <= high + rounding


def _bent(coarse: float, fine: float, rounding: float) -> bool:
    """Whether slopes at two steps, the second a tenth of the first, differ otherwise than a smooth function's do."""
    return coarse > rounding and not 0.03 * coarse <= fine <= 0.3 * coarse


def pick(shape: Sequence[int], count: int | None, rng: np.random.Generator) -> list[Index]:
    """All indices of an array, or ``count`` of them at random.

    >>> pick((2, 2), None, np.random.default_rng(0))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    size = int(np.prod(shape, dtype=int))
    chosen = np.arange(size) if count is None or size <= count else np.sort(rng.choice(size, count, replace=False))
    return [tuple(map(int, np.unravel_index(i, shape))) for i in chosen] if shape else [()] * size
