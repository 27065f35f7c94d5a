"""Models: layers that are trained together, and files of them."""

import json
from typing import Any

from .cloning import clone_model
from .graph_configs import deserialize
from .model import Functional, Model
from .sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]


def load_model(filepath: Any, custom_objects: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """The model of a ``.keras`` file: :func:`minikeras.saving.load_model`."""
    from .. import saving

    return saving.load_model(filepath, custom_objects, **arguments)


def save_model(model: Any, filepath: Any, overwrite: bool = True, **arguments: Any) -> None:
    """Writes a model to a ``.keras`` file: :func:`minikeras.saving.save_model`."""
    from .. import saving

    saving.save_model(model, filepath, overwrite, **arguments)


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """A new model with fresh parameters from what ``model.to_json()`` gave.

    Raises:
        ValueError: for text that describes no model, and for classes that are unknown here and in ``custom_objects``.
    """
    model = deserialize(json.loads(json_string), custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"The text describes a {type(model).__name__}, which is no model.")
    return model
