"""Nested structures: lists, tuples, namedtuples and dictionaries of leaves, as ``keras.tree`` treats them.

Everything else, None included, is a leaf. A dictionary is visited in the order of its sorted keys, an ``OrderedDict``
in its own order.

>>> flatten({"b": [1, None], "a": (2,)})
[2, 1, None]
>>> map_structure(lambda leaf: 10 * leaf, {"b": [1, 3], "a": (2,)})
{'b': [10, 30], 'a': (20,)}
"""

from collections.abc import Callable, Iterable
from typing import Any

from .structures import NESTED, flat, keys, pack, rebuilt

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]

_DIFFERENT = "Structures don't have the same nested structure."


class MAP_TO_NONE:
    """The value that a function of :func:`traverse` returns to put None into the result."""


def is_nested(structure: Any) -> bool:
    """True for a list, a tuple, a deque or a dictionary, empty ones included.

    >>> is_nested([]), is_nested("ab"), is_nested(None)
    (True, False, False)
    """
    return isinstance(structure, NESTED)


def _check_same_node(first: Any, other: Any) -> None:
    both_dicts = isinstance(first, dict) and isinstance(other, dict)
    if is_nested(first) != is_nested(other) or not (both_dicts or type(first) is type(other) or not is_nested(first)):
        raise ValueError(f"{_DIFFERENT} Received: {first!r} and {other!r}")
    if is_nested(first) and set(keys(first)) != set(keys(other)):
        raise ValueError(f"{_DIFFERENT} Received: {first!r} and {other!r}")


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """The structure with each part replaced by ``func(part)`` where that is not None.

    Args (as in Keras):
        func: gets every node and every leaf. None keeps the part; :class:`MAP_TO_NONE` puts None in its place.
        top_down: True: a node before its children, which are not visited if it was replaced. False: children first.

    >>> traverse(lambda part: tuple(part) if isinstance(part, list) else None, [1, [2]], top_down=False)
    (1, (2,))
    """

    def into(structure: Any) -> Any:
        if not is_nested(structure):
            return structure
        return rebuilt(structure, [traverse(func, structure[key], top_down) for key in keys(structure)])

    if top_down:
        new = func(structure)
        if new is None:
            return into(structure)
    else:
        visited = into(structure)
        new = func(visited)
        if new is None:
            return visited
    return None if new is MAP_TO_NONE else new


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Every leaf with the keys and positions that lead to it.

    >>> flatten_with_path({"a": [5, 6]})
    [(('a', 0), 5), (('a', 1), 6)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key in keys(structure) for path, leaf in flatten_with_path(structure[key])]


def flatten(structure: Any) -> list[Any]:
    """The leaves in the order of visiting."""
    return flat(structure)


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """The structure with other leaves, given in the order of :func:`flatten`.

    Raises:
        ValueError: if there are more or fewer of them than leaves.

    >>> pack_sequence_as({"b": 0, "a": [0, 0]}, [1, 2, 3])
    {'b': 3, 'a': [1, 2]}
    """
    leaves = list(flat_sequence)
    expected = len(flatten(structure))
    if len(leaves) != expected:
        raise ValueError(f"pack_sequence_as expected {expected} leaves for the structure. Received: {len(leaves)}")
    return pack(structure, leaves)


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """The first structure with each leaf replaced by ``func`` of the leaves in that place of every structure.

    Args (as in Keras):
        func: takes one leaf of each structure.
        structures: at least one; all of one nesting.
        none_is_leaf: False: None stays None and ``func`` does not see it.

    Raises:
        ValueError: if there is no structure, or their nesting differs.

    >>> map_structure(lambda a, b: a + b, [1, {"k": 2}], [10, {"k": 20}])
    [11, {'k': 22}]
    """
    if not structures:
        raise ValueError("Must provide at least one structure")
    first, *others = structures
    for other in others:
        _check_same_node(first, other)
    if is_nested(first):
        return rebuilt(
            first,
            [map_structure(func, *(s[key] for s in structures), none_is_leaf=none_is_leaf) for key in keys(first)],
        )
    return None if first is None and not none_is_leaf else func(*structures)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """``func`` of what the structures have in the places of the shallow structure's leaves.

    Raises:
        ValueError: if there is no structure, or one lacks a node of the shallow structure.

    >>> map_structure_up_to([None, None], len, [[1, 2], [3]])
    [2, 1]
    """
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not is_nested(shallow_structure):
        return func(*structures)
    for structure in structures:
        _check_same_node(shallow_structure, structure)
    return rebuilt(
        shallow_structure,
        [
            map_structure_up_to(shallow_structure[key], func, *(s[key] for s in structures))
            for key in keys(shallow_structure)
        ],
    )


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Checks that two structures differ in their leaves alone.

    Args (as in Keras):
        check_types: without effect.

    Raises:
        ValueError: if their nesting differs.
    """
    map_structure(lambda *leaves: None, a, b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Checks that two structures have leaves under the same keys and positions; lists and tuples count as one.

    Raises:
        ValueError: if not; names the paths that one lacks.
    """
    of_a, of_b = ({path for path, _ in flatten_with_path(s)} for s in (a, b))
    if of_a != of_b:
        raise ValueError(
            "`a` and `b` don't have the same paths. "
            f"Only in `a`: {sorted(of_a - of_b, key=repr)}. Only in `b`: {sorted(of_b - of_a, key=repr)}."
        )


def lists_to_tuples(structure: Any) -> Any:
    """The structure with a tuple for every list."""
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """The structure with ``func(shape)`` for every shape, a list or tuple of integers and None.

    >>> map_shape_structure(len, {"a": (None, 3), "b": [(1,), (2, 3, 4)]})
    {'a': 2, 'b': [1, 3]}
    """

    def of_shape(part: Any) -> Any:
        if isinstance(part, list | tuple) and all(isinstance(entry, int | None) for entry in part):
            new = func(part)
            return MAP_TO_NONE if new is None else new
        return None

    return traverse(of_shape, structure)
