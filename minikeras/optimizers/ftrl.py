"""FTRL-Proximal: follow the regularized leader, which keeps many weights at exactly zero.

With w a parameter, g = ∂L/∂w, n = initial_accumulator_value and z = 0 at first, η the learning rate, p the
negative of ``learning_rate_power`` and s, l₁, l₂ the strengths of shrinkage, L1 and L2::

    (1)  n′ = n + g²
    (2)  z ← z + g + 2 s w − w (n′ᵖ − nᵖ) / η
    (3)  w ← (min(max(z, −l₁), l₁) − z) / (n′ᵖ / η + 2 (l₂ + β / 2η))
    (4)  n ← n′

Source: McMahan et al. 2013.

>>> w = Parameter(np.array([0.0, 0.0]), "w")
>>> optimizer = Ftrl(learning_rate=0.5, initial_accumulator_value=0.0, l1_regularization_strength=1.0)
>>> optimizer.apply([np.array([0.5, 2.0])], [w])  # z = g; w = 0, and (1 − 2) / (2 / 0.5)
>>> w.value
array([ 0.  , -0.25])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import initializers, kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Ftrl(Optimizer):
    """Equations (1) to (4). Also "ftrl".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        learning_rate_power: −p, not positive.
        initial_accumulator_value: n at first, not negative.
        l1_regularization_strength, l2_regularization_strength, l2_shrinkage_regularization_strength: l₁, l₂ and s,
            not negative.
        beta: β.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.

    Raises:
        ValueError: for a number with the wrong sign, and as ``Optimizer``.
    """

    own_arguments = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )
    formula = (
        "n′ = n + g²;  z ← z + g + 2 s w − w (n′ᵖ − nᵖ) / η;  w ← (clip(z, ±l₁) − z) / (n′ᵖ / η + 2 l₂)",
        r"z \leftarrow z + g + 2sw - \frac{n'^p - n^p}{\eta} w;\; "
        r"w \leftarrow \frac{\mathrm{clip}(z, \pm l_1) - z}{n'^p / \eta + 2 l_2}",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Any,
    ) -> None:
        for name, value, sign in (
            ("initial_accumulator_value", initial_accumulator_value, 1),
            ("learning_rate_power", learning_rate_power, -1),
            ("l1_regularization_strength", l1_regularization_strength, 1),
            ("l2_regularization_strength", l2_regularization_strength, 1),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength, 1),
        ):
            if not sign * value >= 0:
                allowed = "positive or zero" if sign > 0 else "negative or zero"
                raise ValueError(f"`{name}` needs to be {allowed}. Received: {name}={value}.")
        super().__init__(learning_rate, **kwargs)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        start = initializers.Constant(scalar(self.initial_accumulator_value, np.dtype("float64")))
        starts = [start, "zeros"]
        self._accumulators, self._linears = self.add_optimizer_variables(variables, ["accumulator", "linear"], starts)

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        l2 = number(self.l2_regularization_strength) + number(self.beta) / (number(2) * learning_rate)
        kernels.select(w.dtype).ftrl(
            w,
            self._accumulators[i].value,
            self._linears[i].value,
            gradient,
            learning_rate,
            number(-self.learning_rate_power),
            number(self.l1_regularization_strength),
            number(2) * l2,
            number(2 * self.l2_shrinkage_regularization_strength),
        )
