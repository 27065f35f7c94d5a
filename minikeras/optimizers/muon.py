"""Muon: momentum made orthogonal, for matrices; AdamW for everything else.

With w a matrix of I × J, g = ∂L/∂w, m zero at first, η the learning rate and μ ``momentum``::

    (1)  m ← μ m + g,   u = g + μ m            nesterov; otherwise u = m
    (2)  X = u / (‖u‖ + 10⁻⁷), transposed if I > J
    (3)  X ← a X + (b A + c A²) X,  A = X Xᵀ   ns_steps times
    (4)  w ← w − η X √max(I, J) · rms_rate

(3) is a Newton–Schulz iteration: it brings all singular values of X near 1. A parameter that is no matrix, an
embedding, or one whose path matches ``exclude_layers``, takes a step of AdamW at the rate η · adam_lr_ratio.

Source: Jordan et al. 2024; rms_rate: Liu et al. 2025.

>>> w = Parameter(np.zeros((2, 2)), "w")
>>> optimizer = Muon(learning_rate=1.0, rms_rate=None, muon_a=1.5, muon_b=-0.5, muon_c=0.0, ns_steps=20)
>>> optimizer.apply([np.array([[0.0, 3.0], [-5.0, 0.0]])], [w])  # the nearest orthogonal matrix
>>> w.value.round(4) + 0.0
array([[ 0., -1.],
       [ 1.,  0.]])
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..parameter import Parameter
from ..scalars import scalar
from .base import Optimizer


class Muon(Optimizer):
    """Momentum orthogonalized by Newton–Schulz, equations (1) to (4). Also "muon".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        adam_beta_1, adam_beta_2, epsilon: of AdamW's step.
        adam_weight_decay: λ of the parameters that take AdamW's steps; None for none.
        weight_decay: λ of the matrices; None for none.
        exclude_layers: regular expressions, looked for in the parameters' paths.
        exclude_embeddings: True leaves out parameters with "embedding" in their path.
        muon_a, muon_b, muon_c: a, b, c.
        adam_lr_ratio: AdamW's learning rate in η.
        momentum: μ.
        ns_steps: how often (3).
        nesterov: True for u = g + μ m.
        rms_rate: the root mean square of a step in η; None leaves the last two factors of (4) out.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.
    """

    own_arguments = (
        "adam_beta_1",
        "adam_beta_2",
        "epsilon",
        "exclude_layers",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "exclude_embeddings",
        "adam_weight_decay",
        "rms_rate",
    )
    formula = (
        "m ← μ m + g;  X = orthogonal(g + μ m);  w ← w − η X √max(I, J) · rms_rate",
        r"m \leftarrow \mu m + g;\; X = \mathrm{orth}(g + \mu m);\; w \leftarrow w - \eta \sqrt{\max(I, J)}\, \rho\, X",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.exclude_embeddings = exclude_embeddings
        self.adam_weight_decay = adam_weight_decay
        self.rms_rate = rms_rate

    def build(self, variables: Sequence[Parameter]) -> None:
        """Notes the parameters, and makes their slots; the first call counts."""
        if self.built:
            return
        super().build(variables)
        self.momentums: list[Parameter] = []
        self.adam_velocities: list[Parameter | None] = []
        for p in variables:
            self.momentums.append(self.add_variable_from_reference(p, "momentum"))
            adam = self._takes_adamw(p)
            self.adam_velocities.append(self.add_variable_from_reference(p, "velocity") if adam else None)

    def update_step(self, gradient: np.ndarray, parameter: Parameter, learning_rate: Any) -> None:
        w, i = parameter.value, self._get_variable_index(parameter)
        number = w.dtype.type
        one, kernel = number(1), kernels.select(w.dtype)
        m, v = self.momentums[i].value, self.adam_velocities[i]
        if v is None:
            u = self._scratch["direction", w.shape, w.dtype]
            kernel.muon_momentum(m, gradient, u, number(self.momentum), number(1 - self.momentum), self.nesterov)  # (1)
            kernel.sgd(w, self._orthogonal(u), learning_rate * self._size(w))  # (4)
            return
        t = self._local_step(w.dtype)
        left_1 = one - scalar(self.adam_beta_1, w.dtype) ** t
        left_2 = one - scalar(self.adam_beta_2, w.dtype) ** t
        alpha = learning_rate * number(self.adam_lr_ratio) * np.sqrt(left_2) / left_1
        rests = number(1 - self.adam_beta_1), number(1 - self.adam_beta_2)
        kernel.adam(w, m, v.value, None, gradient, alpha, *rests, number(self.epsilon))

    def _orthogonal(self, u: np.ndarray) -> np.ndarray:
        """Equations (2) and (3). Changes u."""
        number, kernel = u.dtype.type, kernels.select(u.dtype)
        a, b, c = (number(x) for x in (self.muon_a, self.muon_b, self.muon_c))
        wide = u if u.shape[0] <= u.shape[1] else u.T
        flat, rows = u.reshape(-1), len(wide)
        x = self._scratch["x", wide.shape, u.dtype]
        np.divide(wide, np.sqrt(np.dot(flat, flat)) + number(1e-7), out=x)
        y = self._scratch["y", x.shape, x.dtype]
        product, scaled, total = (self._scratch[name, (rows, rows), x.dtype] for name in ("xx", "cxx", "b"))
        for _ in range(self.ns_steps):
            kernel.matmul(x, x.T, product)
            np.multiply(product, c, out=scaled)
            kernel.matmul(scaled, product, total)
            np.multiply(product, b, out=product)
            np.add(product, total, out=total)
            kernel.matmul(total, x, y)
            np.multiply(x, a, out=x)
            np.add(x, y, out=x)
        wide[...] = x
        return u

    def _size(self, w: np.ndarray) -> Any:
        number = w.dtype.type
        return number(1) if self.rms_rate is None else number(np.sqrt(number(max(w.shape)))) * number(self.rms_rate)

    def _takes_adamw(self, p: Parameter) -> bool:
        embedding = self.exclude_embeddings and "embedding" in p.path.lower()
        return len(p.shape) != 2 or embedding or any(re.search(word, p.path) for word in self.exclude_layers)

    @property
    def _decays(self) -> bool:
        return self.weight_decay is not None or self.adam_weight_decay is not None

    def _decay_of(self, p: Parameter) -> float | None:
        return self.adam_weight_decay if self._takes_adamw(p) else self.weight_decay
