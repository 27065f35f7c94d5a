"""The base of all schedules, and their arithmetic in float32."""

import math
from typing import Any, ClassVar, Self

import numpy as np

from ... import config
from ...random import state


def number(value: Any) -> Any:
    """A number in float32; in float64 while ``floatx`` is that and the random stream is JAX's."""
    wide = config.floatx() == "float64" and state.stream() != "tensorflow"
    return np.float64(value) if wide else np.float32(value)


class LearningRateSchedule:
    """The base of all schedules: ``__call__(step)`` gives the rate, ``get_config()`` the arguments."""

    own_arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, step: Any) -> Any:
        """The learning rate after ``step`` steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        if self.own_arguments:
            return {name: getattr(self, name) for name in self.own_arguments}
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The schedule that a config describes."""
        return cls(**config)


def positive(decay_steps: float, name: str = "decay_steps") -> float:
    if decay_steps <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={decay_steps}")
    return decay_steps


def periods(step: Any, decay_steps: float, staircase: bool) -> np.float32:
    p = number(step) / number(decay_steps)
    return np.floor(p) if staircase else p


def power(base: np.float32, exponent: np.float32) -> np.float32:
    return number(float(base) ** float(exponent))


def cos(angle: np.float32) -> np.float32:
    return number(math.cos(angle))
