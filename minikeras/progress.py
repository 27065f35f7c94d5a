"""The progress bar, drawn as Keras draws it.

On a terminal or in a notebook the bar moves, twenty times a second at most::

    120/1719 ━━━━━━━━━━━━━━━━━━━━ 1s 762us/step - accuracy: 0.3474 - loss: 1.9582

Elsewhere (a pipe, a log file) there is one plain line for all steps, as Keras's ``verbose=2`` writes it::

    1719/1719 - 1s - 762us/step - accuracy: 0.7682 - loss: 0.7237
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import config, console


class Progbar:
    """A progress bar on stdout.

    Args:
        target: how many steps there will be; None if unknown.
        width: of the bar, in characters.
        verbose: 0 silent, 1 a moving bar, 2 one line at the end.
        interval: least number of seconds between two drawings.
        stateful_metrics: names of values shown as they are; all others are averaged over the steps.
        stateless_metrics: names of values averaged over the steps; all others are shown as they are.
        unit_name: what a step is called.

    Raises:
        ValueError: if both kinds of names are given.

    Differs from Keras: where stdout is neither a terminal nor a notebook, ``verbose=1`` writes the line of
    ``verbose=2``; Keras writes control characters and every drawing.

    >>> bar = Progbar(10, verbose=2, stateless_metrics=())
    >>> bar.update(10, [("accuracy", 0.0976), ("loss", 0.0004)])
    10/10 - 0s - ...s/step - accuracy: 0.0976 - loss: 4.0000e-04
    """

    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Only one of `stateful_metrics` or `stateless_metrics` can be provided.")
        self.target, self.width, self.interval, self.unit_name = target, width, interval, unit_name
        self.verbose = verbose
        self.moving = verbose == 1 and is_interactive()
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._as_is = set(stateful_metrics or ())
        self._values: dict[str, tuple[Any, int]] = {}  # name: (sum, number of steps)
        self._seen = 0
        self._begun = self.clock()
        self._drawn = float("-inf")
        self._after_first: float | None = None
        self._drawn_width = 0

    def rests(self, current: int) -> bool:
        """Notes that step ``current`` is done; True if it is too early to draw again."""
        self._seen = current
        now = self.clock()
        if current == 1:
            self._after_first = now
        return not self.moving or now - self._drawn < self.interval

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Draws what is to be drawn after step ``current``.

        Args:
            values: pairs (name, value of the last step).
            finalize: whether this is the end; None asks the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._note(current, values or (), finalize)
        if self.rests(current) and not finalize:
            return
        now = self.clock()
        per_step = self._seconds_per_step(current, now)
        if self.moving:
            self._draw(current, now, per_step, finalize)
        elif self.verbose and finalize and self.target:
            numbers = "".join(f" - {name}:{_number(value)}" for name, value in self._means())
            count = f"{current:{len(str(self.target))}d}/{self.target}"
            write(f"{count} - {now - self._begun:.0f}s -{format_step(per_step, self.unit_name)}{numbers}\n")
        self._drawn = now

    def announce(self, what: str) -> None:
        """Says what happens before the first step, on a bar that moves; the first drawing covers it."""
        if self.moving:
            line = f"{0:{len(str(self.target))}d}/{self.target or 'Unknown'} {what}"
            write(f"\r{line}")
            self._drawn_width = len(line)

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Draws ``n`` more steps."""
        self.update(self._seen + n, values)

    def _note(self, current: int, values: Iterable[tuple[str, Any]], finalize: bool) -> None:
        for name, value in values:
            averaged = name in self._averaged if self._averaged is not None else name not in self._as_is
            if not averaged or finalize:
                self._values[name] = value, 1
            else:
                steps = max(current - self._seen, 1)
                total, count = self._values.get(name, (0, 0))
                self._values[name] = total + value * steps, count + steps

    def _means(self) -> Iterable[tuple[str, float]]:
        return ((name, float(np.mean(total)) / count) for name, (total, count) in self._values.items())

    def _seconds_per_step(self, current: int, now: float) -> float:
        """Without the first step, which may have had to compile something."""
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        return (now - self._begun) / current

    def _draw(self, current: int, now: float, per_step: float, finalize: bool) -> None:
        if self.target:
            count = f"{current:{len(str(self.target))}d}/{self.target}"
            filled = int(self.width * (current / self.target))
            green = f"\x1b[32m{'━' * filled}\x1b[0m" if filled else ""
            bar = f"\x1b[1m{count}\x1b[0m {green}\x1b[37m{'━' * (self.width - filled)}\x1b[0m"
            bar_width = len(count) + 1 + self.width
        else:
            bar = f"{current:7d}/Unknown"
            bar_width = len(bar)
        if self.target and not finalize:
            clock = format_left(per_step * (self.target - current))
        else:
            clock = f"{now - self._begun:.0f}s"
        tail = format_step(per_step, self.unit_name)
        tail += "".join(f" - {name}:{_number(value, signed=True)}" for name, value in self._means())
        width = bar_width + 1 + len(clock) + len(tail)
        cover = " " * (self._drawn_width - width)  # what a longer line left behind
        back = "\b" * self._drawn_width + "\r"
        write(f"{back}{bar} \x1b[1m{clock}\x1b[0m{tail}{cover}" + ("\n" if finalize else ""))
        self._drawn_width = width


def is_interactive() -> bool:
    """True if stdout can redraw a line (a terminal, a notebook or PyCharm's console) and shall show progress."""
    if not config.is_interactive_logging_enabled():
        return False
    isatty = getattr(sys.stdout, "isatty", None)
    return bool(isatty and isatty()) or "ipykernel" in sys.modules or "PYCHARM_HOSTED" in os.environ


def format_step(seconds: float, unit_name: str = "step") -> str:
    """A step's duration.

    >>> format_step(0.000762), format_step(0.592), format_step(2.4)
    (' 762us/step', ' 592ms/step', ' 2s/step')
    """
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit_name}"
    if seconds >= 1e-3:
        return f" {seconds * 1e3:.0f}ms/{unit_name}"
    return f" {seconds * 1e6:.0f}us/{unit_name}"


def format_left(seconds: float) -> str:
    """The time that is left.

    >>> format_left(5.9), format_left(65), format_left(3700)
    ('5s', '1:05', '1:01:40')
    """
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if seconds > 60 else f"{whole}s"


def _number(value: float, signed: bool = False) -> str:
    """Four decimals, or four digits at or below 1e-3; the line of verbose=2 does not look at the sign."""
    return f" {value:.4f}" if (abs(value) if signed else value) > 1e-3 else f" {value:.4e}"


def write(message: str) -> None:
    """Writes to the console, or to the log if interactive logging is off."""
    if not config.is_interactive_logging_enabled():
        import logging

        logging.getLogger("minikeras").info(message.strip())
        return
    console.write(message)
