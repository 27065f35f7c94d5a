"""Layers that apply a function, or nothing."""

from .identity import Identity
from .lambda_layer import Lambda
from .masking import Masking

__all__ = ["Identity", "Lambda", "Masking"]
