"""RNN: a cell, applied to one step of a sequence after the other.

Where the mask of a row is 0, states and output stay those of the step before::

    (1)  o, s = cell(x[t], s′)
    (2)  o ← m o + (1 − m) o′,   s ← m s + (1 − m) s′            m: the mask of step t, o′ before the first step: 0

Backward, from the last step to the first: do = dy[t] + what o′ of the next step gets, and ds likewise::

    (3)  dx[t], ds′ = cell's backward(m do, m ds)
    (4)  do′ = (1 − m) do,   ds′ ← ds′ + (1 − m) ds

The cells of this package run all steps in one kernel (:mod:`.cell`), which does the same.
"""

from contextlib import nullcontext
from typing import Any, ClassVar

import numpy as np

from ... import config, regularizers
from ...errors import ShapeError
from ...parameter import Parameter
from ...running import running
from ...structures import flat, mapped, pack
from ..base import Layer
from .cell import Cell
from .stacked_rnn_cells import StackedRNNCells, states_of


class RNN(Layer):
    """A layer of steps from a cell: (N, T, …) → (N, K), or (N, T, K) with ``return_sequences``.

    Args (as in Keras):
        cell: a layer with ``state_size`` whose ``call(inputs, states)`` returns the output and the new states; or a
            list of such, which is stacked.
        return_sequences: True returns the outputs of all steps, not the last one's.
        return_state: True returns the last states after the output.
        go_backwards: True reads the sequence from its end; the outputs come in the order of reading.
        stateful: True begins each batch with the last states of the one before, until ``reset_state()``.
        unroll: no effect.
        zero_output_for_mask: True makes the output of a step that is masked out 0, not that of the step before.
            Masked steps before the first one that counts give 0, as in Keras on TensorFlow; on JAX the first state.

    Call arguments: ``initial_state`` (one array for each state) and ``mask`` (N, T).
    """

    supports_masking = True
    needs_floats = True

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
        if isinstance(cell, list | tuple):
            cell = StackedRNNCells(cell)
        if not isinstance(cell, Layer):
            raise ValueError(f"Argument `cell` should be a layer with a `call` method. Received: cell={cell}")
        if not hasattr(cell, "state_size"):
            raise ValueError(
                "The RNN cell should have a `state_size` attribute (single integer or list of integers, one integer "
                f"per RNN state). Received: cell={cell}"
            )
        super().__init__(**kwargs)
        self.cell: Any = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        size = cell.state_size
        self.state_size = list(size) if isinstance(size, list | tuple) else [size]
        self.states: Any = None

    @property
    def _in_one_kernel(self) -> bool:
        return type(self.cell).call is Cell.call

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        if self._in_one_kernel and len(sequences_shape) != 3:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected ndim=3, '
                f"found ndim={len(sequences_shape)}. Full shape received: {sequences_shape}"
            )
        call = running()
        with nullcontext() if call is not None and call.operation is self else self._inside():
            self.cell._ensure_built((sequences_shape[0], *sequences_shape[2:]))

    def check_input(self, shape: Any) -> None:
        if self._in_one_kernel and (len(shape) != 3 or shape[2] != self.cell.kernel.shape[0]):
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected shape '
                f"(None, None, {self.cell.kernel.shape[0]}), found shape {shape}"
            )

    @property
    def is_trained(self) -> bool:  # type: ignore[override]
        return self._trainable and self.cell.is_trained

    @property
    def own_parameters(self) -> list[Parameter]:  # type: ignore[override]
        return self.cell.own_parameters if self._in_one_kernel else []

    # States.

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """Zeros for each state, or what the cell says."""
        return states_of(self.cell, batch_size)

    def reset_state(self) -> None:
        """Makes the states of a stateful layer 0."""
        if self.states is not None:
            self.states = mapped(np.zeros_like, self.states)

    reset_states = reset_state

    def _first_states(self, initial: Any, n: int) -> list[Any]:
        if initial is None:
            if self.stateful and self.states is not None:
                held = flat(self.states)[0].shape[0]
                if held != n:
                    raise ShapeError(
                        f"Layer '{self.name}' is stateful, so all batches must have one size: expected {held} rows, "
                        f"received {n}. Call reset_state() and set `states` to None to begin with another size."
                    )
                return self.states
            return self.get_initial_state(n)
        initial = list(initial) if isinstance(initial, list | tuple) else [initial]
        wanted = self.get_initial_state(n)
        shapes = [[a.shape for a in flat(states)] for states in (initial, wanted)]
        if shapes[0] != shapes[1]:
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}) takes initial states of shapes {shapes[1]}. "
                f"Received shapes {shapes[0]}"
            )
        return initial

    # Forward and backward.

    def call(self, sequences: np.ndarray, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        n, t = sequences.shape[:2]
        x = self.buffer("x", (t, n, *sequences.shape[2:]))
        x[...] = self._in_order(sequences).swapaxes(0, 1)
        m = self._mask_of_steps(mask)
        states = self._first_states(initial_state, n)
        if self._in_one_kernel:
            frame = self.cell.run(x, states, m, training)
            outputs, last = frame["h"][1:], frame["last"]
        else:
            frame = {"mask": m}
            outputs, last = self._run_steps(x, states, m, initial_state is not None)
        shown = self._shown(m)
        call = running()
        several = call is not None and isinstance(call.inputs, tuple)
        inner = [] if call is None else call.inner
        self.save(**frame, shown=shown, shape=x.shape, states=states, inner=inner, several=several)
        if self.stateful:
            self.states = mapped(np.array, last)
        y = outputs if self.return_sequences else outputs[-1]
        if shown is not None:
            y = y * (shown if self.return_sequences else shown[-1])
        if self.return_sequences:
            sequence = self.buffer("y", (n, t, *y.shape[2:]))
            sequence[...] = y.swapaxes(0, 1)
            y = sequence
        return (y, *last) if self.return_state else y

    def backward(self, dy: Any) -> Any:
        frame = self.saved()
        t, n = frame["shape"][:2]
        dlast: list[Any] = list(dy[1:]) if self.return_state else [None] * len(frame["states"])
        dy = dy[0] if self.return_state else dy
        shown = frame["shown"]
        dsteps = None
        if dy is not None and self.return_sequences:
            dsteps = self.buffer("dy", (t, n, *dy.shape[2:]))
            dsteps[...] = dy.swapaxes(0, 1) if shown is None else dy.swapaxes(0, 1) * shown
        elif dy is not None:
            dy = dy if shown is None else dy * shown[-1]
            if not self._in_one_kernel:
                dsteps = np.zeros((t, *dy.shape), dy.dtype)
                dsteps[-1] = dy
            else:
                dlast[0] = dy if dlast[0] is None else dy + dlast[0]
        if self._in_one_kernel:
            dx, dstates = self.cell.run_backward(frame, dsteps, dlast)
        else:
            dx, dstates = self._run_steps_backward(frame, dsteps, dlast)
        if dx is not None:
            dx = self._in_order(dx.swapaxes(0, 1))
        return (dx, dstates) if frame["several"] else dx

    def _in_order(self, x: np.ndarray) -> np.ndarray:
        return x[:, ::-1] if self.go_backwards else x

    def _mask_of_steps(self, mask: Any) -> np.ndarray | None:
        """(T, N) of 0 and 1, in the order of reading."""
        leaves = [m for m in flat(mask) if m is not None]
        if not leaves:
            return None
        found = self._in_order(np.asarray(leaves[0])).T
        return np.ascontiguousarray(found.astype(bool), np.zeros(0, self._dtype).real.dtype)

    def _shown(self, m: np.ndarray | None) -> np.ndarray | None:
        """(T, N, 1): where outputs are not 0 by (2); None for everywhere."""
        if m is None:
            return None
        shown = m if self.zero_output_for_mask else np.maximum.accumulate(m, axis=0)
        return None if shown.all() else shown[:, :, None]

    def _run_steps(self, x: np.ndarray, states: Any, m: np.ndarray | None, given: bool) -> tuple[np.ndarray, Any]:
        """(1), (2) one step after the other, for any cell."""
        call, outputs = running(), []
        output: Any = 0
        for t in range(len(x)):
            now = x[t]
            if call is not None and call.over.record:
                wanted = [now] if call.wants_dx else []
                wanted += flat(states) if t > 0 or (given and call.wants_dx) else []
                call.over.live.update(map(id, wanted))
            new_output, new_states = self.cell(now, states)
            if not isinstance(new_states, list | tuple):
                new_states = [new_states]
            if m is not None:
                held = zip(flat(new_states), flat(states), strict=True)
                new_states = pack(new_states, [_choose(m[t], a, b) for a, b in held])
                new_output = _choose(m[t], new_output, output)
            output, states = new_output, new_states
            outputs.append(output)
        return np.stack(outputs), list(states)

    def _run_steps_backward(self, frame: Any, dy: Any, dlast: list[Any]) -> tuple[Any, Any]:
        """(3), (4); the cell's calls, last one first."""
        calls, m = frame["inner"], frame["mask"]
        first = flat(frame["states"])
        given = flat(dlast) if self.return_state else [None] * len(first)
        dstates = pack(frame["states"], [_zero_if_none(d, s) for d, s in zip(given, first, strict=True)])
        dheld, dx = None, [None] * len(calls)
        for t in reversed(range(len(calls))):
            call = calls[t]
            doutput = _zero_if_none(None if dy is None else dy[t], call.outputs[0])
            doutput = doutput if dheld is None else doutput + dheld
            dnow, dkept = dstates, None
            if m is not None:
                dnow = mapped(lambda d, on=m[t]: _choose(on, d, 0), dstates)
                dkept = mapped(lambda d, on=m[t]: _choose(on, 0, d), dstates)
                doutput, dheld = _choose(m[t], doutput, 0), _choose(m[t], 0, doutput)
            d = call.back(pack(call.outputs, [doutput, *flat(dnow)]))
            dx[t], dbefore = (None, None) if d is None else d
            leaves = flat(dbefore) if dbefore is not None else [None] * len(flat(dstates))
            leaves = [_zero_if_none(a, b) for a, b in zip(leaves, flat(dstates), strict=True)]
            dstates = pack(dstates, leaves)
            if dkept is not None:
                dstates = pack(dstates, [a + b for a, b in zip(flat(dstates), flat(dkept), strict=True)])
        return (None if any(d is None for d in dx) else np.stack(dx)), dstates  # type: ignore[arg-type]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the steps stays with their outputs; a last output has none."""
        leaves = [m for m in flat(previous_mask) if m is not None]
        mask = leaves[0] if leaves and self.return_sequences else None
        return [mask] + [None] * len(flat(self.state_size)) if self.return_state else mask

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        n, t = sequences_shape[:2]
        size = getattr(self.cell, "output_size", None) or flat(self.state_size)[0]
        shape = (n, t, size) if self.return_sequences else (n, size)
        return (shape, *mapped(lambda k: (n, k), self.state_size)) if self.return_state else shape

    def get_config(self) -> dict[str, Any]:
        from .. import serialize

        own = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")
        config = {name: getattr(self, name) for name in own}
        return {**super().get_config(), **config, "cell": serialize(self.cell)}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        from .. import deserialize

        return cls(**{**layer_config, "cell": deserialize(layer_config["cell"])})


def _choose(on: np.ndarray, a: Any, b: Any) -> np.ndarray:
    """a in rows where the mask is on, else b."""
    ndim = max(np.ndim(a), np.ndim(b))
    return np.where(on.reshape(-1, *[1] * (ndim - 1)) != 0, a, b)


def _zero_if_none(d: Any, like: np.ndarray) -> np.ndarray:
    return np.zeros_like(like) if d is None else d


class CellLayer(RNN):
    """A recurrent layer that makes its own cell from its arguments."""

    cell_class: ClassVar[type[Cell]]

    def _set_up(self, arguments: dict[str, Any]) -> None:
        """Shares the constructor's arguments out between the cell and the layer."""
        mine = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "activity_regularizer")
        given = {name: value for name, value in arguments.items() if name not in ("self", "kwargs", "use_cudnn")}
        kwargs = arguments["kwargs"]
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

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        return cls(**layer_config)

    def get_config(self) -> dict[str, Any]:
        own = super().get_config()
        own.pop("cell")
        penalty = regularizers.serialize(self.activity_regularizer)
        return {**self.cell.get_config(), **own, "activity_regularizer": penalty}
