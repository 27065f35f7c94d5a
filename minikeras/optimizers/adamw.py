"""AdamW: Adam with decoupled weight decay.

The decay is a step of its own, in proportion to the weight alone; it does not pass through Adam's means::

    (1)  w ← w − η λ w
    (2)  w ← what Adam makes of w and g

Source: Loshchilov and Hutter 2019.

>>> import numpy as np
>>> from minikeras.parameter import Parameter
>>> w = Parameter(np.array([2.0]), "w")
>>> optimizer = AdamW(learning_rate=0.5, weight_decay=0.5, epsilon=0.0)
>>> optimizer.apply([np.array([3.0])], [w])  # 2 − 0.5 · 0.5 · 2 = 1.5; Adam's first step is η sign(g)
>>> w.value.round(4)
array([1.])
"""

from typing import Any

from .adam import Adam


class AdamW(Adam):
    """Adam with decoupled weight decay, equations (1) and (2). Also "adamw".

    Args:
        learning_rate: η: a float, a schedule, or a function without arguments.
        weight_decay: λ.
        beta_1, beta_2, epsilon, amsgrad: as in :class:`~minikeras.optimizers.Adam`.
        **kwargs: what all optimizers share: see :class:`~minikeras.optimizers.base.Optimizer`.

    Raises:
        ValueError: if weight_decay is None, and as ``Optimizer``.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
