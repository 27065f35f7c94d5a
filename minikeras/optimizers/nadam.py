"""Nadam: Adam with Nesterov momentum.

With w a parameter, g = ∂L/∂w, m and v zero at first, P = 1 at first, η the learning rate and t = 1, 2, … the step::

    (1)  μₜ = β₁ (1 − ½ · 0.96ᵗ),   P ← P μₜ
    (2)  m ← m + (1 − β₁) (g − m)
    (3)  v ← v + (1 − β₂) (g² − v)
    (4)  m̂ = μₜ₊₁ m / (1 − P μₜ₊₁) + (1 − μₜ) g / (1 − P),   v̂ = v / (1 − β₂ᵗ)
    (5)  w ← w − η m̂ / (√v̂ + ε)

Source: Dozat 2015.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = Nadam(learning_rate=0.5, beta_1=0.5, beta_2=0.75, epsilon=0.0)
>>> optimizer.apply([np.array([2.0])], [w])  # μ₁ = 0.26, μ₂ = 0.2696, m = 1, v̂ = 4
>>> w.value.round(4)  # m̂ = 0.2696 / (1 − 0.26 · 0.2696) + 0.74 · 2 / 0.74 = 2.2899; 1 − 0.5 · 2.2899 / 2
array([0.4275])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Nadam(Optimizer):
    """Nesterov-accelerated Adam, equations (1) to (5). Also "nadam".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_1: β₁, of the mean of the gradients.
        beta_2: β₂, of the mean of their squares.
        epsilon: ε, against division by zero.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon")
    formula = (
        "m ← m + (1 − β₁)(g − m);  v ← v + (1 − β₂)(g² − v);  "
        "w ← w − η (μₜ₊₁ m / (1 − P μₜ₊₁) + (1 − μₜ) g / (1 − P)) / (√v̂ + ε)",
        r"\hat m = \frac{\mu_{t+1} m}{1 - P\mu_{t+1}} + \frac{(1 - \mu_t) g}{1 - P};\; "
        r"w \leftarrow w - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon}",
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
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        self._u_product = self.add_variable((), "ones", variables[0].dtype if variables else None, "u_product")

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        one, t = number(1), self._local_step(w.dtype)
        beta_1, beta_2, fade = (scalar(x, w.dtype) for x in (self.beta_1, self.beta_2, 0.96))
        now = beta_1 * (one - number(0.5) * fade**t)
        ahead = beta_1 * (one - number(0.5) * fade ** (t + one))
        product = number(self._u_product.value)
        kernels.select(w.dtype).nadam(
            w,
            self._momentums[i].value,
            self._velocities[i].value,
            gradient,
            learning_rate,
            one - beta_1,
            one - beta_2,
            ahead,
            one - product * ahead,
            one - now,
            one - product,
            one - beta_2**t,
            number(self.epsilon),
        )

    def begin_update(self) -> None:
        """P of equation (1)."""
        number = self._u_product.dtype.type
        decayed = number(1) - number(0.5) * number(0.96) ** self._local_step(self._u_product.dtype)
        self._u_product.value[...] = number(self._u_product.value) * number(self.beta_1) * decayed
