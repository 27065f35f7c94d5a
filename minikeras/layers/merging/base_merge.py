"""What layers that make one array of several share: the check of their shapes, and the masks."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ops.numpy.arithmetic import Where
from ...ops.numpy.shapes import ExpandDims
from ..base import Layer
from ..shapes import is_shape


class Merge(Layer):
    """Base of the merging layers: a subclass defines ``merge(inputs, masks)`` with operations of :mod:`minikeras.ops`.

    Inputs of fewer axes get axes of size 1 behind the batch axis; sizes of 1 are stretched.

    Raises:
        ValueError: if the input is no list, or the shapes do not fit.
    """

    takes_arrays = supports_masking = True

    def merge(self, inputs: list[np.ndarray], masks: list[Any]) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} does not define merge(inputs, masks).")

    def build(self, input_shape: Any) -> None:
        if not isinstance(input_shape, list | tuple) or is_shape(input_shape):
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}) should be called on a list of inputs. "
                f"Received: input_shape={input_shape} (not a list of shapes)"
            )
        self.check_shapes([tuple(shape) for shape in input_shape])

    def check_shapes(self, shapes: list[tuple[int | None, ...]]) -> None:
        """Raises ShapeError unless the shapes can be stretched to one."""
        try:
            np.broadcast_shapes(*(tuple(1 if s is None else s for s in shape[1:]) for shape in shapes))
        except ValueError:
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}): Inputs have incompatible shapes. "
                f"Received shapes {', '.join(map(str, shapes))}"
            ) from None

    def call(self, inputs: Any, mask: Any = None) -> np.ndarray:
        if not isinstance(inputs, list | tuple):
            raise ShapeError(f"Layer '{self.name}' should be called on a list of inputs. Received: one array.")
        axes = max(x.ndim for x in inputs)
        stretched = [ExpandDims(tuple(range(1, 1 + axes - x.ndim)))(x) if x.ndim < axes else x for x in inputs]
        return self.merge(stretched, list(mask) if isinstance(mask, list | tuple) else [None] * len(inputs))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Where some input counts; None if one of them has no mask."""
        if previous_mask is None or any(m is None for m in previous_mask):
            return None
        return np.logical_or.reduce([np.asarray(m) for m in previous_mask])


def where(mask: Any, x1: Any, x2: Any) -> Any:
    """x1 where the mask holds, else x2; the mask has one axis fewer."""
    return x1 if mask is None else Where()(np.broadcast_to(np.asarray(mask)[..., None], x1.shape), x1, x2)
