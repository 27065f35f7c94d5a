"""Limits on what a file may ask of ``ops``: the shapes of a graph are found by running its operations on zeros."""

import math
from typing import Any

from ..ops.base import Op
from ..structures import flat
from ..tensor import KerasTensor

#: The numbers that one array may have, for three rows.
MOST = 2**27
#: Arguments whose product is the number of entries of an array, or multiplies it.
_OF_SHAPE = ("repeats", "shape", "output_size")


def check_size(operation: Any, args: Any, kwargs: dict[str, Any]) -> None:
    """Refuses a call of a function of ``ops`` that asks for more than :data:`MOST` numbers.

    Raises:
        ValueError: names the operation and the argument.
    """
    if not isinstance(operation, Op):
        return
    given = {f"argument {i}": a for i, a in enumerate(flat((args, tuple(kwargs.values()))))}
    for name, a in (given | operation.get_config()).items():
        if isinstance(a, KerasTensor):
            n = math.prod(3 if size is None else size for size in a.shape)
        else:
            both = [a, a] if name == "output_size" and isinstance(a, int) else a
            sizes = [abs(size) for size in flat(both) if type(size) is int]
            n = math.prod(sizes) if name in _OF_SHAPE else max(sizes, default=0)
        if n > MOST:
            raise ValueError(f"'{operation.name}' has the {name} {a}: more than {MOST:,} numbers.")
