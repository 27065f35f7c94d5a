"""Functions of neural networks, by family."""

from ..base import functions
from . import activations, attention, crossentropies, encoding, normalization

for _family in (activations, attention, crossentropies, encoding, normalization):
    globals().update(functions(_family))
