"""Input: says what shape a model takes."""

from typing import Any

import numpy as np

from .base import Layer, Shape
from .within import shape_of


class InputLayer(Layer):
    """The first entry of a Sequential: it holds a shape and passes its input on (dx = dy).

    Keras's older names ``input_shape`` and ``batch_input_shape`` are accepted too.

    >>> InputLayer(shape=(28, 28)).batch_shape
    (None, 28, 28)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: Any = None,
        ragged: Any = None,
        batch_shape: Any = None,
        name: str | None = None,
        optional: bool = False,
        **kwargs: Any,
    ) -> None:
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if (shape is None) == (batch_shape is None):
            raise ValueError("You must pass either `shape` or `batch_shape` to InputLayer.")
        if sparse or ragged or optional:
            raise ValueError("InputLayer does not support sparse, ragged or optional inputs in minikeras.")
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.batch_shape: Shape = (
            shape_of(batch_shape, "batch_shape") if shape is None else (batch_size, *shape_of(shape, "shape"))
        )
        self.mark_built(self.batch_shape)

    def call(self, x: np.ndarray) -> np.ndarray:
        return x

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        shape = list(self.batch_shape)
        return {
            "batch_shape": shape,
            "dtype": self.dtype,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": False,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: Any = None,
    ragged: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
) -> InputLayer:
    """An :class:`InputLayer`, spelled as in Keras: ``Sequential([Input((784,)), Dense(10)])``."""
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, name)
