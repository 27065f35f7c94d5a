"""Layers that apply a function or nothing, and layers on ids and on several axes."""

from .einsum_dense import EinsumDense
from .embedding import Embedding
from .identity import Identity
from .lambda_layer import Lambda
from .masking import Masking
from .reversible_embedding import ReversibleEmbedding
from .wrapper import Wrapper

__all__ = ["EinsumDense", "Embedding", "Identity", "Lambda", "Masking", "ReversibleEmbedding", "Wrapper"]
