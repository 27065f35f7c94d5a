"""Adagrad: each entry of the gradient over the root of the sum of its squares so far.

With w a parameter, g = ∂L/∂w, v = initial_accumulator_value at first and η the learning rate::

    (1)  v ← v + g²
    (2)  w ← w − η g / √(v + ε)

Source: Duchi, Hazan and Singer 2011.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = Adagrad(learning_rate=0.5, initial_accumulator_value=0.0, epsilon=0.0)
>>> for g in (3.0, 4.0):  # v = 9, then 25
...     optimizer.apply([np.array([g])], [w])
...     print(w.value)
[0.5]
[0.1]
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import initializers, kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Adagrad(Optimizer):
    """Equations (1) and (2). Also "adagrad".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        initial_accumulator_value: v at first.
        epsilon: ε, against division by zero.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("initial_accumulator_value", "epsilon")
    formula = (
        "v ← v + g²;  w ← w − η g / √(v + ε)",
        r"v \leftarrow v + g^2;\; w \leftarrow w - \eta \frac{g}{\sqrt{v + \epsilon}}",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        start = initializers.Constant(scalar(self.initial_accumulator_value, np.dtype("float64")))
        self._accumulators = self.add_optimizer_variables(variables, "accumulator", start)

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        kernels.select(w.dtype).adagrad(w, self._accumulators[i].value, gradient, learning_rate, number(self.epsilon))
