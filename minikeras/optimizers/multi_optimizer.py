"""Several optimizers for one model: each parameter goes to the one that a map chooses by the parameter's path.

>>> from minikeras.optimizers import SGD
>>> w, b = Parameter(np.array([1.0]), "kernel", "m/kernel"), Parameter(np.array([1.0]), "bias", "m/bias")
>>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {".*bias": SGD(0.25)}))
>>> optimizer.apply([np.array([1.0]), np.array([1.0])], [w, b])
>>> w.value, b.value
(array([0.5]), array([0.75]))
"""

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import Any, Self

import numpy as np

from ..parameter import Parameter
from .base import Optimizer
from .loss_scale_optimizer import LossScaleOptimizer


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Optimizers by regular expressions, each of which must match a parameter's whole path.

    Args:
        default_optimizer: for parameters that no expression matches.
        optimizer_map: a dictionary, expression -> optimizer.

    Raises:
        TypeError: for anything else.
        ValueError: on reading, if several expressions match; on writing, for a key that is there, a key that is no
            string, or something that is no plain optimizer.
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(f"default_optimizer must be an Optimizer instance. Received: {default_optimizer}")
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"optimizer_map must be a dictionary. Received: {optimizer_map}")
        self.default_optimizer = default_optimizer
        self._optimizers = dict(optimizer_map or {})

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizers:
            return self._optimizers[key]
        found = [optimizer for pattern, optimizer in self._optimizers.items() if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(f"Multiple optimizers assigned to variable {key}.")
        return found[0] if found else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if key in self._optimizers:
            raise ValueError(f"{key!r} already exists in the OptimizerMap with value {self._optimizers[key]}.")
        if not isinstance(key, str):
            raise ValueError(f"key must be a string. Received: {key}")
        _check_plain(optimizer, "in an OptimizerMap")
        self._optimizers[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizers[key]

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def __call__(self, variable: Parameter) -> Optimizer:
        """The optimizer of a parameter."""
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        from . import serialize

        return {
            "default_optimizer": serialize(self.default_optimizer),
            "optimizer_map": {pattern: serialize(optimizer) for pattern, optimizer in self._optimizers.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new map from :meth:`get_config`'s dictionary."""
        from . import deserialize

        inner = {pattern: deserialize(c, custom_objects) for pattern, c in config["optimizer_map"].items()}
        return cls(deserialize(config["default_optimizer"], custom_objects), inner)


class MultiOptimizer(Optimizer):
    """An optimizer for each group of parameters. Also "multioptimizer".

    Args:
        optimizer_map: an :class:`OptimizerMap`, or a function from a parameter to its optimizer.
        loss_scale_factor: given to all inner optimizers.
        name: the first part of its variables' paths.

    Raises:
        ValueError: on building, for a parameter whose optimizer is none, or wraps others itself.
        AttributeError: for ``learning_rate``, of which each inner optimizer has its own.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Parameter], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._inner_optimizers: list[Optimizer] = []
        self._choices: list[int] = []
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map._optimizers.values(), optimizer_map.default_optimizer):
                self._position(optimizer)

    @property
    def optimizers(self) -> list[Optimizer]:
        """The inner optimizers."""
        return self._inner_optimizers

    @property
    def variables(self) -> list[Parameter]:
        """Its own iteration and learning rate (the latter without use), then those of each inner optimizer."""
        return [*self._variables, *(v for optimizer in self._inner_optimizers for v in optimizer.variables)]

    @property
    def learning_rate(self) -> float:
        """There is none."""
        raise AttributeError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the individual "
            "sub-optimizers instead."
        )

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        raise AttributeError(
            "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the individual "
            "sub-optimizers instead."
        )

    def build(self, variables: Sequence[Parameter]) -> None:
        """Chooses an optimizer for each parameter, and builds each with its own; the first call counts."""
        if self.built:
            return
        self._choices = [self._position(self._optimizer_map(p)) for p in variables]
        for i, optimizer in enumerate(self._inner_optimizers):
            own = [p for p, choice in zip(variables, self._choices, strict=True) if choice == i]
            if own:
                optimizer.build(own)
        super().build(variables)

    def apply(self, grads: Sequence[np.ndarray | None], trainable_variables: Iterable[Parameter] | None = None) -> None:
        """One step of each inner optimizer on its own parameters."""
        if len(grads) == 0:
            return
        parameters = self._known(grads, trainable_variables)
        for optimizer, pairs in self._groups(zip(grads, parameters, strict=True), parameters):
            optimizer.apply([g for g, _ in pairs], [p for _, p in pairs])
        self._iteration.value += 1

    def finalize_variable_values(self, var_list: Sequence[Parameter]) -> None:
        """That of each inner optimizer."""
        for optimizer, own in self._groups(var_list, var_list):
            optimizer.finalize_variable_values(own)

    def _position(self, optimizer: Optimizer) -> int:
        """Where an optimizer is among the inner ones; it is added if it is new."""
        for i, known in enumerate(self._inner_optimizers):
            if known is optimizer:
                return i
        _check_plain(optimizer, "inside a MultiOptimizer")
        optimizer.loss_scale_factor = self.loss_scale_factor
        self._inner_optimizers.append(optimizer)
        return len(self._inner_optimizers) - 1

    def _groups(self, items: Iterable[Any], parameters: Sequence[Parameter]) -> list[tuple[Optimizer, list[Any]]]:
        """Each inner optimizer that has some of the parameters, with its items."""
        groups: list[list[Any]] = [[] for _ in self._inner_optimizers]
        for item, p in zip(items, parameters, strict=True):
            groups[self._choices[self._get_variable_index(p)]].append(item)
        return [(o, group) for o, group in zip(self._inner_optimizers, groups, strict=True) if group]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        from . import serialize

        config = {"loss_scale_factor": self.loss_scale_factor, "name": self.name}
        return {"optimizer_map": serialize(self._optimizer_map), **config}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new optimizer, without state, from :meth:`get_config`'s dictionary."""
        from . import _registry

        return cls(**{**config, "optimizer_map": _registry.deserialize(config["optimizer_map"], custom_objects)})


def _check_plain(optimizer: Any, where: str) -> None:
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer must be an Optimizer instance. Received: {optimizer}")
    if isinstance(optimizer, LossScaleOptimizer | MultiOptimizer):
        raise ValueError(f"{type(optimizer).__name__} cannot be used {where}.")
