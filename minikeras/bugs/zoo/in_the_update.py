"""Mistakes in an optimizer's rule. The gradients are right; :func:`~minikeras.testing.update_error` sees the steps."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...optimizers import SGD, Adam, AdamW, RMSprop
from .registry import UPDATE_MUTANTS, Patch
from .registry import register as register_in

register = partial(register_in, table=UPDATE_MUTANTS)


def _in_adam(step: Callable[[Any, np.ndarray, np.ndarray, np.ndarray, float, int], Any]) -> list[Patch]:
    """Replaces Adam's means and step: step(adam, m, v, gradient, rate, t) changes m and v, and gives w's change."""

    def wrong(self: Any, gradient: np.ndarray, parameter: Any, learning_rate: Any) -> None:
        i = self._get_variable_index(parameter)
        m, v = self._momentums[i].value, self._velocities[i].value
        parameter.value[...] += step(self, m, v, gradient, learning_rate, self.iterations + 1)

    return [(Adam, "update_step", wrong)]


def _means(adam: Any, m: np.ndarray, v: np.ndarray, g: np.ndarray) -> None:
    m += (g - m) * (1 - adam.beta_1)
    v += (g * g - v) * (1 - adam.beta_2)


def _rate(adam: Any, rate: float, t: int) -> float:
    return rate * np.sqrt(1 - adam.beta_2**t) / (1 - adam.beta_1**t)


@register(
    "Adam's means are used as they are, without the correction for their beginning at zero.",
    "The first steps of many an Adam from scratch are √(1 − β₂) / (1 − β₁) off, about 3 times too large.",
)
def bias_correction_forgotten() -> list[Patch]:
    def step(adam: Any, m: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, t: int) -> Any:
        _means(adam, m, v, g)
        return -rate * m / (np.sqrt(v) + adam.epsilon)

    return _in_adam(step)


@register(
    "Adam adds ε to the mean square under the root, where it should be added to the root.",
    "TensorFlow's RMSprop has ε inside and its Adam outside; code copied between them keeps the wrong one.",
)
def epsilon_inside_the_root() -> list[Patch]:
    def step(adam: Any, m: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, t: int) -> Any:
        _means(adam, m, v, g)
        return -_rate(adam, rate, t) * m / np.sqrt(v + adam.epsilon)

    return _in_adam(step)


@register(
    "RMSprop adds ε to the root, where Keras adds it to the mean square under the root.",
    "PyTorch adds it outside, Keras inside: the same ε means another step after a port from one to the other.",
)
def epsilon_outside_the_root() -> list[Patch]:
    def wrong(self: Any, gradient: np.ndarray, parameter: Any, learning_rate: Any) -> None:
        v = self._velocities[self._get_variable_index(parameter)].value
        v[...] = self.rho * v + (1 - self.rho) * gradient**2
        parameter.value[...] -= learning_rate * gradient / (np.sqrt(v) + self.epsilon)

    return [(RMSprop, "update_step", wrong)]


@register(
    "AdamW's decay is added to the gradient, and so divided by its root mean square, where it should stand alone.",
    "It is what L2 in Adam does in most libraries; the paper on AdamW (Loshchilov and Hutter) is about it.",
)
def decay_coupled() -> list[Patch]:
    right = AdamW.update_step

    def wrong(self: Any, gradient: np.ndarray, parameter: Any, learning_rate: Any) -> None:
        right(self, gradient + self.weight_decay * parameter.value, parameter, learning_rate)

    return [(AdamW, "update_step", wrong), (AdamW, "_decay_of", lambda self, p: None)]


@register(
    "Adam takes its step with the means of the step before, and updates them afterwards.",
    "Two lines in the wrong order; Lion really does update its mean after use, Adam does not.",
)
def moments_updated_after_use() -> list[Patch]:
    def step(adam: Any, m: np.ndarray, v: np.ndarray, g: np.ndarray, rate: float, t: int) -> Any:
        change = -_rate(adam, rate, t) * m / (np.sqrt(v) + adam.epsilon)
        _means(adam, m, v, g)
        return change

    return _in_adam(step)


@register(
    "Nesterov's look ahead has the wrong sign: w − μ v − η g in the place of w + μ v − η g.",
    "Some texts keep the velocity with the other sign; a formula from each gives this mixture.",
)
def nesterov_sign() -> list[Patch]:
    def wrong(self: Any, gradient: np.ndarray, parameter: Any, learning_rate: Any) -> None:
        v = self.momentums[self._get_variable_index(parameter)].value
        v[...] = self.momentum * v - learning_rate * gradient
        parameter.value[...] += (-self.momentum if self.nesterov else 1) * v - learning_rate * gradient * self.nesterov

    return [(SGD, "update_step", wrong)]
