"""What layers of one family share: arguments checked as in Keras, and weights with an initializer of their own."""

from typing import Any

import numpy as np

from .. import constraints, initializers, regularizers
from ..errors import ShapeError
from ..parameter import Parameter
from .base import Layer
from .shapes import Shape

_KINDS: dict[str, Any] = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


def refuse(layer: str, **unsupported: Any) -> None:
    """Raises ValueError for an argument that Keras has, minikeras has not, and that was given."""
    for argument, value in unsupported.items():
        if value is not None:
            raise ValueError(f"{layer} does not support `{argument}` in minikeras. Received: {value!r}")


class Spatial(Layer):
    """A layer for images (N, S…, C) of ``rank`` spatial axes, with either order of the axes.

    The subclasses compute with channels last; :meth:`_to_last` and :meth:`_from_last` copy what has them first.
    """

    rank: int
    data_format: str

    @property
    def _channel_axis(self) -> int:
        return 1 if self.data_format == "channels_first" else -1

    def _split(self, shape: Shape) -> tuple[tuple[int | None, ...], int | None]:
        """The spatial sizes of a shape with the batch axis, and its number of channels."""
        self.check_rank(shape)
        return (shape[2:], shape[1]) if self.data_format == "channels_first" else (shape[1:-1], shape[-1])

    def _join(self, batch: int | None, spatial: tuple[int | None, ...], channels: int | None) -> Shape:
        if self.data_format == "channels_first":
            return (batch, channels, *spatial)
        return (batch, *spatial, channels)

    def _to_last(self, a: np.ndarray, name: str) -> np.ndarray:
        """``a`` with channels last; a copy in the buffer of that name if it has them first."""
        return self._copied(np.moveaxis(a, 1, -1), name) if self.data_format == "channels_first" else a

    def _from_last(self, a: np.ndarray, name: str) -> np.ndarray:
        """``a``, which has channels last, in the layer's own order."""
        return self._copied(np.moveaxis(a, -1, 1), name) if self.data_format == "channels_first" else a

    def _copied(self, a: np.ndarray, name: str) -> np.ndarray:
        copy = self.buffer(name, a.shape, a.dtype)
        np.copyto(copy, a)
        return copy

    def check_rank(self, shape: Shape) -> None:
        """Raises ShapeError unless there are a batch axis, ``rank`` spatial axes and channels."""
        if len(shape) != self.rank + 2:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected ndim={self.rank + 2}, '
                f"found ndim={len(shape)}. Full shape received: {tuple(shape)}"
            )

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.check_rank(shape)
        self.compute_output_shape(shape)


class Weighted(Layer):
    """A layer whose weights each have an initializer, a regularizer and a constraint, named in its arguments.

    Attributes:
        roles: the arguments that there are: for each role, "initializer" and whichever of the other two.
    """

    roles: dict[str, tuple[str, ...]]

    def _set_roles(self, arguments: dict[str, Any]) -> None:
        """Takes ``kernel_initializer`` and the like out of a constructor's arguments."""
        for role, kinds in self.roles.items():
            for kind in kinds:
                setattr(self, f"{role}_{kind}", _KINDS[kind].get(arguments[f"{role}_{kind}"]))

    def _add(self, role: str, shape: tuple[int, ...], name: str | None = None, trainable: bool = True) -> Parameter:
        return self.add_weight(
            shape,
            getattr(self, f"{role}_initializer"),
            trainable=trainable,
            regularizer=getattr(self, f"{role}_regularizer", None),
            constraint=getattr(self, f"{role}_constraint", None),
            name=name or role,
        )

    def _roles_config(self) -> dict[str, Any]:
        return {
            f"{role}_{kind}": _KINDS[kind].serialize(getattr(self, f"{role}_{kind}"))
            for role, kinds in self.roles.items()
            for kind in kinds
        }


ALL = ("initializer", "regularizer", "constraint")


def expect_axis(layer: Layer, shape: tuple[int, ...], axis: int, value: int | None) -> None:
    """Raises ShapeError unless that axis of a shape has that size."""
    if value is not None and shape[axis] != value:
        raise ShapeError(
            f'Input 0 of layer "{layer.name}" is incompatible with the layer: expected axis {axis} of input shape '
            f"to have value {value}, but received input with shape {shape}"
        )
