"""Attention as a function."""

from typing import Any

import numpy as np

from ..numpy import arithmetic, elementwise
from ..numpy.products import einsum
from .activations import softmax


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """softmax(Q Kᵀ scale + bias) V, with arrays (N, T, heads, size); −∞ where the mask is False."""
    scores = einsum("nqhd,nkhd->nhqk", query, key) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if attn_logits_soft_cap is not None:
        scores = elementwise.tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    if bias is not None:
        scores = scores + bias
    if is_causal:
        allowed = np.tri(scores.shape[-2], scores.shape[-1], dtype=bool)
        scores = arithmetic.where(allowed, scores, _lowest(scores.dtype))
    if mask is not None:
        scores = arithmetic.where(mask, scores, _lowest(scores.dtype))
    return einsum("nhqk,nkhd->nqhd", softmax(scores), value)


def _lowest(dtype: Any) -> float:
    return float(np.finfo(np.dtype(dtype)).min) * 0.7
