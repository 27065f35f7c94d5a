"""Layers, and how configs name them."""

from typing import Any

from ..registry import Registry
from .activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from .base import Layer
from .convolutional import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from .dense import Dense
from .input_layer import Input, InputLayer
from .regularization.dropout import Dropout
from .reshaping.flatten import Flatten

_registry = Registry("layer", "keras.layers")
for _layer in (Activation, Dense, Dropout, ELU, Flatten, InputLayer, LeakyReLU, ReLU, Softmax):
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
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "ReLU",
    "Softmax",
    "deserialize",
    "get",
    "serialize",
]
