"""Layers on ids and on several axes."""

from .embedding import Embedding

__all__ = ["Embedding"]
