"""Adafactor: Adam's scale for a matrix kept as one mean for each row and one for each column.

With w a parameter of I × J, g = ∂L/∂w, r (I) and c (J) zero at first, η the learning rate and t = 1, 2, … the step::

    (1)  ρ = min(η, 1/√t),   α = max(ε₂, rms(w)) ρ,   β = 1 − t^beta_2_decay
    (2)  r ← β r + (1 − β) meanⱼ(g² + ε₁),   c ← β c + (1 − β) meanᵢ(g² + ε₁)
    (3)  v = r cᵀ / meanᵢ r
    (4)  u = g / √v
    (5)  w ← w − α u / max(1, rms(u) / clip_threshold)

rms(x) is √(mean x²). An array of more than two axes is a stack of matrices; one of fewer has, in place of (2) and
(3), v ← β v + (1 − β) (g² + ε₁).

Source: Shazeer and Stern 2018.

>>> w = Parameter(np.array([[2.0, 2.0]]), "w")
>>> optimizer = Adafactor(learning_rate=0.5)
>>> optimizer.apply([np.array([[0.3, -4.0]])], [w])  # β = 0: v = g²; α = 2 · 0.5
>>> w.value
array([[1., 3.]])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Adafactor(Optimizer):
    """Equations (1) to (5). Also "adafactor".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        beta_2_decay: the exponent of β, negative.
        epsilon_1: ε₁, added to the squares.
        epsilon_2: ε₂, the least scale of a weight.
        clip_threshold: the largest root mean square of u.
        relative_step: kept for the config: with a constant rate, ρ is as in (1) either way.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")
    formula = (
        "r, c ← means of g² by rows, columns;  u = g / √(r cᵀ / mean r);  w ← w − α u / max(1, rms(u) / d)",
        r"v = \frac{r c^\top}{\mathrm{mean}(r)};\; u = \frac{g}{\sqrt{v}};\; "
        r"w \leftarrow w - \alpha \frac{u}{\max(1, \mathrm{rms}(u) / d)}",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self._r: list[Parameter] = []
        self._c: list[Parameter] = []
        self._v: list[Parameter] = []
        for p in variables:
            rows, columns, dtype = p.shape[:-1], (*p.shape[:-2], *p.shape[-1:]), p.dtype
            if len(p.shape) < 2:  # Keras keeps a number here that stays 0
                rows, columns, dtype = (), (), np.dtype("int32")
            self._r.append(self.add_variable(rows, dtype=dtype, name=p.name))
            self._c.append(self.add_variable(columns, dtype=dtype, name=p.name))
            self._v.append(self.add_variable_from_reference(p, "velocity"))

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        one, t, kernel = number(1), self._local_step(w.dtype), kernels.select(w.dtype)
        rate = min(learning_rate, one / np.sqrt(t)) * max(scalar(self.epsilon_2, w.dtype), _rms(w))  # (1)
        beta = one - t ** number(self.beta_2_decay)
        u, v = self._scratch["direction", w.shape, w.dtype], self._v[i].value
        if w.ndim >= 2:
            g, v, matrices = (a.reshape(-1, *w.shape[-2:]) for a in (gradient, v, u))
            r, c = (a.value.reshape(len(g), -1) for a in (self._r[i], self._c[i]))
            kernel.adafactor_factored(g, r, c, v, matrices, beta, one - beta, number(self.epsilon_1))  # (2) to (4)
        else:
            kernel.adafactor_entrywise(gradient, v, u, beta, one - beta, number(self.epsilon_1))
        np.divide(u, max(one, _rms(u) / number(self.clip_threshold)), out=u)
        kernel.sgd(w, u, rate)  # (5)


def _rms(x: np.ndarray) -> Any:
    flat = x.reshape(-1)
    return np.sqrt(np.dot(flat, flat) / x.dtype.type(x.size))
