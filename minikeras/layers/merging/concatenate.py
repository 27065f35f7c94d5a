"""Concatenate: arrays one after the other along an axis; each gets its part of dy."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ops.numpy.shapes import Concatenate as Joined
from .base_merge import Merge


class Concatenate(Merge):
    """y = [x₁, x₂, …] along ``axis``;  dxᵢ is its part of dy.

    >>> Concatenate(dtype="float64")([np.ones((1, 2)), np.zeros((1, 1))])
    array([[1., 1., 0.]])
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def check_shapes(self, shapes: list[tuple[int | None, ...]]) -> None:
        ranks = {len(shape) for shape in shapes}
        others = [[s for a, s in enumerate(shape) if a != self.axis % len(shape)] for shape in shapes]
        sizes = [set(column) - {None} for column in zip(*others, strict=len(ranks) == 1)]
        if len(ranks) > 1 or any(len(found) > 1 for found in sizes):
            raise ShapeError(
                f"A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
                f"Received: input_shape={shapes} (layer '{self.name}', axis={self.axis})"
            )

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        return Joined(self.axis)(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The masks along the axis; an input without one counts everywhere."""
        if previous_mask is None or all(m is None for m in previous_mask):
            return None
        full = [
            np.broadcast_to(True if m is None else m if m.ndim == x.ndim else m[..., None], x.shape)
            for x, m in zip(inputs, previous_mask, strict=True)
        ]
        return np.concatenate(full, self.axis).any(-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """``Concatenate(axis, **kwargs)(inputs)``."""
    return Concatenate(axis, **kwargs)(inputs)
