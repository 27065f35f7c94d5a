"""Adadelta: steps in the units of the weights, from the mean squares of gradients and of past steps.

With w a parameter, g = ∂L/∂w, v and d zero at first and η the learning rate::

    (1)  v ← ρ v + (1 − ρ) g²
    (2)  δ = −√(d + ε) g / √(v + ε)
    (3)  d ← ρ d + (1 − ρ) δ²
    (4)  w ← w + η δ

Source: Zeiler 2012, which has η = 1; Keras's default of 0.001 is far slower.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = Adadelta(learning_rate=1.0, rho=0.75, epsilon=1.0)
>>> optimizer.apply([np.array([np.sqrt(12.0)])], [w])  # v = 3: δ = −√12 / √4
>>> w.value.round(4)
array([-0.7321])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from .base import Optimizer


class Adadelta(Optimizer):
    """Equations (1) to (4). Also "adadelta".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        rho: ρ, of the means.
        epsilon: ε, which also makes the first steps possible.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("rho", "epsilon")
    formula = (
        "v ← ρ v + (1 − ρ) g²;  δ = −√(d + ε) g / √(v + ε);  d ← ρ d + (1 − ρ) δ²;  w ← w + η δ",
        r"v \leftarrow \rho v + (1 - \rho) g^2;\; "
        r"\delta = -\frac{\sqrt{d + \epsilon}}{\sqrt{v + \epsilon}} g;\; "
        r"d \leftarrow \rho d + (1 - \rho)\delta^2;\; w \leftarrow w + \eta\delta",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        names = ["accumulated_grad", "accumulated_delta_var"]
        self._accumulated_grads, self._accumulated_delta_vars = self.add_optimizer_variables(variables, names)

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        kernels.select(w.dtype).adadelta(
            w,
            self._accumulated_grads[i].value,
            self._accumulated_delta_vars[i].value,
            gradient,
            learning_rate,
            number(self.rho),
            number(1 - self.rho),
            number(self.epsilon),
        )
