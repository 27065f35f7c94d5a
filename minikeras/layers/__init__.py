"""Layers, and how configs name them."""

from typing import Any

from ..registry import Registry
from .activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from .base import Layer
from .dense import Dense
from .dropout import Dropout
from .input_layer import Input, InputLayer
from .preprocessing import (
    CategoryEncoding,
    Discretization,
    HashedCrossing,
    Hashing,
    IntegerLookup,
    Normalization,
    Rescaling,
    StringLookup,
)
from .reshaping import Flatten

_registry = Registry("layer", "keras.layers")
_layers: tuple[type[Layer], ...] = (
    Activation,
    CategoryEncoding,
    Dense,
    Discretization,
    Dropout,
    ELU,
    Flatten,
    HashedCrossing,
    Hashing,
    InputLayer,
    IntegerLookup,
    LeakyReLU,
    Normalization,
    PReLU,
    ReLU,
    Rescaling,
    Softmax,
    StringLookup,
)
for _layer in _layers:
    _registry.add(_layer)

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


__all__ = [
    "ELU",
    "Activation",
    "CategoryEncoding",
    "Dense",
    "Discretization",
    "Dropout",
    "Flatten",
    "HashedCrossing",
    "Hashing",
    "Input",
    "InputLayer",
    "IntegerLookup",
    "Layer",
    "LeakyReLU",
    "Normalization",
    "PReLU",
    "ReLU",
    "Rescaling",
    "Softmax",
    "StringLookup",
    "deserialize",
    "get",
    "serialize",
]
