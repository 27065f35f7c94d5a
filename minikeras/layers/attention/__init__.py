"""Layers of attention."""

from .attention import AdditiveAttention, Attention
from .multi_head_attention import GroupQueryAttention, MultiHeadAttention

__all__ = ["AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention"]
