"""The inputs of a checked model or layer: their structure, their dtypes, and the names of their gradients."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..models.inputs import arranged, with_rank_of
from ..structures import flat, keys, mapped, pack
from ..training.arrays import is_structure

Arrays = dict[str, np.ndarray]


def arrays_of(x: Any) -> Any:
    """One array, or a structure of arrays."""
    return mapped(np.asarray, x) if is_structure(x) else np.asarray(x)


def inputs_of(model: Any, x: Any) -> Any:
    """Copies of what was passed for a model's inputs: in their structure and rank, and floats in the model's dtype.

    Integers stay integers, unless the model is made of symbols and its input is one of floats.

    Raises:
        ValueError: for another number of inputs or other names than those of a model that is made of symbols.
    """
    if model._graph is None:
        return mapped(lambda a: np.array(a, model.dtype if a.dtype.kind in "fc" else a.dtype), arrays_of(x))
    symbols, given = model._graph.symbols, arranged(model._graph.inputs, x, model.name)
    ranked = [with_rank_of(s.shape, np.asarray(a)) for s, a in zip(symbols, flat(given), strict=True)]
    pairs = zip(symbols, ranked, strict=True)
    return pack(given, [np.array(a, s.dtype if s.dtype.startswith(("float", "complex")) else None) for s, a in pairs])


def names_of(name: str, structure: Any, names: Sequence[Any] | None = None) -> list[str]:
    """Names for the arrays of a structure: "x" for a single one; "x[a]" by the keys of a dictionary, or by ``names``.

    >>> names_of("x", 1), names_of("x", {"b": 1, "a": 2}), names_of("x", [1, 2])
    (['x'], ['x[a]', 'x[b]'], ['x[0]', 'x[1]'])
    """
    n = len(flat(structure))
    if n == 1:
        return [name]
    if isinstance(structure, dict) and len(structure) == n:
        names = keys(structure)
    return [f"{name}[{each}]" for each in names or range(n)]


def floats(names: Sequence[str], arrays: Any, like: Any = None) -> Arrays:
    """The arrays of a structure by name, without None and without those of integers, which have no derivative.

    Args:
        like: arrays in the same structure, whose dtypes count in place of their own.
    """
    triples = zip(names, flat(arrays), flat(arrays if like is None else like), strict=True)
    return {name: a for name, a, b in triples if a is not None and b.dtype.kind in "fc"}
