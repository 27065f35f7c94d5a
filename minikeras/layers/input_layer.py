"""Input: the symbol that a model begins with, and the layer that it belongs to."""

from typing import Any

import numpy as np

from ..graph import Node
from ..tensor import KerasTensor
from .base import Layer
from .shapes import Shape, shape_of


class InputLayer(Layer):
    """The layer behind an :func:`Input`: it holds a shape and passes its input on (dx = dy).

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
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if input_tensor is not None:
            _check_symbol(input_tensor, shape, batch_shape, dtype)
            shape, batch_shape, dtype = None, input_tensor.shape, input_tensor.dtype
        if (shape is None) == (batch_shape is None):
            raise ValueError("You must pass either `shape` or `batch_shape` to InputLayer.")
        if sparse or ragged or optional:
            raise ValueError("InputLayer does not support sparse, ragged or optional inputs in minikeras.")
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.batch_shape: Shape = (
            shape_of(batch_shape, "batch_shape") if shape is None else (batch_size, *shape_of(shape, "shape"))
        )
        self.mark_built(self.batch_shape)
        symbol = KerasTensor(self.batch_shape, self.dtype, self.name) if input_tensor is None else input_tensor
        Node(self, (), {}, symbol)

    @property
    def dtype(self) -> str:
        """The symbol's dtype by name; "string" for strings."""
        return "string" if self._dtype.kind == "O" else self._dtype.name

    @dtype.setter
    def dtype(self, value: Any) -> None:
        self._dtype = np.dtype(value)

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
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbol that a model begins with.

    Args (as in Keras):
        shape: of one sample; None where a size is unknown.
        batch_size: of the batch axis, if known.
        dtype: what inputs are cast to; by default ``floatx``.
        batch_shape: the shape with the batch axis, instead of ``shape``.
        name: of the input; arrays may be passed to the model by it.
        tensor: a symbol to use, instead of a new one.

    Raises:
        ValueError: for neither or both of ``shape`` and ``batch_shape``.

    Differs from Keras: inputs are not sparse, ragged or optional.

    >>> Input((3,), name="x")
    <KerasTensor shape=(None, 3), dtype=float32, name=x>
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name).output


def _check_symbol(symbol: Any, shape: Any, batch_shape: Any, dtype: Any) -> None:
    """Raises ValueError for what is no symbol, or one that contradicts the other arguments."""
    if not isinstance(symbol, KerasTensor):
        raise ValueError(f"Argument `tensor` must be a KerasTensor. Received: {symbol!r} (of type {type(symbol)})")
    wanted = {"shape": (shape, symbol.shape[1:]), "batch_shape": (batch_shape, symbol.shape)}
    for name, (given, own) in {**wanted, "dtype": (dtype, symbol.dtype)}.items():
        if given is not None and given != own and tuple(given) != own:
            raise ValueError(f"The `tensor` of an Input has {name} {own}. Received another one: {name}={given}")
