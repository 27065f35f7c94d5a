"""Any object as a config of Keras's form, and back: layers, models, losses, functions, arrays, lists of them.

>>> from minikeras import layers
>>> tree = serialize_keras_object({"units": (2, 3), "layer": layers.Dense(2, name="d")})
>>> tree["units"]
{'class_name': '__tuple__', 'config': {'value': [2, 3]}}
>>> deserialize_keras_object(tree)["layer"].units
2
"""

from typing import Any

import numpy as np

from ..custom_objects import custom_object_scope, found, get_registered_name
from ..errors import UnsupportedError
from ..registry import Registry, registries
from . import trees


def serialize_keras_object(obj: Any) -> Any:
    """The config of an object.

    Raises:
        TypeError: for an object without ``get_config``.
    """
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, list):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, tuple):
        return {"class_name": "__tuple__", "config": {"value": [serialize_keras_object(item) for item in obj]}}
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if hasattr(obj, "get_config"):
        return _registry_of(obj).serialize(obj)
    if callable(obj):
        name = get_registered_name(obj)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
    raise TypeError(f"{obj!r} of type {type(obj).__name__} has no `get_config`: it cannot be written as a config.")


def _registry_of(obj: Any) -> Registry:
    """The registry that has an object's class; for a custom class the one of a base class."""
    for cls in type(obj).__mro__:
        for registry in registries.values():
            if cls.__name__ in registry and registry.lookup(cls.__name__) is cls:
                return registry
    return registries["keras.models"] if hasattr(obj, "build_from_config") else registries["keras.losses"]


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True, **unused: Any
) -> Any:
    """The object that a config describes.

    Args (as in Keras):
        safe_mode: no effect: nothing is ever imported by name, or executed.

    Raises:
        UnsupportedError: for code, and for classes and functions that are neither Keras's nor custom objects.
    """
    trees.check(config, custom_objects)
    with custom_object_scope(custom_objects):
        return _made(config)


def _made(config: Any) -> Any:
    if isinstance(config, list | tuple):
        return [_made(item) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: _made(value) for key, value in config.items()}
    kind, inner = config["class_name"], config["config"]
    if kind == "__tuple__":
        return tuple(_made(item) for item in inner["value"])
    if kind == "__numpy__" and np.dtype(inner["dtype"]).kind in "fiub":
        return np.array(inner["value"], inner["dtype"])
    custom = found([config.get("registered_name"), inner if kind == "function" else kind])
    if custom is not None and kind == "function":
        return custom
    known = {"keras.models": registries["keras.models"], **registries}  # loads the models, if nothing else did
    named = [registry for registry in known.values() if (inner if kind == "function" else kind) in registry]
    same = [registry for registry in named if registry.module == config.get("module")]
    if custom is None and not named:
        raise UnsupportedError(f"{kind!r} is neither a class of Keras's that minikeras has nor a custom object.")
    if custom is not None and not isinstance(custom, type):
        raise UnsupportedError(f"{kind!r} is a function, not a class.")
    if custom is not None and not named:
        made = custom.from_config(inner) if hasattr(custom, "from_config") else custom(**inner)
    else:
        made = (same or named)[0].deserialize(config)
    build_config = config.get("build_config")
    if build_config and hasattr(made, "build_from_config") and not made.built:
        made.build_from_config(build_config)
    return made
