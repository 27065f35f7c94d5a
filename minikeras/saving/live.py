"""Between a living Keras model and a minikeras one, in memory."""

import json
from typing import Any

import numpy as np

from ..errors import UnsupportedError, require
from ..models.sequential import Sequential
from . import configs, places, trees


def from_keras(model: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True) -> Sequential:
    """A minikeras model with the weights, the optimizer's state and the compile arguments of a Keras one.

    Args:
        custom_objects: custom classes and functions, by name.
        compile: False leaves it uncompiled: the weights alone.

    Raises:
        UnsupportedError: for what Keras has and minikeras has not: the layer by name and position.
    """
    if not hasattr(model, "to_json") or not hasattr(model, "layers"):
        raise UnsupportedError(f"from_keras needs a Keras model. Received: {type(model).__name__}")
    arrays = {
        f"layers/{slot}/vars/{i}": _numpy(variable)
        for slot, layer in places.slots(model)
        for i, variable in enumerate(layer.weights)
    }
    if compile and model.compiled and model.optimizer is not None:
        arrays |= {f"optimizer/vars/{i}": _numpy(v) for i, v in enumerate(model.optimizer.variables)}
    return configs.make(json.loads(model.to_json()), arrays, custom_objects, compile)


def to_keras(model: Sequential, custom_objects: dict[str, Any] | None = None) -> Any:
    """A Keras model, on Keras's present backend, with all that a minikeras one has.

    Raises:
        MissingExtraError: without Keras.
    """
    keras = require("keras", "parity")
    tree = json.loads(trees.dump(configs.describe(model)))
    theirs = keras.saving.deserialize_keras_object(tree, custom_objects=custom_objects)
    theirs.set_weights(model.get_weights())
    if model.compiled and theirs.optimizer is not None:
        own = [parameter.numpy() for parameter in model.optimizer.variables]  # copies: JAX would share the memory
        for variable, value in zip(theirs.optimizer.variables, own, strict=False):
            variable.assign(value)
    return theirs


def _numpy(variable: Any) -> np.ndarray:
    return np.array(variable.numpy())
