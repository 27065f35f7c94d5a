"""Nested dictionaries and lists of numbers, strings and arrays, in one ``.npz`` file.

The arrays are stored one by one, the rest as JSON in which ``{"__array__": "3"}`` stands for the array "3".

>>> import tempfile
>>> from pathlib import Path
>>> path = Path(tempfile.mkdtemp(), "a.npz")
>>> write(path, {"best": 0.1, "weights": [np.eye(2)], "wait": None})
>>> read(path)
{'best': 0.1, 'weights': [array([[1., 0.], [0., 1.]])], 'wait': None}
"""

import json
from typing import Any

import numpy as np

from ..atomic import replacing
from ..errors import DataError
from . import npz, trees
from .limits import existing, naming

_TREE, _ARRAY = "tree", "__array__"


def write(path: Any, tree: dict[str, Any]) -> None:
    """Writes the file whole or not at all. Every number comes back with the same bits; tuples come back as lists.

    Raises:
        TypeError: names what is no number, string, array, list or dictionary with strings for keys.
    """
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_without_arrays(tree, arrays, "")).encode()
    with replacing(path) as file:
        npz.write(file, {_TREE: np.frombuffer(text, np.uint8)} | arrays)


def read(path: Any) -> dict[str, Any]:
    """What :func:`write` wrote.

    Raises:
        DataError: if the file is not there or damaged, by name.
    """
    with naming(path):
        arrays = npz.read(existing(path))
        if _TREE not in arrays:
            raise DataError(f"it has no array {_TREE!r}")
        return _with_arrays(trees.parse(arrays[_TREE].tobytes(), _TREE), arrays)


def _without_arrays(node: Any, arrays: dict[str, np.ndarray], where: str) -> Any:
    if isinstance(node, dict):
        for key in node:
            if not isinstance(key, str):
                raise TypeError(f"{where or 'the tree'} has the key {key!r}; only strings can be kept")
        return {key: _without_arrays(child, arrays, f"{where}/{key}") for key, child in node.items()}
    if isinstance(node, list | tuple):
        return [_without_arrays(child, arrays, f"{where}/{i}") for i, child in enumerate(node)]
    if isinstance(node, np.ndarray | np.generic) and node.dtype.kind in "fiub":
        name = str(len(arrays))
        arrays[name] = np.asarray(node)
        return {_ARRAY: name}
    if node is None or isinstance(node, bool | int | float | str):
        return node
    raise TypeError(f"{where} is a {type(node).__name__}; numbers, strings, arrays, lists and dictionaries are kept")


def _with_arrays(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(node, dict):
        if node.keys() == {_ARRAY}:
            array = arrays[node[_ARRAY]]
            return array if array.ndim else array[()]
        return {key: _with_arrays(child, arrays) for key, child in node.items()}
    return [_with_arrays(child, arrays) for child in node] if isinstance(node, list) else node
