"""How an array is kept and shown: which of its indices, and which axes are the rows, columns and tiles of a picture."""

import base64
from collections.abc import Iterable
from typing import Any

import numpy as np

BUDGET = 3_500_000  # bytes of arrays: 4.7 MB in base64


def longest_axis(arrays: Iterable[np.ndarray], budget: int = BUDGET) -> int | None:
    """The length to which every longer axis is cut so that all arrays fit the budget; None if nothing has to be cut.

    >>> longest_axis([np.zeros((1000, 1000))], 1_000_000)
    256
    """
    arrays = list(arrays)
    if sum(a.nbytes for a in arrays) <= budget:
        return None
    for longest in (1024, 512, 256, 128, 64, 32, 16, 8, 4, 2):
        sizes = (int(np.prod([min(n, longest) for n in a.shape])) * a.itemsize for a in arrays)
        if sum(sizes) <= budget:
            return longest
    return 1


def kept(size: int, longest: int | None) -> list[int] | None:
    """Which indices of an axis are kept, evenly spread; None for all. The same for all axes of one size.

    >>> kept(10, 4), kept(3, 4)
    ([0, 3, 6, 9], None)
    """
    if longest is None or size <= longest:
        return None
    return [int(i) for i in np.linspace(0, size - 1, longest).round()]


def cut(value: np.ndarray, indices: list[list[int] | None]) -> np.ndarray:
    """The entries of an array at the kept indices."""
    for axis, chosen in enumerate(indices):
        if chosen is not None:
            value = value.take(chosen, axis)
    return value


def packed(value: np.ndarray) -> str:
    """The bytes of an array, little endian, in base64."""
    return base64.b64encode(np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tobytes()).decode()


def plain(value: np.ndarray) -> np.ndarray:
    """An array in a dtype that the page knows: float32, float64 or int32."""
    if value.dtype.kind in "bui":
        fits = value.size == 0 or (value.min() >= -(2**31) and value.max() < 2**31)
        return value.astype(np.int32 if fits else np.float64)
    return value if value.dtype in (np.float32, np.float64) else value.astype(np.float32)


def view(shape: tuple[int, ...], batch: int | None, parameter: bool, images: bool = False) -> dict[str, Any]:
    """Which axes are a picture's rows and columns, and which number the tiles.

    Args:
        batch: the axis of the batch, of which one row is shown at a time if the array has more than two axes.
        parameter: True for weights and their gradients: of four axes, the first two are the picture.
        images: True if the last axis holds channels.

    >>> view((8, 28, 28, 3), 0, False, images=True)
    {'shape': [8, 28, 28, 3], 'rows': 1, 'columns': 2, 'tiles': [3], 'batch': 0, 'square': True}
    """
    axes = list(range(len(shape)))
    alone = batch if len(shape) > 2 else None
    rest = [axis for axis in axes if axis != alone]
    rows: int | None
    columns: int | None
    if (images and len(rest) == 3) or (parameter and len(rest) > 2):
        rows, columns, tiles = rest[0], rest[1], rest[2:]
    else:
        rows, columns, tiles = (rest[-2] if len(rest) > 1 else None), (rest[-1] if rest else None), rest[:-2]
    square = images or (parameter and len(rest) > 2)
    return {"shape": list(shape), "rows": rows, "columns": columns, "tiles": tiles, "batch": alone, "square": square}


def over_time(shape: tuple[int, ...], gates: int) -> list[dict[str, Any]]:
    """The views of an array of a sequence, (N, T) or (N, T, …): time goes to the right; of all gates, one tile a gate.

    >>> [(v["rows"], v["columns"], v["tiles"]) for v in over_time((8, 5, 12), 3)]
    [(3, 1, [2]), (2, 1, [])]
    """
    alone = {"shape": list(shape), "rows": None, "columns": 1, "tiles": [], "batch": 0, "square": False}
    if len(shape) != 3:
        return [alone | {"bars": True}] if len(shape) == 2 else [view(shape, 0, False)]
    alone["rows"] = 2
    split = {"shape": [*shape[:2], gates, shape[2] // gates], "rows": 3, "tiles": [2], "picture": True, "gates": True}
    return [alone | split, alone] if gates > 1 and shape[2] % gates == 0 else [alone]


def pictures(shape: tuple[int, ...], axis: int, size: tuple[int, ...]) -> dict[str, Any]:
    """The same array with one axis written as the rows, columns (and channels) of a picture."""
    split = [*shape[:axis], *size, *shape[axis + 1 :]]
    tiles = [a for a in range(len(split)) if not axis <= a < axis + 2]
    batch = 0 if axis == 1 else None
    return {
        "shape": split,
        "rows": axis,
        "columns": axis + 1,
        "tiles": [a for a in tiles if a != batch],
        "batch": batch,
        "picture": True,
        "square": True,
    }


def numbers(value: np.ndarray) -> dict[str, Any]:
    """Range and mean of the finite entries, and how many are none, as text."""
    finite = value[np.isfinite(value)]
    found: dict[str, Any] = {"nan": int(np.isnan(value).sum()), "infinite": int(np.isinf(value).sum())}
    if finite.size:
        found |= {"least": f"{finite.min():.4g}", "greatest": f"{finite.max():.4g}"}
        found |= {"mean": f"{finite.mean(dtype=np.float64):.4g}"}
    return found
