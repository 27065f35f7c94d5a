"""What the page knows of each kind of layer: the rules of its arrays, and arrays that are shown beside the traced ones.

A rule is written as in :mod:`minikeras.page.rules`. Arrays go by their names in the trace, those of several inputs as
x0, x1, … A kind's rules are those of its docstring, entry by entry.
"""

from collections.abc import Callable
from typing import Any

from ..rules import Arrays, Beside, Texts
from . import attention, bidirectional, convolutional, dense, merging, normalization, recurrent

RULES: dict[str, Callable[[Any, Arrays], Texts]] = {
    "Add": merging.add,
    "Attention": attention.attention,
    "BatchNormalization": normalization.batch_normalization,
    "Bidirectional": bidirectional.bidirectional,
    "Concatenate": merging.concatenate,
    "Dense": dense.dense,
    "Dropout": dense.dropout,
    "EinsumDense": dense.einsum_dense,
    "Embedding": dense.embedding,
    "Flatten": merging.copied,
    "GRU": recurrent.gru,
    "HeadsAttention": attention.heads,
    "LSTM": recurrent.lstm,
    "Multiply": merging.multiply,
    "Reshape": merging.copied,
    "SimpleRNN": recurrent.simple_rnn,
    "Subtract": merging.subtract,
}
BESIDE: dict[str, Callable[[Any, Arrays], Beside]] = {
    "Attention": attention.beside,
    "BatchNormalization": normalization.batch_share,
    "Bidirectional": bidirectional.half,
    "Dropout": dense.dropout_scale,
    "GRU": recurrent.beside,
    "HeadsAttention": attention.beside_heads,
    "LSTM": recurrent.beside,
    "SimpleRNN": recurrent.beside,
}
for rank in (1, 2, 3):
    RULES |= {f"Conv{rank}D": convolutional.convolution, f"MaxPooling{rank}D": convolutional.max_pooling}
    RULES[f"AveragePooling{rank}D"] = convolutional.average_pooling
    RULES[f"GlobalAveragePooling{rank}D"] = convolutional.global_average
    BESIDE |= {f"AveragePooling{rank}D": convolutional.average_window}
    BESIDE[f"GlobalAveragePooling{rank}D"] = convolutional.global_share


def rules_of(layer: Any, a: Arrays) -> Texts:
    """The rules of a layer's arrays as text, by the arrays' names; of a kind that has none here, {}.

    Args:
        layer: what was called.
        a: its arrays, those of :func:`beside` included.
    """
    own = type(layer).__module__.startswith("minikeras.")
    found = RULES[type(layer).__name__](layer, a) if own and type(layer).__name__ in RULES else {}
    return {name: text for name, text in found.items() if name in a}


def beside(layer: Any, a: Arrays) -> Beside:
    """Further arrays of a layer, made from the traced ones: the array, its side, and what it is."""
    made = BESIDE.get(type(layer).__name__)
    return made(layer, a) if made else {}
