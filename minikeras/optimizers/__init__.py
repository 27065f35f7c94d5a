"""Optimizers: from gradients to new weights.

>>> get("sgd").get_config()["momentum"]
0.0
>>> get("adam")
Traceback (most recent call last):
...
minikeras.errors.UnsupportedError: Keras's optimizer 'adam' is not in minikeras. Here are: 'sgd'.
"""

from typing import Any

from ..errors import UnsupportedError
from ..registry import Registry
from . import schedules
from .base import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Optimizer", "deserialize", "get", "schedules", "serialize"]

_registry = Registry("optimizer", "keras.optimizers")
_registry.add(SGD, "sgd")
_ONLY_IN_KERAS = {
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lamb",
    "lion",
    "lossscaleoptimizer",
    "multioptimizer",
    "muon",
    "nadam",
    "optimizermap",
    "rmsprop",
    "schedulefreeadamw",
}


serialize = _registry.serialize


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Optimizer:
    """The optimizer that a config of Keras's form describes; the case of its class's name does not matter.

    Raises:
        UnsupportedError: if only Keras has it.
        ValueError: if nobody has it, or the config is malformed.
    """
    if isinstance(config, dict) and isinstance(config.get("class_name"), str):
        config = {**config, "class_name": _spelt(config["class_name"], custom_objects)}
    return _registry.deserialize(config, custom_objects)


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that a name, a config or an optimizer means; None stays None.

    Raises:
        UnsupportedError: for an optimizer that only Keras has.
        ValueError: for anything else; suggests the nearest name.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _registry.get(_spelt(identifier))
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")


def _spelt(name: str, custom_objects: dict[str, Any] | None = None) -> str:
    lower = name.lower()
    if lower in _registry:
        return lower
    if lower in _ONLY_IN_KERAS and name not in (custom_objects or ()):
        raise UnsupportedError(f"Keras's optimizer {name!r} is not in minikeras. Here are: 'sgd'.")
    return name
