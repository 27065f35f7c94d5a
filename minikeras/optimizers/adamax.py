"""Adamax: Adam with the largest recent gradient in place of the root of the mean square.

With w a parameter, g = ∂L/∂w, m and u zero at first, η the learning rate and t = 1, 2, … the step::

    (1)  m ← m + (1 − β₁) (g − m)
    (2)  u ← max(β₂ u, |g|)
    (3)  w ← w − η m / ((1 − β₁ᵗ) (u + ε))

Source: Kingma and Ba 2015, section 7.1; ε is Keras's.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = Adamax(learning_rate=0.25, beta_1=0.5, beta_2=0.5, epsilon=0.0)
>>> optimizer.apply([np.array([4.0])], [w])  # m = 2, u = 4: w = 1 − 0.25 · 2 / (0.5 · 4)
>>> optimizer.apply([np.array([0.0])], [w])  # m = 1, u = 2: w = 0.75 − 0.25 · 1 / (0.75 · 2)
>>> w.value.round(4)
array([0.5833])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Adamax(Optimizer):
    """Adam in the infinity norm, equations (1) to (3). Also "adamax".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_1: β₁, of the mean of the gradients.
        beta_2: β₂, by which the largest gradient fades at each step.
        epsilon: ε, against division by zero.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon")
    formula = (
        "m ← m + (1 − β₁)(g − m);  u ← max(β₂ u, |g|);  w ← w − η m / ((1 − β₁ᵗ)(u + ε))",
        r"m \leftarrow m + (1 - \beta_1)(g - m);\; u \leftarrow \max(\beta_2 u, |g|);\; "
        r"w \leftarrow w - \frac{\eta\, m}{(1 - \beta_1^t)(u + \epsilon)}",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self._m, self._u = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        left_1 = number(1) - scalar(self.beta_1, w.dtype) ** self._local_step(w.dtype)
        kernels.select(w.dtype).adamax(
            w,
            self._m[i].value,
            self._u[i].value,
            gradient,
            learning_rate,
            number(1 - self.beta_1),
            number(self.beta_2),
            left_1,
            number(self.epsilon),
        )
