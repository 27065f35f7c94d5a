"""The progress bar, drawn as Keras draws it.

On a terminal or in a notebook the bar moves, twenty times a second at most. Elsewhere (a pipe, a log file) there is
one plain line an epoch, where Keras writes control characters.
"""

import sys
import time
from typing import Any

from .base import Callback

_WIDTH, _INTERVAL = 20, 0.05


class ProgbarLogger(Callback):
    """Prints the bar (verbose 1) or a line an epoch (verbose 2)."""

    def __init__(self) -> None:
        super().__init__()
        self._in_fit = False
        self._bar: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        verbose = params["verbose"]
        self._verbose = 1 if verbose in ("auto", True) else int(verbose)
        self._moving = self._verbose == 1 and _interactive()
        self._epochs, self._target = params["epochs"], params["steps"]

    @property
    def wants_batches(self) -> bool:
        return self._moving or self._target is None

    def on_train_begin(self, logs: Any = None) -> None:
        self._in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start()
        if self._verbose and self._epochs > 1:
            print(f"Epoch {epoch + 1}/{self._epochs}")

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._in_fit:
            self._start()

    def on_predict_begin(self, logs: Any = None) -> None:
        self._start()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._in_fit:
            self._step(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step(batch, None)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(None)

    def _start(self) -> None:
        self._begun, self._first, self._drawn, self._seen, self._length = time.time(), None, 0.0, 0, 0

    def _step(self, batch: int, logs: Any) -> None:
        self._seen = batch + 1
        now = time.time()
        if self._seen == 1:
            self._first = now
        if self._moving and now - self._drawn >= _INTERVAL:
            self._drawn = now
            self._draw(self._seen, now, logs, done=False)

    def _finish(self, logs: Any) -> None:
        if self._target is None:
            self._target = self._seen
        if self._verbose:
            self._draw(self._target, time.time(), logs, done=True)

    def _draw(self, current: int, now: float, logs: Any, done: bool) -> None:
        each = _step_time(current, now, self._begun, self._first)
        values = "".join(f" - {name}: {_number(value)}" for name, value in (logs or {}).items())
        if not self._moving:
            print(f"{current}/{current} - {now - self._begun:.0f}s -{_format_step(each)}{values}", flush=True)
            return
        target = self._target
        if target:
            count = f"{current:{len(str(target))}d}/{target}"
            filled = int(_WIDTH * current / target)
            bar = f"\x1b[1m{count}\x1b[0m " + (f"\x1b[32m{'━' * filled}\x1b[0m" if filled else "")
            bar += f"\x1b[37m{'━' * (_WIDTH - filled)}\x1b[0m"
            seen_width = len(count) + 1 + _WIDTH
        else:
            bar = f"{current:7d}/Unknown"
            seen_width = len(bar)
        left = each * (target - current) if target and not done else now - self._begun
        clock = _clock(left) if target and not done else f"{left:.0f}s"
        tail = f"{_format_step(each)}{values}"
        length = seen_width + 1 + len(clock) + len(tail)
        padding = " " * max(0, self._length - length)
        self._length = length
        sys.stdout.write(f"\r{bar} \x1b[1m{clock}\x1b[0m{tail}{padding}" + ("\n" if done else ""))
        sys.stdout.flush()


def _interactive() -> bool:
    return bool(getattr(sys.stdout, "isatty", lambda: False)()) or "ipykernel" in sys.modules


def _step_time(current: int, now: float, begun: float, first: float | None) -> float:
    """Seconds a step, without the first one, which may have compiled something."""
    if not current:
        return 0.0
    return (now - first) / (current - 1) if first is not None and current > 1 else (now - begun) / current


def _format_step(seconds: float) -> str:
    """
    >>> _format_step(0.00076), _format_step(0.592), _format_step(2.4)
    (' 760us/step', ' 592ms/step', ' 2s/step')
    """
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/step"
    return f" {seconds * 1e3:.0f}ms/step" if seconds >= 1e-3 else f" {seconds * 1e6:.0f}us/step"


def _clock(seconds: float) -> str:
    """
    >>> _clock(5), _clock(65), _clock(3700)
    ('5s', '1:05', '1:01:40')
    """
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if seconds > 60 else f"{whole}s"


def _number(value: float) -> str:
    """
    >>> _number(0.51234), _number(0.0005)
    ('0.5123', '5.0000e-04')
    """
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"
