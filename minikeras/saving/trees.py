"""What a config may say, checked before anything is made from it."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import custom_objects as custom
from ..errors import DataError, UnsupportedError
from ..registry import registries
from . import limits

# Where Keras keeps what minikeras has. A module is never imported: the name is only compared with these.
_MODULES = {
    "DTypePolicy": ("keras", "keras.dtype_policies"),
    "Functional": ("keras", "keras.models", "keras.src.models.functional", "keras.src.engine.functional"),
    "Model": ("keras", "keras.models", "keras.src.models.model", "keras.src.models.functional"),
    "Sequential": ("keras", "keras.models", "keras.src.models.sequential"),
    "function": ("builtins",),
}
# What a graph's calls hold besides plain values; it is read by models.graph_configs alone.
_OF_CALLS = ("__keras_tensor__", "__slice__", "__ellipsis__", "__numpy__", "__tuple__")
_ROOMS = (
    "keras.layers",
    "keras.activations",
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.optimizers.schedules",
)


def parse(data: bytes | str, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        DataError: for anything else.

    >>> parse('{"a": 1}', "metadata.json")
    {'a': 1}
    """
    try:
        tree = json.loads(data)
    except RecursionError:
        raise DataError(f"{what} is nested too deeply") from None
    except ValueError as error:
        raise DataError(f"{what} is not JSON: {error}") from error
    if not isinstance(tree, dict):
        raise DataError(f"{what} holds no object")
    return tree


def dump(tree: Any) -> bytes:
    """A tree as JSON, with NumPy's numbers and arrays as plain numbers and lists.

    Raises:
        TypeError: for anything else that JSON does not have.

    >>> dump({"units": np.int64(4), "rate": np.float32(0.5), "values": np.eye(2)})
    b'{"units": 4, "rate": 0.5, "values": [[1.0, 0.0], [0.0, 1.0]]}'
    """
    return json.dumps(tree, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "fiub":
        return value.tolist()
    raise TypeError(
        f"a config holds {value!r} of type {type(value).__name__}; a file can hold numbers, strings, lists and "
        f"dictionaries. `get_config` of its class has to give those."
    )


def check(tree: Any, custom_objects: dict[str, Any] | None = None) -> None:
    """Refuses a config that names anything but Keras's own modules, or has too many or too deep entries.

    Raises:
        UnsupportedError: for code (``__lambda__``), and for classes of other modules that are not in
            ``custom_objects``.
        DataError: for too much of anything.

    >>> check({"module": "os", "class_name": "system", "config": "echo"})
    Traceback (most recent call last):
    ...
    minikeras.errors.UnsupportedError: 'system' of module 'os': nothing is imported by name from a file. ...
    """
    for node in _nodes(tree):
        if isinstance(node, dict) and "class_name" in node:
            _check_class(node, custom_objects or {})


def check_size(tree: Any) -> None:
    """Refuses too many or too deep entries.

    Raises:
        DataError: for them.
    """
    for _ in _nodes(tree):
        pass


def _nodes(tree: Any) -> Iterator[Any]:
    waiting, count = [(tree, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > limits.NODES:
            raise DataError(f"the config has more than {limits.NODES:,} entries")
        if depth > limits.DEPTH:
            raise DataError(f"the config is nested deeper than {limits.DEPTH}")
        yield node
        if isinstance(node, dict):
            waiting.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list | tuple):
            waiting.extend((child, depth + 1) for child in node)


def _check_class(node: dict[str, Any], custom_objects: dict[str, Any]) -> None:
    name, module = node["class_name"], node.get("module")
    if name in _OF_CALLS and "module" not in node:
        return
    if not isinstance(name, str):
        raise DataError(f"a class name has to be a string. Received: {name!r}")
    if name.startswith("__"):
        raise UnsupportedError(f"{name!r}: code, tensors and types inside a config are not read")
    given = node["config"] if name == "function" else name
    if custom.found([node.get("registered_name"), given], custom_objects) is not None:
        return
    models: Any = registries["keras.models"]
    if models.is_operation(node):
        return
    if module is not None and module not in _MODULES.get(name, _ROOMS):
        raise UnsupportedError(
            f"{name!r} of module {module!r}: nothing is imported by name from a file. A class of your own has to be "
            f"given in `custom_objects`."
        )
