"""Adam: the mean of the gradients, each entry over the root of the mean of its squares.

With w a parameter, g = ∂L/∂w, m and v its two means (zero at first), η the learning rate and t = 1, 2, … the step::

    (1)  m ← m + (1 − β₁) (g − m)
    (2)  v ← v + (1 − β₂) (g² − v)
    (3)  amsgrad:  v̂ ← max(v̂, v), which stands for v in (4)
    (4)  w ← w − α m / (√v + ε),   α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)

α takes back that m and v begin at zero. ε is added to the root that is not yet corrected: it is the paper's ε̂.

Source: Kingma and Ba 2015, in the order of computation at the end of its section 2; (3): Reddi et al. 2018.

>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = Adam(learning_rate=0.5, beta_1=0.5, beta_2=0.75, epsilon=0.0)
>>> optimizer.apply([np.array([2.0])], [w])  # m = 1, v = 1, α = 0.5 · √0.25 / 0.5 = 0.5
>>> w.value
array([0.5])
>>> optimizer.apply([np.array([-1.0])], [w])  # m = 0, v = 1
>>> w.value, [slot.value for slot in optimizer.variables[2:]]
(array([0.5]), [array([0.]), array([1.])])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..parameter import Parameter
from ..scalars import scalar
from .by_rule import ByRule, Rule


class Adam(ByRule):
    """Adaptive moment estimation, equations (1) to (4). Also "adam".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_1: β₁, of the mean of the gradients.
        beta_2: β₂, of the mean of their squares.
        epsilon: ε, against division by zero.
        amsgrad: True for equation (3).
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")
    formula = (
        "m ← m + (1 − β₁)(g − m);  v ← v + (1 − β₂)(g² − v);  w ← w − η √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m / (√v + ε)",
        r"m \leftarrow m + (1 - \beta_1)(g - m);\; v \leftarrow v + (1 - \beta_2)(g^2 - v);\; "
        r"w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m}{\sqrt{v} + \epsilon}",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        self._velocity_hats = self.add_optimizer_variables(variables, "velocity_hat") if self.amsgrad else []

    def alpha(self, learning_rate: Any, t: Any) -> Any:
        """α of equation (4) in step t; both of one floating-point type, which is the result's."""
        dtype, one = t.dtype, t.dtype.type(1)
        left_1, left_2 = (one - scalar(beta, dtype) ** t for beta in (self.beta_1, self.beta_2))
        return learning_rate * np.sqrt(left_2) / left_1

    def rule(self, learning_rate: Any) -> Rule:
        """Equations (1) to (4)."""
        slots = (self._momentums, self._velocities, self._velocity_hats if self.amsgrad else None)
        number = learning_rate.dtype.type
        rests = number(1 - self.beta_1), number(1 - self.beta_2)
        alpha = self.alpha(learning_rate, self._local_step(learning_rate.dtype))
        return "adam", slots, (alpha, *rests, number(self.epsilon))
