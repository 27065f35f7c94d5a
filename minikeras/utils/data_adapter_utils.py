"""Packing and unpacking of the tuple that ``fit`` takes as one batch."""

from typing import Any


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """x alone, (x, y) or (x, y, sample_weight): the shortest form that ``fit`` reads back.

    A list or tuple x without y becomes (x,).

    >>> pack_x_y_sample_weight(1, 2), pack_x_y_sample_weight([1]), pack_x_y_sample_weight(1)
    ((1, 2), ([1],), 1)
    """
    if y is None:
        return (x,) if isinstance(x, tuple | list) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """x, y and sample_weight, None where the data have none.

    Raises:
        ValueError: for a tuple of no or of more than three parts.

    >>> unpack_x_y_sample_weight((1, 2)), unpack_x_y_sample_weight(1)
    ((1, 2, None), (1, None, None))
    """
    if not isinstance(data, tuple | list):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {data}"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight
