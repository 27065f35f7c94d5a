"""How close is close enough: one table, and why.

The error of a tensor is norm-relative, ‖mine − numeric‖ / max(‖mine‖, ‖numeric‖), over the entries that were probed.
Its bound grows by what rounding alone can make, :func:`noise`, where a gradient is that small. An entry-by-entry ratio
would not do: a right float32 gradient has entries, sums that cancel to nearly nothing, that are off by 1 %.

What no bound here allows for is a loss that throws digits away itself: log(1 − p) of a p that is 1e-6 from 1, as a
sigmoid and a cross-entropy give when ``compile(fused=False)`` keeps them apart. Its derivative has ten digits left.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

COMPLEX_STEP = 1e-30  # h of Im L(θ + ih) / h: nothing is subtracted, so it may be as small as one likes
CENTRAL_STEP = 1e-5  # h of (L(θ + h) − L(θ − h)) / 2h: h² is cut off, ε/h is rounded; their sum is least near ε^⅓
RATE = 2.0**-7  # η of the update check: a power of two, so that dividing by it rounds nothing


@dataclass(frozen=True)
class Tolerance:
    """A bound on the error of a tensor, and what it rests on."""

    limit: float
    basis: str


TABLE = {
    ("complex", "float64"): Tolerance(1e-12, "exact but for rounding: seen 2e-16 to 1e-14, a hundredfold left over"),
    ("central", "float64"): Tolerance(1e-7, "h²/6 · L‴ is cut off: seen 3e-10 with h = 1e-5; steep functions more"),
    ("direction", "float64"): Tolerance(1e-12, "one complex step along a random direction: as the complex step"),
    ("update", "float64"): Tolerance(1e-9, "w − w′ loses the digits that w has more than η times its gradient"),
    ("keras", "float64"): Tolerance(1e-12, "two exact formulas, rounded otherwise: seen 8e-16"),
    ("complex", "float32"): Tolerance(1e-4, "the gradient itself has 7 digits: seen 3e-7, sums that cancel lose more"),
    ("central", "float32"): Tolerance(1e-4, "as the complex step in float32: the difference is taken in float64"),
    ("direction", "float32"): Tolerance(1e-4, "as the complex step in float32"),
    ("update", "float32"): Tolerance(1e-3, "w − w′ in float32: seen 1e-5"),
    ("keras", "float32"): Tolerance(1e-4, "as the complex step in float32"),
    ("own dtype", "float32"): Tolerance(1e-4, "as the complex step in float32"),
}
"""(method, dtype of the gradient): the bound."""


def limit(method: str, dtype: str) -> float:
    """The bound for a method and the dtype in which the gradient was computed.

    >>> limit("complex", "float64"), limit("central", "float64")
    (1e-12, 1e-07)
    """
    return TABLE[method, dtype].limit


def rounded(gradients: Iterable[np.ndarray], size: int) -> float:
    """What float32 can make of a gradient of ``size`` entries beside others that it was computed from."""
    largest = max((float(np.linalg.norm(g)) / max(g.size, 1) ** 0.5 for g in gradients), default=0.0)
    return float(np.finfo("float32").eps) * largest * size**0.5


def noise(magnitude: float, size: int, step: float | None = None, dtype: str = "float64") -> float:
    """What rounding can make of a gradient of ``size`` entries whose loss is a sum of terms of that magnitude.

    Two units in the last place of the loss for each entry, divided by the step if a difference was taken.
    """
    unit = 2 * float(np.finfo(dtype).eps) * max(1.0, magnitude) * size**0.5
    return unit if step is None else unit / step
