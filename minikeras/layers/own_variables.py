"""What a layer writes into a file and reads from it: its own variables, and the shapes it was built for."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from ..parameter import Parameter
from . import within


class OwnVariables:
    """The part of a layer that files use. A custom layer may override each method, as in Keras."""

    name: str
    built: bool
    _parameters: list[Parameter]
    _build_shape: Any
    _build_shapes: dict[str, Any]

    @property
    def _own_variables(self) -> list[Parameter]:
        """The layer's variables without those of the layers inside: first the trained ones."""
        inside = {id(p) for layer in self._sublayers() for p in layer.weights}  # type: ignore[attr-defined]
        found = within.unique([*self._parameters, *within.members(self, Parameter)])
        own = [p for p in found if id(p) not in inside]
        return [p for p in own if p.trainable] + [p for p in own if not p.trainable]

    def save_own_variables(self, store: Any) -> None:
        """Puts the array of each own variable into a mapping, under "0", "1", …"""
        for i, variable in enumerate(self._own_variables):
            store[str(i)] = variable.value

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Takes each own variable from such a mapping.

        Raises:
            DataError: for another number of arrays.
            ShapeError: for another shape. Nothing is taken then.
        """
        variables = self._own_variables
        for i, variable in enumerate(variables):
            if str(i) not in store:
                state = "" if self.built else " The layer is not built: its `build` has to make all of its variables."
                raise DataError(f"{self.name!r} needs the array {i}, which is not there.{state}")
            if np.shape(store[str(i)]) != variable.shape:
                raise DataError(
                    f"{self.name!r} needs the array {i} of shape {variable.shape}; it has {np.shape(store[str(i)])}"
                )
        if len(store) > len(variables):
            raise DataError(f"{self.name!r} has {len(variables)} arrays; the file has more: {sorted(store)}")
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])

    def get_build_config(self) -> dict[str, Any] | None:
        """What :meth:`build_from_config` needs to build a new layer in the same way; None before it is built."""
        if len(self._build_shapes) > 1:
            return {"shapes_dict": self._build_shapes}
        return None if self._build_shape is None else {"input_shape": self._build_shape}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer for the shapes in a config of :meth:`get_build_config`."""
        shapes = config.get("input_shape", config.get("shapes_dict"))
        if shapes is not None and not self.built:
            shapes = _tuples(shapes)
            self.build(**shapes) if "shapes_dict" in config else self.build(shapes)  # type: ignore[attr-defined]


def _tuples(shape: Any) -> Any:
    """Shapes out of JSON, as tuples."""
    if within.is_shape(shape):
        return tuple(shape)
    if isinstance(shape, dict):
        return {name: _tuples(inner) for name, inner in shape.items()}
    return [_tuples(inner) for inner in shape]
