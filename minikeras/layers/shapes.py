"""Shapes of the structures that layers take and return.

A shape is a tuple of sizes, None where a size is unknown; the shape of a structure is a structure of shapes.
"""

from collections.abc import Iterable
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

import numpy as np

from ..structures import flat, mapped
from ..tensor import KerasTensor

Shape = tuple[int | None, ...]


def shape_of(value: Any, argument: str) -> tuple[int | None, ...]:
    """A shape argument as a tuple.

    Raises:
        ValueError: if it is not a list or tuple of integers and None.

    >>> shape_of([28, 28], "shape")
    (28, 28)
    """
    sizes = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value, "")
    if all(size is None or (isinstance(size, int | np.integer) and size >= 0) for size in sizes):
        return tuple(None if size is None else int(size) for size in sizes)
    example = f"{argument}=({value},)" if isinstance(value, int) else f"{argument}=(28, 28)"
    raise ValueError(
        f"`{argument}` must be a tuple of integers or None, such as {example}. Received: {argument}={value!r}"
    )


def shapes_of(structure: Any) -> Any:
    """The shapes of a structure of arrays."""
    return mapped(lambda a: getattr(a, "shape", None), structure)


def without_batch(shape: Any) -> Any:
    """Shapes with None in place of the size of the batch axis.

    >>> without_batch([(2, 3), (4,)])
    [(None, 3), (None,)]
    """
    if shape is None:
        return None
    if is_shape(shape):
        return (None, *shape[1:])
    return {k: without_batch(v) for k, v in shape.items()} if isinstance(shape, dict) else _each(without_batch, shape)


def is_shape(value: Any) -> bool:
    """True for a tuple or list of sizes; False for a structure of them.

    >>> is_shape((None, 3)), is_shape([(None, 3), (None, 4)])
    (True, False)
    """
    return isinstance(value, list | tuple) and all(s is None or isinstance(s, int | np.integer) for s in value)


def _each(function: Any, shapes: Any) -> Any:
    made = [function(shape) for shape in shapes]
    return made if isinstance(shapes, list) else tuple(made)


def symbols_of(shapes: Any, dtype: Any) -> Any:
    """Symbols with these shapes, in the structure of the shapes.

    >>> symbols_of([(None, 2)], "int32")[0].dtype
    'int32'
    """
    if shapes is None:
        return None
    if is_shape(shapes):
        return KerasTensor(shapes, dtype)
    if isinstance(shapes, dict):
        return {key: symbols_of(shape, dtype) for key, shape in shapes.items()}
    return _each(lambda shape: symbols_of(shape, dtype), shapes)


def called_for(method: Any, names: Any, args: Any, kwargs: dict[str, Any], shape: Any = None) -> Any:
    """``method``, a layer's ``build`` or ``compute_output_shape``, called for the shapes of some arguments of ``call``.

    A method with several arguments, such as ``build(query_shape, value_shape)``, gets the shapes by name; one with a
    single argument gets that of the first argument.

    Args:
        names: of the arguments of ``call``.
        shape: of the first argument, if it is known otherwise.
    """
    values = {**dict(zip(names, args, strict=False)), **kwargs}
    by_name = {f"{name}_shape": shapes_of(a) for name, a in values.items() if _is_shaped(a)}
    if method.__name__ == "build":
        by_name = {name: without_batch(known) for name, known in by_name.items()}
    arguments = [a for a in signature(method).parameters.values() if a.kind is Argument.POSITIONAL_OR_KEYWORD]
    required = [a.name for a in arguments if a.default is Argument.empty]
    if len(arguments) > 1 and all(name in by_name for name in required):
        return method(**{a.name: by_name[a.name] for a in arguments if a.name in by_name})
    return method(shapes_of((*args, *kwargs.values())[0]) if shape is None else shape)


def _is_shaped(a: Any) -> bool:
    return any(hasattr(leaf, "shape") for leaf in flat(a))
