"""Two tensors, one verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import tolerances


def relative(a: Any, b: Any) -> float:
    """‖a − b‖ / ‖b‖; 0 if both are zero, ∞ if the shapes differ or a number is not finite.

    >>> relative([1.0, 0.0], [1.0, 0.0]), relative([2.0], [1.0]), relative([1.0], [0.0])
    (0.0, 1.0, inf)
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        return float("inf")
    difference, size = float(np.linalg.norm(a - b)), float(np.linalg.norm(b))
    if difference == 0:
        return 0.0
    if not np.isfinite(difference) or size == 0:
        return float("inf")
    return difference / size


def ulps(a: Any, b: Any) -> int:
    """The largest number of floating-point numbers between two elements.

    >>> ulps(np.float32([1.0]), np.nextafter(np.float32([1.0]), np.float32(2)))
    1
    """
    a, b = np.asarray(a), np.asarray(b)
    integer: Any = {4: np.int32, 8: np.int64}[a.dtype.itemsize]

    def line(x: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(x).view(integer)
        return np.where(bits < 0, np.iinfo(integer).min - bits, bits).astype(object)

    return int(max(abs(line(a) - line(b)).ravel(), default=0))


@dataclass(frozen=True)
class Comparison:
    """What is known about one tensor.

    Attributes:
        error: norm-relative distance between the engine and Keras: the verdict's number.
        ours, theirs: both sides' distance from the float64 result, in float32.
        largest, index, values: the largest absolute difference, where it is, and both values there.
    """

    check: str
    case: str
    tensor: str
    dtype: str
    error: float
    limit: float
    passed: bool
    largest: float = 0.0
    index: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    ulp: int = 0
    ours: float | None = None
    theirs: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def tensor(
    check: str, case: str, name: str, ours: Any, theirs: Any, dtype: str, judge: Any = None, bound: Any = None
) -> Comparison:
    """Compares one tensor.

    Args:
        judge: the same tensor in float64, for a float32 comparison.
        bound: the limit, if it is not that of ``check`` and ``dtype``.
    """
    error = relative(ours, theirs)
    bound = tolerances.limit(check, dtype) if bound is None else bound
    ours_off = theirs_off = None
    passed = error <= bound
    if judge is not None:
        ours_off, theirs_off = relative(ours, judge), relative(theirs, judge)
        passed = passed or (np.isfinite(error) and ours_off <= tolerances.JUDGED * theirs_off)
    details: dict[str, Any] = {}
    a, b = np.asarray(ours), np.asarray(theirs)
    if a.shape == b.shape and a.size and a.dtype.kind == "f":
        difference = np.abs(a.astype(np.float64) - b)
        index = np.unravel_index(int(np.argmax(difference)), a.shape)
        details = {
            "largest": float(difference[index]),
            "index": tuple(int(i) for i in index),
            "values": (float(a[index]), float(b[index])),
            "ulp": ulps(a[index].reshape(1), b.astype(a.dtype)[index].reshape(1)) if error else 0,
        }
    return Comparison(check, case, name, dtype, error, bound, bool(passed), ours=ours_off, theirs=theirs_off, **details)


def tensors(
    check: str,
    case: str,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    dtype: str,
    judge: Mapping[str, Any] | None = None,
) -> list[Comparison]:
    """Compares all tensors of a dictionary; one that is on one side only fails."""
    rows = []
    for name in dict.fromkeys((*theirs, *ours)):
        if name in ours and name in theirs:
            rows.append(tensor(check, case, name, ours[name], theirs[name], dtype, judge[name] if judge else None))
        else:
            rows.append(
                Comparison(check, case, f"{name} (missing)", dtype, float("inf"), tolerances.limit(check, dtype), False)
            )
    return rows
