"""Layers on ids and on several axes."""

from .einsum_dense import EinsumDense
from .embedding import Embedding
from .reversible_embedding import ReversibleEmbedding

__all__ = ["EinsumDense", "Embedding", "ReversibleEmbedding"]
