"""Optimizers whose equation (5) is one kernel on a parameter, its slots and its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..kernels.together import Together
from ..parameter import Parameter
from .base import Optimizer

#: A kernel's name, its slots (a list with one for each parameter, or None where there are none), and its numbers.
Rule = tuple[str, tuple[list[Parameter] | None, ...], tuple[Any, ...]]


class ByRule(Optimizer):
    """An optimizer that states its equation (5) as a :meth:`rule`; all parameters are then updated in one call.

    Where ``update_step`` is overridden, it is called for each parameter, as in every other optimizer.
    """

    _together: Together | None = None

    def rule(self, learning_rate: Any) -> Rule:
        """Equation (5) as ``kernel(w, *slots, g, *numbers)``.

        Args:
            learning_rate: a scalar of the parameters' dtype.
        """
        raise NotImplementedError(f"Optimizer '{type(self).__name__}' must override `rule`.")

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        name, slots, numbers = self.rule(learning_rate)
        i = self._get_variable_index(parameter)
        arrays = [None if slot is None else slot[i].value for slot in slots]
        getattr(kernels.select(parameter.dtype), name)(parameter.value, *arrays, gradient, *numbers)

    def update_steps(self, gradients: Sequence[np.ndarray], parameters: Sequence[Parameter], rate: float) -> None:
        overridden = getattr(self.update_step, "__func__", None) is not ByRule.update_step
        if overridden or parameters is not self._parameters:
            super().update_steps(gradients, parameters, rate)
            return
        values: Any = [p.value for p in parameters]
        name, slots, numbers = self.rule(values[0].dtype.type(rate))
        lists = [values, *[None if slot is None else [s.value for s in slot] for slot in slots], gradients]
        if self._together is None or not self._together.is_of(lists):
            self._together = Together(lists)
        if self._together.dtype is None:  # there are several
            super().update_steps(gradients, parameters, rate)
        else:
            self._together.run(name, numbers)
