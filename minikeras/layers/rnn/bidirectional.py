"""Bidirectional: one layer reads the sequence from its start, another one from its end.

With a and b their outputs (b turned round where sequences are returned), y and the gradients of a and b are::

    concat:  y = [a, b]          da, db = the halves of dy
    sum:     y = a + b           da = db = dy
    ave:     y = (a + b) / 2     da = db = dy / 2
    mul:     y = a ⊙ b           da = dy ⊙ b,  db = dy ⊙ a

and dx is the sum of what both layers give back.
"""

from typing import Any

import numpy as np

from ...running import running
from ..base import Layer


class Bidirectional(Layer):
    """A recurrent layer run in both directions: (N, T, D) → (N, …).

    Args (as in Keras):
        layer: the layer that reads from the start; a copy of it is used.
        merge_mode: "concat", "sum", "ave", "mul", or None for both outputs.
        weights: unused.
        backward_layer: the one that reads from the end; by default a copy of ``layer``.
    """

    supports_masking = True
    needs_floats = True
    traced_inside = True
    quantities = {
        "a": ("a", "a"),
        "b": ("b", "b"),
        "y": ("y = a and b, put together", r"y = \mathrm{merge}(a, b)"),
        "dx": ("dx, the sum of both directions", r"\d{x}"),
    }
    chains = True
    stateful: bool
    return_sequences: bool
    return_state: bool

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        from .. import deserialize, serialize

        if not isinstance(layer, Layer):
            raise ValueError(f"Please initialize `Bidirectional` layer with a layer instance. Received: {layer}")
        if merge_mode not in ("sum", "mul", "ave", "concat", None):
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of "
                '{"sum", "mul", "ave", "concat", None}'
            )
        super().__init__(**kwargs)

        def copy(direction: str, **changes: Any) -> Any:
            config = serialize(layer)
            changes["name"] = f"{direction}_{layer.name.removeprefix(f'{direction}_')}"
            config["config"] = {**config["config"], **changes}
            config.pop("build_config", None)
            return deserialize(config)

        self.forward_layer = copy("forward")
        self.backward_layer = copy("backward", go_backwards=True) if backward_layer is None else backward_layer
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ValueError(
                "Forward layer and backward layer should have different `go_backwards` value. Received: "
                f"go_backwards={self.forward_layer.go_backwards} for both"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            ahead, back = getattr(self.forward_layer, name), getattr(self.backward_layer, name)
            if ahead != back:
                raise ValueError(
                    f'Forward layer and backward layer are expected to have the same value for attribute "{name}", '
                    f'got "{ahead}" for forward layer and "{back}" for backward layer'
                )
            setattr(self, name, ahead)
        for one in (self.forward_layer, self.backward_layer):
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self.merge_mode = merge_mode

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for one in (self.forward_layer, self.backward_layer):
            one._ensure_built(sequences_shape)

    def reset_states(self) -> None:
        """Makes the states of both layers 0."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_state = reset_states

    def call(self, sequences: np.ndarray, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        given: list[dict[str, Any]] = [{}, {}]
        if initial_state is not None:
            half = len(initial_state) // 2
            given = [{"initial_state": initial_state[:half]}, {"initial_state": initial_state[half:]}]
        a = self.forward_layer(sequences, mask=mask, **given[0])
        b = self.backward_layer(sequences, mask=mask, **given[1])
        made: list[Any] = [a, b]
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*a[1:], *b[1:])
            a, b = a[0], b[0]
        b = self._turned(b)
        self.save(a=a, b=b, call=running(), made=made)
        if self.merge_mode == "concat":
            y: Any = np.concatenate([a, b], axis=-1)
        elif self.merge_mode is None:
            return (a, np.ascontiguousarray(b), *states)
        else:
            y = a * b if self.merge_mode == "mul" else a + b if self.merge_mode == "sum" else (a + b) / 2
        return (y, *states) if self.return_state else y

    def backward(self, dy: Any) -> Any:
        frame = self.saved()
        a, b = frame["a"], frame["b"]
        dstates: tuple[Any, ...] = ()
        if self.merge_mode is None:
            (da, db), dstates = dy[:2], dy[2:]
        else:
            if self.return_state:
                dy, dstates = dy[0], dy[1:]
            if dy is None:
                da = db = None
            elif self.merge_mode == "concat":
                da, db = dy[..., : a.shape[-1]], dy[..., a.shape[-1] :]
            elif self.merge_mode == "mul":
                da, db = dy * b, dy * a
            else:
                da = db = dy if self.merge_mode == "sum" else dy / 2
        db = None if db is None else self._turned(db)
        half = len(dstates) // 2
        return frame["call"].chain([da, *dstates[:half], db, *dstates[half:]], of=frame["made"])

    def _turned(self, y: np.ndarray) -> np.ndarray:
        return y[:, ::-1] if self.return_sequences else y

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the steps where sequences are returned, for each output."""
        masks = self.forward_layer.compute_mask(inputs, previous_mask)
        if not self.return_state:
            return [masks, masks] if self.merge_mode is None else masks
        first, states = masks[:1], masks[1:] * 2
        return first * 2 + states if self.merge_mode is None else first + states

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            shape, states = shape[0], (*shape[1:], *shape[1:])
        if self.merge_mode is None:
            return (shape, shape, *states)
        if self.merge_mode == "concat":
            shape = (*shape[:-1], 2 * shape[-1])
        return (shape, *states) if self.return_state else shape

    def get_config(self) -> dict[str, Any]:
        from .. import serialize

        config = {"merge_mode": self.merge_mode, "layer": serialize(self.forward_layer)}
        return {**super().get_config(), **config, "backward_layer": serialize(self.backward_layer)}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        from .. import deserialize

        config = dict(layer_config)
        for name in ("layer", "backward_layer"):
            if config.get(name) is not None:
                config[name] = deserialize(config[name])
        return cls(**config)
