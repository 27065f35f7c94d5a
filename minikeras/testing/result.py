"""What a gradient check found: a row for each tensor and method, and warnings; prints as a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import console


class GradientError(AssertionError):
    """A gradient is wrong; the message is the table of the check. An AssertionError, as pytest expects."""


@dataclass(frozen=True)
class Row:
    """One tensor by one method.

    Attributes:
        tensor: the parameter's path, or the name of an input.
        method: "complex", "central", "direction" or "update".
        error, limit: norm-relative error over the probed entries, and its bound: the tolerance, and what rounding
            alone can make of a gradient as small as this one.
        worst: index of the entry that is furthest off; None for a direction.
        mine, numeric: both values there.
        step: h, or η for an update.
        probed, size: how many entries of how many.
        kinks: how many of the probed lie at a bend of the loss, and were held against its one-sided slopes.
        factor: c if mine ≈ c · numeric, else None; 1 for a right gradient.
    """

    tensor: str
    method: str
    error: float
    limit: float
    worst: tuple[int, ...] | None
    mine: float
    numeric: float
    step: float
    probed: int
    size: int
    kinks: int = 0
    factor: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the error is within its bound; NaN is not."""
        return self.error <= self.limit

    @property
    def words(self) -> str:
        """What is wrong, in a sentence."""
        if self.factor is None or self.factor == 0:
            what = "is zero, and should not be" if self.factor == 0 else "is wrong"
        else:
            what = f"is {self.factor:.6g} times the right one"
        where = "" if self.worst is None else f" at {self.worst}"
        return (
            f"{self.tensor}: the gradient {what} ({self.method}: error {self.error:.2g}, allowed {self.limit:.0e}; "
            f"{self.mine:.8g} instead of {self.numeric:.8g}{where})"
        )


@dataclass
class GradientCheck:
    """The outcome of a check; true if it passed.

    Attributes:
        rows: what was compared.
        problems: what is wrong besides numbers, such as an input that was written to.
        warnings: why some part of this check could not have failed.
        diagnosis: the likely mistake, in words, if one is known.
    """

    name: str
    dtype: str
    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    diagnosis: str = ""

    @property
    def passed(self) -> bool:
        return not self.problems and all(row.passed for row in self.rows)

    def __bool__(self) -> bool:
        return self.passed

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, key: tuple[str, str]) -> Row:
        """The row of a tensor, whose path may be shortened from the left, and a method."""
        tensor, method = key
        for row in self.rows:
            if row.method == method and (row.tensor == tensor or row.tensor.endswith("/" + tensor)):
                return row
        raise KeyError(f"No row {key}; there are {[(row.tensor, row.method) for row in self.rows]}.")

    @property
    def max_error(self) -> float:
        """The largest error of all rows."""
        return max((row.error for row in self.rows), default=0.0)

    @property
    def kinks(self) -> tuple[int, int]:
        """How many central probes met a kink, and how many there were."""
        probes = [row for row in self.rows if row.method == "central"]
        return sum(row.kinks for row in probes), sum(row.probed for row in probes)

    def assert_ok(self) -> None:
        """Does nothing if the check passed.

        Raises:
            GradientError: with what is wrong and the table.
        """
        if not self.passed:
            raise GradientError("\n" + str(self))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain Python objects, for JSON."""
        rows = [{**vars(row), "passed": row.passed} for row in self.rows]
        kept = {"name": self.name, "dtype": self.dtype, "passed": self.passed, "diagnosis": self.diagnosis}
        return {**kept, "problems": list(self.problems), "warnings": list(self.warnings), "rows": rows}

    def cells(self) -> list[tuple[str, ...]]:
        """The table's cells, its head first."""
        head = ("", "tensor", "method", "error", "limit", "worst", "mine", "numeric", "step", "probes", "kinks")
        return [head, *(_cells(row) for row in self.rows)]

    def table(self) -> str:
        """The rows as text."""
        cells = self.cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)
        return "\n".join(lines)

    def verdict(self) -> str:
        """Passed or failed, and what is wrong: what stands above the table."""
        wrong = _shortest([row for row in self.rows if not row.passed])
        lines = [f"Gradient check of {self.name} in {self.dtype}: {'passed' if self.passed else 'FAILED'}"]
        lines += [f"  {words}" for words in (*self.problems, *(row.words for row in wrong), self.diagnosis) if words]
        return "\n".join(lines)

    def notes(self) -> str:
        """Kinks and warnings: what stands below the table."""
        kinks, probes = self.kinks
        met = f"{kinks} of {probes} differences met a kink and were held against the one-sided slopes."
        return "\n".join([met] * bool(kinks) + [f"Warning: {warning}" for warning in self.warnings])

    def _repr_html_(self) -> str:
        """How a notebook shows the check."""
        from ..page.fragments import table

        return table(self.cells(), self.verdict())

    def __str__(self) -> str:
        return console.spelt("\n".join([self.verdict(), "", self.table(), *filter(None, [self.notes()])]))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        "✓" if row.passed else "✗",
        row.tensor,
        row.method,
        f"{row.error:.1e}",
        f"{row.limit:.0e}",
        "" if row.worst is None else str(row.worst).replace(",)", ")"),
        f"{row.mine:.6g}",
        f"{row.numeric:.6g}",
        f"{row.step:.0e}",
        f"{row.probed}/{row.size}",
        str(row.kinks) if row.kinks else "",
    )


def _shortest(rows: list[Row]) -> list[Row]:
    """One row for each tensor."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.tensor, row)
    return list(first.values())


def norm_relative(a: np.ndarray, b: np.ndarray) -> float:
    """‖a − b‖ / max(‖a‖, ‖b‖), and 0 if both are zero.

    >>> norm_relative(np.array([3.0, 4.0]), np.array([3.0, 4.0])), norm_relative(np.ones(1), np.zeros(1))
    (0.0, 1.0)
    """
    scale = max(float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    distance = float(np.linalg.norm(a - b))
    if not np.isfinite(scale) or not np.isfinite(distance):
        return float("nan")
    return distance / scale if scale else 0.0


def factor(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-6) -> float | None:
    """c if a = c · b, else None.

    >>> factor(np.array([2.0, 4.0]), np.array([1.0, 2.0])), factor(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    (2.0, None)
    """
    square = float(np.vdot(b, b).real)
    if not square or not np.isfinite(square) or not np.isfinite(a).all():
        return None
    c = float(np.vdot(b, a).real) / square
    rest = float(np.linalg.norm(a - c * b))
    allowed = tolerance * max(abs(c), float(np.linalg.norm(a)) / square**0.5) * square**0.5
    return c if rest <= allowed else None
