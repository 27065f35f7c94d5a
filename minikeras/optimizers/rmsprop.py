"""RMSprop: each entry of the gradient over the root of the mean of its squares.

With w a parameter, g = ∂L/∂w, v, a and b zero at first, η the learning rate and μ ``momentum``::

    (1)  v ← ρ v + (1 − ρ) g²
    (2)  a ← ρ a + (1 − ρ) g                     centered; otherwise a = 0
    (3)  b ← μ b + η g / √(v − a² + ε)
    (4)  w ← w − b

ε is inside the root. The learning rate is in the momentum: when it changes, old steps keep the old one.

Source: Tieleman and Hinton 2012, lecture 6e; centered: Graves 2013.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = RMSprop(learning_rate=0.5, rho=0.75, epsilon=0.0)
>>> optimizer.apply([np.array([2.0])], [w])  # v = 1: w = 1 − 0.5 · 2 / 1
>>> w.value
array([0.])
>>> optimizer.apply([np.array([1.0])], [w])  # v = 0.75 + 0.25 = 1
>>> w.value
array([-0.5])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from .base import Optimizer


class RMSprop(Optimizer):
    """Equations (1) to (4). Also "rmsprop".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        rho: ρ, of the means.
        momentum: μ; 0 for none.
        epsilon: ε, against division by zero.
        centered: True for equation (2): the variance in place of the mean square.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("rho", "momentum", "epsilon", "centered")
    formula = (
        "v ← ρ v + (1 − ρ) g²;  w ← w − η g / √(v + ε)",
        r"v \leftarrow \rho v + (1 - \rho) g^2;\; w \leftarrow w - \eta \frac{g}{\sqrt{v + \epsilon}}",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        self._momentums = self.add_optimizer_variables(variables, "momentum") if self.momentum > 0 else []
        self._average_gradients = self.add_optimizer_variables(variables, "average_gradient") if self.centered else []

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        kernels.select(w.dtype).rmsprop(
            w,
            self._velocities[i].value,
            self._momentums[i].value if self._momentums else None,
            self._average_gradients[i].value if self.centered else None,
            gradient,
            learning_rate,
            number(self.rho),
            number(1 - self.rho),
            number(self.momentum),
            number(self.epsilon),
        )
