"""Between a living Keras model and a minikeras one, by way of a file that both read."""

import tempfile
from pathlib import Path
from typing import Any

from ..errors import UnsupportedError, require
from .files import load_model, save_model


def from_keras(model: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True) -> Any:
    """A minikeras model with the weights, the optimizer's state and the compile arguments of a Keras one.

    Args:
        custom_objects: custom classes and functions, by name.
        compile: False leaves it uncompiled: the weights alone.

    Raises:
        UnsupportedError: for what Keras has and minikeras has not: the layer by name and position.
        MissingExtraError: without h5py.
    """
    if not hasattr(model, "to_json") or not hasattr(model, "layers"):
        raise UnsupportedError(f"from_keras needs a Keras model. Received: {type(model).__name__}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{type(model).__name__}.keras")
        model.save(str(path))
        return load_model(path, custom_objects, compile)


def to_keras(model: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """A Keras model, on Keras's present backend, with all that a minikeras one has.

    Raises:
        MissingExtraError: without Keras, or h5py.
    """
    keras = require("keras", "parity")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{type(model).__name__}.keras")
        save_model(model, path)
        return keras.models.load_model(str(path), custom_objects=custom_objects)
