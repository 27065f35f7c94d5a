"""Functions of neural networks, by family."""

from ..base import functions
from . import (
    activations,
    adaptive_pooling,
    attention,
    convolution,
    crossentropies,
    ctc,
    encoding,
    normalization,
    pooling,
)

for _family in (
    activations,
    adaptive_pooling,
    attention,
    convolution,
    crossentropies,
    ctc,
    encoding,
    normalization,
    pooling,
):
    globals().update(functions(_family))
