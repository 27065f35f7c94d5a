"""Lamb: Adam's direction, with a step in proportion to the norm of the weights.

With w a parameter, g = ∂L/∂w, m and v zero at first, η the learning rate and t = 1, 2, … the step::

    (1)  m ← m + (1 − β₁) (g − m)
    (2)  v ← v + (1 − β₂) (g² − v)
    (3)  u = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
    (4)  w ← w − η (‖w‖ / ‖u‖) u

The quotient in (4) is 1 where one of the norms is 0.

Source: You et al. 2020.

>>> w = Parameter(np.array([3.0, 4.0]), "w")
>>> optimizer = Lamb(learning_rate=0.5, epsilon=0.0)
>>> optimizer.apply([np.array([0.1, -7.0])], [w])  # u = (1, −1): 5 / √2 · 0.5 = 1.7678
>>> w.value.round(4)
array([1.2322, 5.7678])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Lamb(Optimizer):
    """Layer-wise adaptive moments, equations (1) to (4). Also "lamb".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_1: β₁, of the mean of the gradients.
        beta_2: β₂, of the mean of their squares.
        epsilon: ε, against division by zero.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.

    Differs from Keras: "lamb" is a name for it too; Keras knows it as a class only.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon")
    formula = (
        "m, v as Adam's;  u = m̂ / (√v̂ + ε);  w ← w − η (‖w‖ / ‖u‖) u",
        r"u = \frac{\hat m}{\sqrt{\hat v} + \epsilon};\; w \leftarrow w - \eta \frac{\|w\|}{\|u\|} u",
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

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        one, t, kernel = number(1), self._local_step(w.dtype), kernels.select(w.dtype)
        u = self._scratch["direction", w.shape, w.dtype]
        kernel.lamb_direction(
            self._momentums[i].value,
            self._velocities[i].value,
            gradient,
            u,
            number(1 - self.beta_1),
            number(1 - self.beta_2),
            one - scalar(self.beta_1, w.dtype) ** t,
            one - scalar(self.beta_2, w.dtype) ** t,
            number(self.epsilon),
        )
        length, step = _norm(w), _norm(u)
        ratio = length / step if length > 0 and step > 0 else one
        kernel.sgd(w, u, ratio * learning_rate)


def _norm(x: np.ndarray) -> Any:
    flat = x.reshape(-1)
    return np.sqrt(np.dot(flat, flat))
