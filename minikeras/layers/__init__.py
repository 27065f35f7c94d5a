"""Layers, and how configs name them."""

from types import ModuleType
from typing import Any

from ..registry import Registry
from . import activation, attention, core, merging, preprocessing, rnn
from .activation import *  # noqa: F403
from .attention import *  # noqa: F403
from .base import Layer
from .core import *  # noqa: F403
from .dense import Dense
from .dropout import Dropout
from .input_layer import Input, InputLayer
from .merging import *  # noqa: F403
from .preprocessing import *  # noqa: F403
from .reshaping import Flatten
from .rnn import *  # noqa: F403

_registry = Registry("layer", "keras.layers")
_families: tuple[ModuleType, ...] = (activation, attention, core, merging, preprocessing, rnn)
_names = sorted({name for family in _families for name in family.__all__} | {"Dense", "Dropout", "Flatten", "InputLayer"})
for _name in _names:
    if isinstance(globals()[_name], type):
        _registry.add(globals()[_name])

get = _registry.get
deserialize = _registry.deserialize


def serialize(layer: Layer) -> dict[str, Any]:
    """A layer's config in Keras's form, with the input shape it was built for.

    >>> serialize(Flatten(name="f", input_shape=(2, 3)))["config"]["data_format"]
    'channels_last'
    """
    result = _registry.serialize(layer)
    if layer._build_shape is not None and not isinstance(layer, InputLayer):
        result["build_config"] = {"input_shape": layer._build_shape}
    return result


__all__ = [*_names, "Input", "Layer", "deserialize", "get", "serialize"]
