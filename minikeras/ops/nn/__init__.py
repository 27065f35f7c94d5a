"""Functions of neural networks, by family."""

from ..base import functions
from . import activations, attention, convolution, crossentropies, ctc, encoding, normalization, pooling

for _family in (activations, attention, convolution, crossentropies, ctc, encoding, normalization, pooling):
    globals().update(functions(_family))
