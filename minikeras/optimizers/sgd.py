"""Stochastic gradient descent, with or without momentum.

With w a parameter, g = ∂L/∂w, v its velocity (zero at first), η the learning rate and μ ``momentum``::

    (1)  μ = 0:      w ← w − η g
    (2)  μ > 0:      v ← μ v − η g,   w ← w + v
    (3)  nesterov:   v ← μ v − η g,   w ← w + μ v − η g

Source: Sutskever et al. 2013, in the form that Keras computes.

>>> import numpy as np
>>> w, g = Parameter(np.array([1.0]), "w"), np.array([0.5])
>>> optimizer = SGD(learning_rate=0.5, momentum=0.5)
>>> for _ in range(2):  # v = −0.25, then −0.125 − 0.25
...     optimizer.apply([g], [w])
...     print(w.value)
[0.75]
[0.375]
>>> optimizer.momentums[0]
<Parameter path=sgd.../w_momentum, shape=(1,), dtype=float64>
"""

from collections.abc import Sequence
from typing import Any

from ..parameter import Parameter
from ..scalars import scalar
from .by_rule import ByRule, Rule


class SGD(ByRule):
    """Stochastic gradient descent, equations (1) to (3). Also "sgd".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        momentum: μ, a float in [0, 1].
        nesterov: equation (3) in place of (2); without effect if μ is 0.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.

    Raises:
        ValueError: for a momentum that is not a float in [0, 1], and as ``Optimizer``.

    ``momentums`` is the list of velocities, one for each parameter; empty if μ is 0.
    """

    own_arguments = ("momentum", "nesterov")
    momentums: list[Parameter]

    @property
    def formula(self) -> tuple[str, str]:  # type: ignore[override]
        """The equation that is used, as text and as LaTeX."""
        if not self.momentum:
            return "w ← w − η g", r"w \leftarrow w - \eta g"
        v, tex = "v ← μ v − η g;  ", r"v \leftarrow \mu v - \eta g;\; "
        if self.nesterov:
            return v + "w ← w + μ v − η g", tex + r"w \leftarrow w + \mu v - \eta g"
        return v + "w ← w + v", tex + r"w \leftarrow w + v"

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        if not isinstance(momentum, float) or not 0 <= momentum <= 1:
            raise ValueError(f"`momentum` must be a float between [0, 1]. Received: momentum={momentum}")
        self.momentum = momentum
        self.nesterov = nesterov
        self.momentums = []

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their velocities if there is momentum; the first call counts."""
        if self.built:
            return
        super().build(variables)
        if self.momentum != 0:
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def rule(self, learning_rate: Any) -> Rule:
        """Equation (1), (2) or (3)."""
        if self.momentum == 0:
            return "sgd", (), (learning_rate,)
        return (
            "sgd_momentum",
            (self.momentums,),
            (learning_rate, scalar(self.momentum, learning_rate.dtype), self.nesterov),
        )
