"""Layers, and how configs name them."""

from typing import Any

from ..registry import Registry
from .activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from .attention import AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention
from .base import Layer
from .core import EinsumDense, Embedding, ReversibleEmbedding
from .dense import Dense
from .dropout import Dropout
from .input_layer import Input, InputLayer
from .reshaping import Flatten
from .rnn import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    GRUCell,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
    StackedRNNCells,
    TimeDistributed,
)

_registry = Registry("layer", "keras.layers")
for _layer in (Activation, Dense, Dropout, ELU, Flatten, InputLayer, LeakyReLU, ReLU, Softmax):
    _registry.add(_layer)
for _sequence_layer in (
    *(Bidirectional, EinsumDense, Embedding, GRU, GRUCell, LSTM, LSTMCell, RNN, SimpleRNN, SimpleRNNCell),
    *(
        ReversibleEmbedding,
        StackedRNNCells,
        TimeDistributed,
        AdditiveAttention,
        Attention,
        GroupQueryAttention,
        MultiHeadAttention,
    ),
):
    _registry.add(_sequence_layer)

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
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "AdditiveAttention",
    "Attention",
    "Bidirectional",
    "Dense",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GroupQueryAttention",
    "Input",
    "InputLayer",
    "LSTMCell",
    "Layer",
    "LeakyReLU",
    "MultiHeadAttention",
    "ReLU",
    "ReversibleEmbedding",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "StackedRNNCells",
    "TimeDistributed",
    "deserialize",
    "get",
    "serialize",
]
