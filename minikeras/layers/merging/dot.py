"""Dot: the sum of products of two arrays along an axis of each, row by row of the batch."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ops.nn.normalization import normalize
from ...ops.numpy.products import Einsum
from ...ops.numpy.shapes import ExpandDims
from .base_merge import Merge


class Dot(Merge):
    """y[n, …, …] = Σⱼ x₁[n, …, j, …] x₂[n, …, j, …];  dx₁ = Σ dy x₂, dx₂ = Σ dy x₁ over the other's free axes.

    Args (as in Keras):
        axes: j's axis, one for both or a pair.
        normalize: True divides both by their lengths along it first: y is the cosine of their angle.

    >>> Dot(axes=1, dtype="float64")([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
    array([[11.]])
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        pair = isinstance(axes, list | tuple)
        if not (isinstance(axes, int) or (pair and len(axes) == 2 and all(isinstance(a, int) for a in axes))):
            raise ValueError(f"`axes` must be an integer or two of them. Received: axes={axes!r}")
        self.axes, self.normalize = axes, normalize

    def check_shapes(self, shapes: list[tuple[int | None, ...]]) -> None:
        if len(shapes) != 2:
            raise ShapeError(f"A `Dot` layer should be called on a list of 2 inputs. Received: {shapes}")
        a, b = self._axes(*map(len, shapes))
        if None not in (shapes[0][a], shapes[1][b]) and shapes[0][a] != shapes[1][b]:
            raise ShapeError(
                f"Layer '{self.name}' (Dot): axis {a} of the first input has {shapes[0][a]} entries, axis {b} of the "
                f"second {shapes[1][b]}. Received: input_shape={shapes}"
            )

    def _axes(self, *ndims: int) -> list[int]:
        axes = [self.axes] * 2 if isinstance(self.axes, int) else self.axes
        return [a % n for a, n in zip(axes, ndims, strict=True)]

    def call(self, inputs: Any, mask: Any = None) -> np.ndarray:
        x1, x2 = inputs
        a, b = self._axes(x1.ndim, x2.ndim)
        if self.normalize:
            x1, x2 = normalize(x1, a), normalize(x2, b)
        first = "abcdefghijk"[: x1.ndim]
        second = "a" + "lmnopqrstuv"[1 : x2.ndim]
        second = second[:b] + first[a] + second[b + 1 :]
        out = "".join(letter for letter in first + second[1:] if letter != first[a])
        y = Einsum(f"{first},{second}->{out}")(x1, x2)
        return ExpandDims(-1)(y) if len(out) == 1 else y

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """None: the result has no time axis."""
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """``Dot(axes, **kwargs)(inputs)``."""
    return Dot(axes, **kwargs)(inputs)
