"""clone_model: a model of the same layers with fresh parameters."""

from typing import Any

from .. import config
from .sequential import Sequential


def clone_model(model: Any) -> Any:
    """A model of the same layers with freshly initialised parameters, as Keras's ``clone_model``."""
    with config.using(floatx=model.dtype):
        return type(model).from_config(model.get_config())
