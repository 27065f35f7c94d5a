"""StackedRNNCells: cells above each other that act as one cell."""

from typing import Any

import numpy as np

from ...structures import mapped
from ..base import Layer


def states_of(cell: Any, batch_size: int) -> list[Any]:
    """The first states of a cell: what its ``get_initial_state`` says, else zeros of its ``state_size``."""
    if hasattr(cell, "get_initial_state"):
        found = cell.get_initial_state(batch_size=batch_size)
        return list(found) if isinstance(found, list | tuple) else [found]
    sizes = cell.state_size if isinstance(cell.state_size, list | tuple) else [cell.state_size]
    return mapped(lambda k: np.zeros((batch_size, k), cell._dtype), list(sizes))


class StackedRNNCells(Layer):
    """Several cells as one: each gets the output of the one before, and its own states.

    Args (as in Keras):
        cells: the cells, the lowest first.

    The derivative is the chain rule over the cells' calls.
    """

    takes_arrays = True
    needs_floats = True

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            if not hasattr(cell, "state_size"):
                raise ValueError(f"All cells must have a `state_size` attribute. Received cell without: {cell}")
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        last = self.cells[-1]
        size = last.state_size
        return getattr(last, "output_size", None) or (size[0] if isinstance(size, list | tuple) else size)

    @property
    def is_trained(self) -> bool:  # type: ignore[override]
        return self._trainable and any(cell.is_trained for cell in self.cells)

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """The first states of each cell, a list of lists."""
        return [states_of(cell, batch_size) for cell in self.cells]

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            cell._ensure_built(input_shape)
            size = cell.state_size
            k = getattr(cell, "output_size", None) or (size[0] if isinstance(size, list | tuple) else size)
            input_shape = (input_shape[0], k)

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        new_states = []
        for cell, own in zip(self.cells, states, strict=True):
            nested = isinstance(own, list | tuple)
            inputs, new = cell(inputs, list(own) if nested else [own])
            new = list(new) if isinstance(new, list | tuple) else [new]
            new_states.append(new if nested else new[0])
        return inputs, new_states

    def get_config(self) -> dict[str, Any]:
        from .. import serialize

        return {**super().get_config(), "cells": [serialize(cell) for cell in self.cells]}

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Any:
        from .. import deserialize

        return cls(**{**layer_config, "cells": [deserialize(cell) for cell in layer_config["cells"]]})
