"""Models: layers that are trained together, and files of them."""

from typing import Any

from .cloning import clone_model
from .model import Functional, Model
from .sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "save_model"]


def load_model(filepath: Any, custom_objects: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """The model of a ``.keras`` file: :func:`minikeras.saving.load_model`."""
    from .. import saving

    return saving.load_model(filepath, custom_objects, **arguments)


def save_model(model: Any, filepath: Any, overwrite: bool = True, **arguments: Any) -> None:
    """Writes a model to a ``.keras`` file: :func:`minikeras.saving.save_model`."""
    from .. import saving

    saving.save_model(model, filepath, overwrite, **arguments)
