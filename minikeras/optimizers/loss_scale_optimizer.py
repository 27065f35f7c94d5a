"""Loss scaling: a factor on the loss that keeps small gradients of half precision from becoming zero.

With s the scale and n the number of good steps since its last change::

    (1)  L ← s L                                the loss whose gradients are taken: scale_loss
    (2)  all g finite:  g ← g / s, the inner optimizer's step, n ← n + 1;  at n = dynamic_growth_steps: s ← 2 s, n ← 0
    (3)  otherwise:     s ← s / 2, n ← 0, and no step

Source: Micikevicius et al. 2018.

>>> from minikeras.optimizers import SGD
>>> w = Parameter(np.array([1.0]), "w")
>>> optimizer = LossScaleOptimizer(SGD(0.5), initial_scale=4.0)
>>> optimizer.apply([np.array([4.0])], [w])  # 1 − 0.5 · 4 / 4
>>> optimizer.apply([np.array([np.inf])], [w])
>>> w.value, float(optimizer.scale_loss(1.0))
(array([0.5]), 2.0)
"""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from ..initializers import Constant
from ..parameter import Parameter
from .base import Optimizer

_OF_THE_INNER = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class LossScaleOptimizer(Optimizer):
    """Equations (1) to (3) around another optimizer. Also "lossscaleoptimizer".

    Args:
        inner_optimizer: the optimizer that takes the steps; its own ``loss_scale_factor`` becomes None.
        initial_scale: s at first.
        dynamic_growth_steps: after how many good steps s doubles.
        name: the first part of its variables' paths.

    Raises:
        ValueError: for arguments that belong to the inner optimizer.

    ``learning_rate``, ``iterations`` and the slots are the inner optimizer's.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set `loss_scale_factor` "
                "directly on the `inner_optimizer`."
            )
        for argument, default in _OF_THE_INNER.items():
            if kwargs.pop(argument, default) != default:
                raise ValueError(
                    f"LossScaleOptimizer does not support `{argument}`. Instead, set `{argument}` on the "
                    f"`inner_optimizer`."
                )
        if kwargs:
            raise ValueError(f"LossScaleOptimizer does not support arguments: {', '.join(kwargs)}.")
        self.inner_optimizer = inner_optimizer
        super().__init__(0.0, name=name)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None

    def build(self, variables: Sequence[Parameter]) -> None:
        """Makes the counter and the scale, and builds the inner optimizer; the first call counts."""
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int64", name="step_counter")
        self.dynamic_scale = self.add_variable((), Constant(self.initial_scale), "float32", "dynamic_scale")
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Parameter]:
        """Its own iteration and learning rate (both without use), counter and scale, then the inner optimizer's."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> int:
        """How many updates the inner optimizer made."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> float:
        """The inner optimizer's; settable as it is there."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def formula(self) -> tuple[str, str]:  # type: ignore[override]
        """The inner optimizer's."""
        return self.inner_optimizer.formula

    def scale_loss(self, loss: Any) -> Any:
        """Equation (1)."""
        return loss * (float(self.dynamic_scale.value) if self.built else self.initial_scale)

    def apply(self, grads: Sequence[np.ndarray | None], trainable_variables: Iterable[Parameter] | None = None) -> None:
        """Equation (2) or (3)."""
        parameters = self._known(grads, trainable_variables)
        counter, scale = self.step_counter.value, self.dynamic_scale.value
        present = [np.asarray(g) for g in grads if g is not None]
        if not all(np.isfinite(g).all() for g in present):
            counter[...] = 0
            scale *= 0.5
            return
        divided = [
            None if g is None else np.asarray(g) / p.dtype.type(scale) for g, p in zip(grads, parameters, strict=True)
        ]
        self.inner_optimizer.apply(divided, parameters)
        counter += 1
        if counter == self.dynamic_growth_steps:
            counter[...] = 0
            scale *= 2

    def finalize_variable_values(self, var_list: Sequence[Parameter]) -> None:
        """The inner optimizer's."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        from . import serialize

        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new optimizer, without state, from :meth:`get_config`'s dictionary."""
        from . import deserialize

        return cls(**{**config, "inner_optimizer": deserialize(config["inner_optimizer"], custom_objects)})
