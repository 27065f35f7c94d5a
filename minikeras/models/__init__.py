"""Models: lists of layers that can be trained, and files of them."""

from .sequential import Sequential

from ..saving import load_model, save_model  # isort: skip  (it needs Sequential)

__all__ = ["Sequential", "load_model", "save_model"]
