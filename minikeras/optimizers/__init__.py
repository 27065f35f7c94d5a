"""Optimizers: from gradients to new weights.

>>> get("adam").get_config()["beta_2"]
0.999
>>> get("adan")
Traceback (most recent call last):
...
ValueError: Could not interpret optimizer identifier: 'adan'. Did you mean 'adam'?
"""

from typing import Any

from ..registry import Registry
from . import legacy, schedules
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam
from .adamax import Adamax
from .adamw import AdamW
from .base import Optimizer
from .ftrl import Ftrl
from .lamb import Lamb
from .lion import Lion
from .loss_scale_optimizer import LossScaleOptimizer
from .multi_optimizer import MultiOptimizer, OptimizerMap
from .muon import Muon
from .nadam import Nadam
from .rmsprop import RMSprop
from .schedule_free_adamw import ScheduleFreeAdamW
from .sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

_registry = Registry("optimizer", "keras.optimizers")
for _class in (
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Ftrl,
    Lamb,
    Lion,
    LossScaleOptimizer,
    MultiOptimizer,
    Muon,
    Nadam,
    OptimizerMap,
    RMSprop,
    SGD,
    ScheduleFreeAdamW,
):
    _registry.add(_class, _class.__name__.lower())


serialize = _registry.serialize


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Optimizer:
    """The optimizer that a config of Keras's form describes; the case of its class's name does not matter.

    Raises:
        ValueError: if there is none of that name, or the config is malformed.
    """
    if isinstance(config, dict) and isinstance(config.get("class_name"), str):
        config = {**config, "class_name": _spelt(config["class_name"], custom_objects)}
    return _registry.deserialize(config, custom_objects)


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that a name, a config or an optimizer means; None stays None.

    Raises:
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
    """The name in the registry: in lower case, unless a custom object has it as it is."""
    lower = name.lower()
    return lower if lower in _registry and name not in (custom_objects or ()) else name
