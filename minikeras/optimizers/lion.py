"""Lion: steps of one size, in the direction of the sign of a mean of the gradients.

With w a parameter, g = ∂L/∂w, m zero at first and η the learning rate::

    (1)  w ← w − η sign(β₁ m + (1 − β₁) g)
    (2)  m ← β₂ m + (1 − β₂) g

The mean is updated after its use.

Source: Chen et al. 2023.

>>> w = Parameter(np.array([1.0, 1.0]), "w")
>>> optimizer = Lion(learning_rate=0.25, beta_1=0.5, beta_2=0.5)
>>> optimizer.apply([np.array([2.0, -0.1])], [w])  # m = 1, −0.05
>>> optimizer.apply([np.array([-0.5, 0.1])], [w])  # signs of 0.25 and 0.025
>>> w.value
array([0.5, 1. ])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Lion(Optimizer):
    """Equations (1) and (2). Also "lion".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_1: β₁, in (0, 1].
        beta_2: β₂.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.

    Raises:
        ValueError: for a beta_1 outside (0, 1], and as ``Optimizer``.
    """

    own_arguments = ("beta_1", "beta_2")
    formula = (
        "w ← w − η sign(β₁ m + (1 − β₁) g);  m ← β₂ m + (1 − β₂) g",
        r"w \leftarrow w - \eta\,\mathrm{sign}(\beta_1 m + (1 - \beta_1) g);\; "
        r"m \leftarrow \beta_2 m + (1 - \beta_2) g",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **kwargs: Any,
    ) -> None:
        if not 0 < beta_1 <= 1:
            raise ValueError(
                f"Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={beta_1}."
            )
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        one, beta_1, beta_2 = number(1), scalar(self.beta_1, w.dtype), scalar(self.beta_2, w.dtype)
        kernels.select(w.dtype).lion(
            w, self._momentums[i].value, gradient, learning_rate, beta_1, beta_2, one - beta_1, one - beta_2
        )
