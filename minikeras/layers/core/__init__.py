"""Layers on ids and on several axes."""

from .einsum_dense import EinsumDense
from .embedding import Embedding

__all__ = ["EinsumDense", "Embedding"]
