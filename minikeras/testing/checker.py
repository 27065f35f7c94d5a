"""The methods of a gradient check, run over the tensors of a subject; kinks and rounding are told from mistakes."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import differences
from .differences import CORNER, KINK, WRONG
from .result import GradientCheck, Row, factor, norm_relative
from .subjects import Numbers
from .tolerances import CENTRAL_STEP, COMPLEX_STEP, RATE, limit, noise, rounded

_NOT_COMPLEX = 1e-6  # a complex step that is further off than this, where differences agree, is not to be used


class Checker:
    """One run of the methods over the tensors of a subject."""

    def __init__(
        self,
        subject: Any,
        result: GradientCheck,
        methods: Sequence[str],
        probes: int | None,
        rng: np.random.Generator,
        tolerance: float | None,
        suffix: str = "",
    ) -> None:
        self.subject, self.result, self.methods, self.probes, self.rng = subject, result, methods, probes, rng
        self.tolerance, self.suffix, self.dtype = tolerance, suffix, result.dtype
        self.counted: dict[str, np.ndarray] = {}  # which of them to count, where only differences are known
        self.taken: dict[str, np.ndarray] = {}  # the gradients that a training step took
        self.numeric: dict[str, np.ndarray] = {}  # the best derivative known of each tensor's probed entries

    def run(self) -> None:
        found = self.subject.gradients(self.dtype)
        self.result.problems += found.problems
        self.mine = {path: np.asarray(g, "float64") for path, g in found.arrays.items()}
        self.indices = {path: differences.pick(g.shape, self.probes, self.rng) for path, g in self.mine.items()}
        self.v = {path: self.rng.normal(size=g.shape) for path, g in self.mine.items()}
        if self.dtype == "float32":
            self.result.warnings.append(
                f"float32: a mistake below {self._limit('complex'):.0e} cannot show. dtype='float64' sees more."
            )
        with np.errstate(all="ignore"):
            by_complex = self._complex_numbers()
            with self.subject.numbers("float64") as real:
                self._judge(real, by_complex)

    def explain(self, batch_size: int, weights: dict[str, np.ndarray]) -> None:
        """Adds the likely mistake to a check that failed: from the tensors that passed, and the wrong ones of which
        every entry was looked at."""
        wrong = {row.tensor for row in self.result.rows if not row.passed}
        wrong_step = all(row.passed for row in self.result.rows if row.method != "update")
        mine = self.taken if wrong_step and self.taken else self.mine
        known = {p: n.reshape(mine[p].shape) for p, n in self.numeric.items() if p in mine and n.size == mine[p].size}
        reference = {p: known[p] if p in wrong else g for p, g in mine.items() if p not in wrong or p in known}
        if wrong & set(reference):
            from ..bugs import diagnose

            found = diagnose({p: mine[p] for p in reference}, reference, batch_size=batch_size, weights=weights)
            self.result.diagnosis = str(found) if found.mistake else ""

    def _complex_numbers(self) -> tuple[dict[str, np.ndarray], dict[str, float]] | None:
        """Complex steps of every entry and along every direction; None if L cannot be had in complex numbers."""
        entries: dict[str, np.ndarray] = {}
        directions: dict[str, float] = {}
        if not {"complex", "direction", "update"} & set(self.methods):
            return entries, directions
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                with self.subject.numbers("complex128") as n:
                    for path in self.mine:
                        if {"complex", "update"} & set(self.methods):
                            entries[path] = differences.complex_step(n.loss, n.arrays[path], self.indices[path])
                        if "direction" in self.methods:
                            directions[path] = differences.along(n.loss, n.arrays[path], self.v[path])
        except Exception as error:  # anything may go wrong in code that was not written for complex numbers
            self._warn(f"no complex step: the code takes no complex numbers ({type(error).__name__}: {error}).")
            return None
        return entries, directions

    def _judge(self, real: Numbers, by_complex: Any) -> None:
        methods = [m for m in self.methods if m != "update"]
        if by_complex is None and "central" not in methods:
            methods.append("central")
        base = float(real.loss())
        if not np.isfinite(base):
            self.result.problems.append(f"the loss itself is {base} here.")
        for path in self.mine:
            entries = None if by_complex is None else by_complex[0].get(path)
            usable = entries is not None
            if entries is not None:
                usable = self._judge_complex(real, path, entries)
            if usable:
                self.numeric[path] = entries  # type: ignore[assignment]
            if "central" in methods or (("complex" in methods or "update" in self.methods) and not usable):
                numeric = differences.central(real.loss, real.arrays[path], self.indices[path])
                self._add(self._entrywise(real, path, "central", self.mine[path], numeric, CENTRAL_STEP))
                if path not in self.numeric:
                    self.numeric[path], self.counted[path] = numeric, self._counted
            if "direction" in methods:
                exact = by_complex is not None and (usable or entries is None)
                self._judge_direction(real, path, by_complex[1][path] if exact else None)
            self._warn_if_idle(real, path)
        if "update" in self.methods:
            self.taken = self.subject.update(self.dtype)
            for path, g in self.taken.items():
                self._add(self._entrywise(real, path, "update", g, self.numeric[path], RATE))

    def _judge_complex(self, real: Numbers, path: str, numeric: np.ndarray) -> bool:
        """Adds the row of the complex step, unless differences show that L is not analytic in this array."""
        row = self._entrywise(real, path, "complex", self.mine[path], numeric, COMPLEX_STEP)
        if not row.passed and not row.error <= _NOT_COMPLEX:
            by_difference = differences.central(real.loss, real.arrays[path], self.indices[path])
            if self._entrywise(real, path, "central", self.mine[path], by_difference, CENTRAL_STEP).passed:
                self._warn(
                    f"{path}: no complex step, since the function is not analytic in it (np.abs, .real, a mask of a "
                    f"complex number?); differences agree with the gradient."
                )
                return False
        if "complex" in self.methods:
            self._add(row)
        return True

    def _entrywise(
        self, real: Numbers, path: str, method: str, gradient: np.ndarray, numeric: np.ndarray, step: float
    ) -> Row:
        indices = self.indices[path]
        mine = np.array([gradient[i] for i in indices], "float64")
        tolerance, rounding = self._limit(method), self._noise(real, path, method, len(mine))
        counted, kinks = np.ones(len(mine), bool), 0
        if method == "update" and path in self.counted:  # the differences, kinks left out, are what is known
            counted, tolerance = self.counted[path], max(tolerance, self._limit("central"))
            rounding += self._noise(real, path, "central", len(mine))
            mine, numeric = np.where(counted, mine, 0), np.where(counted, numeric, 0)
        error, allowed = _compared(mine, numeric, tolerance, rounding)
        if not error <= allowed and method != "update":
            kinks = self._look_closer(real, path, mine, numeric, counted, method, allowed)
            settled = np.where(counted, mine, numeric)  # the others have no error, and their size still counts
            error, allowed = _compared(settled, numeric, tolerance, rounding)
        self._counted = counted
        off = np.where(counted, np.abs(mine - numeric), -1)
        off[np.isnan(off)] = np.inf
        at = int(off.argmax()) if len(off) else None
        worst, a, b = (None, 0.0, 0.0) if at is None else (indices[at], float(mine[at]), float(numeric[at]))
        c = None if error <= allowed else _clear(factor(mine[counted], numeric[counted], max(tolerance, 1e-6)))
        sizes = (len(mine), gradient.size)
        return Row(path + self.suffix, method, error, allowed, worst, a, b, step, *sizes, kinks, c)

    def _look_closer(
        self,
        real: Numbers,
        path: str,
        mine: np.ndarray,
        numeric: np.ndarray,
        counted: np.ndarray,
        method: str,
        allowed: float,
    ) -> int:
        """Takes the entries out of the count that only disagree because of a kink or too coarse a step."""
        scale = max(float(np.linalg.norm(mine)), float(np.linalg.norm(numeric))) / len(mine) ** 0.5
        kinks, array = 0, real.arrays[path]
        witness = self.numeric.get(path)
        for i in np.flatnonzero(~(np.abs(mine - numeric) <= allowed * scale)):
            index = self.indices[path][i]
            if method == "complex":  # it stays at θ, so only a kink in θ itself can mislead it
                verdict = differences.at_a_bend(real.loss, array, index, mine[i], real.magnitude)
            else:
                verdict = differences.look_closer(real.loss, array, index, mine[i], numeric[i], real.magnitude, scale)
            if verdict == CORNER and method == "central" and witness is not None:
                verdict = KINK if abs(mine[i] - witness[i]) <= _NOT_COMPLEX * scale else WRONG
            if verdict == CORNER:
                self._warn(f"{path}: several kinks meet at {index}, which cannot be judged by slopes; the others can.")
            counted[i] = verdict == WRONG
            kinks += verdict in (KINK, CORNER)
        return kinks

    def _judge_direction(self, real: Numbers, path: str, exact: float | None) -> None:
        v = self.v[path]
        row = self._along(real, path, v, exact)
        if not row.passed and self._bends_along(real, path, v):
            v = _together(v, real.arrays[path])  # equal largest entries stay equal along it
            row = self._along(real, path, v, None)
            if not row.passed and self._bends_along(real, path, v):
                self._warn(f"{path}: not judged along a direction, since the loss bends right here; its entries are.")
                row = replace(row, error=0.0, kinks=1)
        self._add(row)

    def _along(self, real: Numbers, path: str, v: np.ndarray, exact: float | None) -> Row:
        """The row of a direction: by the complex step if that is known and right, or else by differences."""
        mine = float(np.sum(self.mine[path] * v))
        row = self._direction_row(real, path, mine, exact)
        if not row.passed and (exact is None or not row.error <= _NOT_COMPLEX):
            outcome = differences.along(real.loss, real.arrays[path], v)
            by_difference = self._direction_row(real, path, mine, outcome, "central")
            if by_difference.passed or exact is None:
                return by_difference
        return row

    def _direction_row(
        self, real: Numbers, path: str, mine: float, numeric: float | None, method: str = "direction"
    ) -> Row:
        g = self.mine[path]
        error, allowed = float("nan"), 0.0
        if numeric is not None:
            scale = max(float(np.linalg.norm(g)), abs(numeric))
            error = abs(mine - numeric) / scale if scale else 0.0
            allowed = self._limit(method) + (self._noise(real, path, method, g.size) / scale if scale else 0.0)
        c = _clear(mine / numeric) if numeric and not error <= allowed else None
        step = CENTRAL_STEP if method == "central" else COMPLEX_STEP
        sizes = (g.size, g.size)
        name, known = path + self.suffix, 0.0 if numeric is None else numeric
        return Row(name, "direction", error, allowed, None, mine, known, step, *sizes, 0, c)

    def _bends_along(self, real: Numbers, path: str, v: np.ndarray) -> bool:
        """True if the one-sided slopes along the direction stay apart however small the step."""
        array = real.arrays[path]
        t, kept = np.zeros(1), array.copy()

        def loss() -> Any:
            array[...] = kept + t[0] * v
            return real.loss()

        try:
            return differences.at_a_bend(loss, t, (0,), 0.0, real.magnitude) != WRONG
        finally:
            array[...] = kept

    def _warn_if_idle(self, real: Numbers, path: str) -> None:
        g = self.mine[path]
        size = float(np.linalg.norm(g))
        known = self.numeric.get(path)
        right = known is None or float(np.linalg.norm(known)) <= noise(real.magnitude, len(known))
        if not g.size:
            return
        if size == 0 and right:
            self._warn(f"{path}: the gradient is zero everywhere (dead units?): a check that cannot fail.")
        elif size <= noise(real.magnitude, g.size) and right:
            self._warn(f"{path}: the gradient is mere rounding ({size:.0e}; saturated?): a check that cannot fail.")

    def _limit(self, method: str) -> float:
        return limit(method, self.dtype) if self.tolerance is None else self.tolerance

    def _noise(self, real: Numbers, path: str, method: str, size: int) -> float:
        step = {"central": CENTRAL_STEP, "update": None}.get(method)
        found = noise(real.magnitude, size, step)
        if method == "update":
            largest = float(np.abs(real.arrays[path]).max(initial=0))
            found += noise(largest, size, RATE, self.dtype)
        if self.dtype == "float32":
            found += rounded(self.mine.values(), size)
        return found

    def _add(self, row: Row) -> None:
        self.result.rows.append(row)

    def _warn(self, warning: str) -> None:
        if warning not in self.result.warnings:
            self.result.warnings.append(warning)


def compared(tensor: str, method: str, mine: np.ndarray, right: np.ndarray, dtype: str, rounding: float) -> Row:
    """The row of a tensor all of whose right entries are known."""
    error, allowed = _compared(mine, right, limit(method, dtype), rounding)
    off = np.abs(mine - right)
    worst = tuple(map(int, np.unravel_index(off.argmax(), off.shape))) if off.size else None
    a, b = (0.0, 0.0) if worst is None else (float(mine[worst]), float(right[worst]))
    c = None if error <= allowed else _clear(factor(mine, right))
    return Row(tensor, method, error, allowed, worst, a, b, 0.0, mine.size, mine.size, 0, c)


def _compared(mine: np.ndarray, numeric: np.ndarray, tolerance: float, rounding: float) -> tuple[float, float]:
    """The error, and what it may be."""
    scale = max(float(np.linalg.norm(mine)), float(np.linalg.norm(numeric)))
    return norm_relative(mine, numeric), tolerance + (rounding / scale if scale > 0 else 0.0)


def _together(v: np.ndarray, array: np.ndarray) -> np.ndarray:
    """The direction with one number for all entries of the array that are equal: they stay equal along it."""
    _, first, which = np.unique(array, return_index=True, return_inverse=True)
    return v.ravel()[first][which].reshape(v.shape)


def _clear(c: float | None) -> float | None:
    """A factor that can be told from 1."""
    return None if c is None or abs(c - 1) < 1e-6 else c
