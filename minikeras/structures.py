"""Structures of arrays: one array, or lists, tuples, deques and dictionaries of structures.

Everything else, None included, is a leaf. The children of a dictionary are visited in the order of its sorted keys, as
in Keras; those of an ``OrderedDict`` in its own order.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

#: The classes of structures that are not leaves.
NESTED = (list, tuple, dict, deque)


def keys(structure: Any) -> list[Any]:
    """Keys or positions of the children, in the order of visiting."""
    if isinstance(structure, OrderedDict):
        return list(structure)
    if isinstance(structure, dict):
        try:
            return sorted(structure)
        except TypeError:  # keys of several types, which have no order among themselves
            return sorted(structure, key=lambda key: (type(key).__qualname__, repr(key)))
    return list(range(len(structure)))


def rebuilt(structure: Any, children: Iterable[Any]) -> Any:
    """A structure of the same type with other children, given in the order of :func:`keys`."""
    if isinstance(structure, dict):
        new = dict(zip(keys(structure), children, strict=True))
        in_order = {key: new[key] for key in structure}
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, in_order)
        return type(structure)(in_order)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*children)
    return type(structure)(children)


def flat(structure: Any) -> list[Any]:
    """The leaves, in the order of visiting.

    >>> flat([1, (2, None), {"b": 4, "a": 3}])
    [1, 2, None, 3, 4]
    """
    if type(structure) is np.ndarray or not isinstance(structure, NESTED):
        return [structure]
    children = map(structure.__getitem__, keys(structure)) if isinstance(structure, dict) else structure
    return [leaf for child in children for leaf in flat(child)]


def pack(structure: Any, leaves: Iterable[Any]) -> Any:
    """The same structure with other leaves.

    >>> pack([1, (2, None), {"b": 4, "a": 3}], "abcde")
    ['a', ('b', 'c'), {'b': 'e', 'a': 'd'}]
    """
    return _packed(structure, iter(leaves))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, NESTED):
        return rebuilt(structure, [_packed(structure[key], leaves) for key in keys(structure)])
    return next(leaves)


def mapped(function: Any, structure: Any) -> Any:
    """The same structure with ``function(leaf)`` in place of every leaf."""
    if not isinstance(structure, NESTED):
        return function(structure)
    return pack(structure, map(function, flat(structure)))


def copied(structure: Any) -> Any:
    """The same structure with copies of its arrays."""
    return mapped(lambda a: a.copy() if isinstance(a, np.ndarray) else a, structure)
