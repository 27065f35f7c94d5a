"""Models: lists of layers that can be trained, and files of them."""

from typing import Any

from .sequential import Sequential, clone_model

__all__ = ["Sequential", "clone_model", "load_model", "save_model"]


def load_model(filepath: Any, custom_objects: dict[str, Any] | None = None, **arguments: Any) -> Sequential:
    """The model of a ``.keras`` file: :func:`minikeras.saving.load_model`."""
    from .. import saving

    return saving.load_model(filepath, custom_objects, **arguments)


def save_model(model: Sequential, filepath: Any, overwrite: bool = True, **arguments: Any) -> None:
    """Writes a model to a ``.keras`` file: :func:`minikeras.saving.save_model`."""
    from .. import saving

    saving.save_model(model, filepath, overwrite, **arguments)
