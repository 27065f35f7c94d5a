"""Schedule-free AdamW: no schedule that has to know when training ends, but an average of the iterates.

The parameter w holds y, where gradients are taken; z is where Adam's steps go (at first w), x the average, which
need not be kept. With g = ∂L/∂y, v zero at first, η the learning rate and t = 1, 2, … the step::

    (1)  v ← v + (1 − β₂) (g² − v)
    (2)  x = (y − (1 − β₁) z) / β₁
    (3)  z ← z − η min(t / warmup_steps, 1) g / (√(v / (1 − β₂ᵗ)) + ε)
    (4)  x ← (1 − 1/t) x + z / t
    (5)  y ← (1 − β₁) z + β₁ x

Source: Defazio et al. 2024.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = ScheduleFreeAdamW(learning_rate=0.5, beta_1=0.5, epsilon=0.0)
>>> optimizer.apply([np.array([3.0])], [w])  # z = 0.5 = x
>>> optimizer.apply([np.array([3.0])], [w])  # z = 0, x = 0.25
>>> w.value.round(4)
array([0.125])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class ScheduleFreeAdamW(Optimizer):
    """Equations (1) to (5). Also "schedulefreeadamw".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_1: β₁, how much of y is the average.
        beta_2: β₂, of the mean of their squares.
        epsilon: ε, against division by zero.
        warmup_steps: in how many steps the rate rises to η in a straight line; 0 for none.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.

    Differs from Keras on TensorFlow, where equation (2) reads z after (3) has changed it; Keras on JAX takes the old z,
    as the paper does, and as it is here.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon", "warmup_steps")
    formula = (
        "z ← z − η g / (√v̂ + ε);  x ← (1 − 1/t) x + z / t;  w ← (1 − β₁) z + β₁ x",
        r"z \leftarrow z - \eta \frac{g}{\sqrt{\hat v} + \epsilon};\; "
        r"x \leftarrow (1 - \tfrac1t) x + \tfrac1t z;\; w \leftarrow (1 - \beta_1) z + \beta_1 x",
    )

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        for z, p in zip(self._momentums, variables, strict=True):
            z.assign(p.value)

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        one, t = number(1), self._local_step(w.dtype)
        beta_1, beta_2, epsilon = (scalar(x, w.dtype) for x in (self.beta_1, self.beta_2, self.epsilon))
        if self.warmup_steps > 0:
            learning_rate = learning_rate * min(t / number(self.warmup_steps), one)
        weight = one / t
        kernels.select(w.dtype).schedule_free_adamw(
            w,
            self._momentums[i].value,
            self._velocities[i].value,
            gradient,
            learning_rate,
            beta_1,
            one - beta_1,
            one - beta_2,
            one - beta_2**t,
            epsilon,
            weight,
            one - weight,
        )
