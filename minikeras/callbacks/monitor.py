"""MonitorCallback: what callbacks that watch one logged number share."""

import warnings
from typing import Any

import numpy as np

from .. import config
from .base import Callback


class MonitorCallback(Callback):
    """Base class: says whether a number got better.

    Args:
        monitor: which logged number.
        mode: "min", "max", or "auto": the loss is better low, a metric as the metric itself says.
        baseline: the best number so far; None for none.
        min_delta: how much better counts as better.

    Numbers are compared in ``config.floatx()``, as in Keras.

    Differs from Keras: NaN is never the best; after NaN the first number is an improvement.
    """

    remembers: tuple[str, ...] = ("best",)

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.", stacklevel=3)
            mode = "auto"
        self.monitor, self.mode, self.best, self.min_delta = monitor, mode, baseline, abs(min_delta)
        self._upwards: bool | None = None

    def _find_direction(self) -> None:
        """Settles once whether more is better.

        Raises:
            ValueError: if mode is "auto" and the direction is unknown.
        """
        if self._upwards is not None:
            return
        if self.mode != "auto":
            self._upwards = self.mode == "max"
            return
        name = self.monitor.removeprefix("val_")
        found = [inner for m in getattr(self.model, "metrics", ()) for inner in (m, *getattr(m, "metrics", ()))]
        directions = [getattr(m, "_direction", None) for m in found if m.name == name]
        known = [direction for direction in directions if direction]
        if known:
            self._upwards = known[-1] == "up"
        elif name == "loss":
            self._upwards = False
        else:
            raise ValueError(
                f"{type(self).__name__} callback received monitor={self.monitor}, and cannot tell whether that is "
                "better when high or when low. Pass `mode='max'` for the highest value to be the best, or "
                "`mode='min'` for the lowest."
            )

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        if np.isnan(value):
            return False
        if reference is None or np.isnan(reference):
            return True
        self._find_direction()
        real = np.dtype(config.floatx()).type
        if self._upwards:
            return bool(real(value - self.min_delta) > real(reference))
        return bool(real(value + self.min_delta) < real(reference))

    def _watched(self, logs: dict[str, Any], purpose: str) -> Any:
        """The number, or None with a warning that names the numbers there are."""
        found = logs.get(self.monitor)
        if found is None:
            warnings.warn(
                f"{purpose} conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs)}",
                stacklevel=3,
            )
        return found
