"""RNN: a cell, applied to one step of a sequence after the other."""

from typing import Any, ClassVar

import numpy as np

from ... import config
from ...errors import ShapeError
from ...parameter import Parameter
from ..base import Layer, Shape
from .cell import Cell


class RNN(Layer):
    """A layer of steps from a cell: (N, T, D) → (N, K), or (N, T, K) with ``return_sequences``.

    Args (as in Keras):
        cell: a SimpleRNNCell, LSTMCell or GRUCell.
        return_sequences: whether the outputs of all steps are returned, not the last one's.
        go_backwards: whether the sequence is read from its end; the outputs come in the order of reading.
        unroll: no effect.
        zero_output_for_mask: whether a step that is masked out has output 0, not the output of the step before.
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) != 3:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected ndim=3, '
                f"found ndim={len(input_shape)}. Full shape received: {input_shape}"
            )
        self.cell._scope = f"{self._scope}{self.name}/"
        self.cell.build((input_shape[0], input_shape[2]))
        self.mark_built(input_shape)

    def check_input(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3 or shape[2] != self.cell.kernel.shape[0]:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected shape '
                f"(None, None, {self.cell.kernel.shape[0]}), found shape {shape}"
            )

    @property
    def weights(self) -> list[Parameter]:
        return self.cell.weights

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        n, t, d = x.shape
        steps = self.buffer("x", (t, n, d))
        steps[...] = self._in_order(x).swapaxes(0, 1)
        frame = self.cell.run(self, steps, self.cell.get_initial_state(n), None, training)
        h = frame["h"]
        self.save(**frame)
        if not self.return_sequences:
            return h[-1]
        y = self.buffer("y", (n, t, h.shape[-1]))
        y[...] = h[1:].swapaxes(0, 1)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        dlast: list[Any] = [None] * len(frame["last"])
        dsteps = None
        if self.return_sequences:
            dsteps = self.buffer("dy", dy.swapaxes(0, 1).shape)
            dsteps[...] = dy.swapaxes(0, 1)
        else:
            dlast[0] = dy
        dx, _ = self.cell.run_backward(self, frame, dsteps, dlast)
        return self._in_order(dx.swapaxes(0, 1))

    def _in_order(self, x: np.ndarray) -> np.ndarray:
        return x[:, ::-1] if self.go_backwards else x

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        units = self.cell.output_size
        return (*input_shape[:2], units) if self.return_sequences else (input_shape[0], units)

    def get_config(self) -> dict[str, Any]:
        own = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


class CellLayer(RNN):
    """A recurrent layer that makes its own cell from its arguments."""

    cell_class: ClassVar[type[Cell]]

    def _set_up(self, arguments: dict[str, Any]) -> None:
        """Shares the constructor's arguments out between the cell and the layer."""
        mine = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")
        given = {name: value for name, value in arguments.items() if name not in ("self", "kwargs", "use_cudnn")}
        kwargs = arguments["kwargs"]
        activity = given.pop("activity_regularizer")
        if activity is not None:
            raise ValueError(
                f"{type(self).__name__} does not support `activity_regularizer` in minikeras. Received: {activity!r}"
            )
        own = {name: given.pop(name) for name in mine}
        cell = self.cell_class(
            **given,
            implementation=kwargs.pop("implementation", 2),
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name=config.snake_case(self.cell_class.__name__),
        )
        super().__init__(cell, **own, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """The cell's own attributes, such as ``units`` and ``activation``."""
        if name != "cell" and not name.startswith("_") and hasattr(self.__dict__.get("cell"), name):
            return getattr(self.cell, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def get_config(self) -> dict[str, Any]:
        own = super().get_config()
        own.pop("cell", None)
        return {**self.cell.get_config(), "activity_regularizer": None, **own}
