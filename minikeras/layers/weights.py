"""A layer's parameters: making and finding them, and what files write and read of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import config, constraints, initializers, regularizers
from ..calls import Call, Pass
from ..dtype_policies import dtype_name
from ..errors import DataError, ShapeError
from ..operation import Operation
from ..parameter import Parameter
from ..running import _running
from . import within
from .shapes import is_shape


class Building(Call):
    """A layer that is being built."""


def calling(layer: Any = None) -> Any:
    """The layer whose ``call`` is running, or None; with ``layer``, None if that is another one.

    A layer that is being built does not count.
    """
    call = _running.get()
    if type(call) is not Call or not isinstance(call.operation, Weights) or call.going_back:
        return None
    return call.operation if layer in (None, call.operation) else None


class Weights(Operation):
    """An operation with parameters, its own and those of the operations inside."""

    dtype: Any
    built: bool
    build: Any
    _trainable: bool
    _made_in: str  # the layer in whose ``call`` it was made, or nothing
    _parameters: list[Parameter]
    _build_shape: Any
    _build_shapes: dict[str, Any]

    # Making them.

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
        **unused: Any,
    ) -> Parameter:
        """Makes a parameter; Glorot uniform, and zeros for integers, unless told otherwise.

        Keras's ``autocast``, ``aggregation``, ``overwrite_with_gradient`` are accepted and have no effect.

        Raises:
            ValueError: inside ``call``, and for a layer made there; there would be a new one at every step.
        """
        if calling(self):
            raise ValueError(
                f"You cannot add new elements of state to a layer that is already built: call() of '{self.name}' "
                f"({type(self).__name__}) calls add_weight. Make the weight in `__init__()` or `build(input_shape)`."
            )
        if self._made_in:
            raise ValueError(
                f"You cannot add new elements of state to a layer that is already built: call() of {self._made_in} "
                f"makes the layer '{self.name}' ({type(self).__name__}), a new one at every call. Make it in "
                f"`__init__()` or `build(input_shape)` and keep it as an attribute."
            )
        name = name or config.unique_name("variable")
        shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape or ())
        if (allowed := within.allowed.get()) is not None:
            allowed(self, shape)
            initializer = "zeros"
        kind = dtype_name(dtype) if dtype is not None else self.dtype
        initializer = initializers.get(initializer or ("glorot_uniform" if kind.startswith("float") else "zeros"))
        parameter = Parameter(
            np.ascontiguousarray(initializer(shape, dtype=kind), dtype=kind).reshape(shape),
            name=name,
            path="/".join([*self._scope(), name]),
            trainable=trainable,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
        trained = sum(p.trainable for p in self._parameters)
        self._parameters.insert(trained if trainable else len(self._parameters), parameter)
        return parameter

    def _scope(self) -> list[str]:
        """Names of the layers that are being called or built, from the outermost to this one."""
        layers: list[Any] = [self]
        call = _running.get()
        while call is not None:
            if isinstance(call.operation, Weights) and call.operation is not layers[-1]:
                layers.append(call.operation)
            call = call.outer
        return [layer.name for layer in reversed(layers)]

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Layers that are built inside the ``with`` block have this one's name in their parameters' paths."""
        outer = _running.get()
        token = _running.set(Building(self, outer, Pass()))
        try:
            yield
        finally:
            _running.reset(token)

    # Finding them.

    @property
    def is_trained(self) -> bool:  # type: ignore[override]
        return self._trainable and any(p.trainable for p in self._parameters)

    @property
    def own_parameters(self) -> list[Parameter]:  # type: ignore[override]
        return [p for p in self._parameters if p.trainable]

    @property
    def weights(self) -> list[Parameter]:
        """All parameters: its own (the trained ones first), then those of the layers inside, as in Keras."""
        own = [*self._parameters, *within.members(self, Parameter)]
        return within.unique(own + self._of_sublayers("weights"))

    def _of_sublayers(self, what: str) -> list[Parameter]:
        """The parameters of the layers inside, from an attribute of each."""
        try:
            return [p for layer in self._sublayers() for p in getattr(layer, what)]
        except RecursionError:
            raise ValueError(
                f"The layer '{self.name}' is inside itself, directly or through the layers that it holds. Pass it as "
                f"an argument where it is needed; do not keep it as an attribute."
            ) from None

    @property
    def variables(self) -> list[Parameter]:
        return self.weights

    def _sublayers(self) -> list[Any]:
        """The layers that it holds as attributes, also in lists, tuples and dictionaries."""
        return within.members(self, Weights)

    @property
    def trainable(self) -> bool:
        """True if optimizers see this layer; setting it sets it for the layers inside, too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self._sublayers():
            layer.trainable = value

    @property
    def trainable_weights(self) -> list[Parameter]:
        if not self.trainable:
            return []
        own = [p for p in [*self._parameters, *within.members(self, Parameter)] if p.trainable]
        return within.unique(own + self._of_sublayers("trainable_weights"))

    @property
    def trainable_variables(self) -> list[Parameter]:
        return self.trainable_weights

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        trained = {id(p) for p in self.trainable_weights}
        return [p for p in self.weights if id(p) not in trained]

    @property
    def non_trainable_variables(self) -> list[Parameter]:
        return self.non_trainable_weights

    # Their values.

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all parameters' values, in Keras's order."""
        return [p.numpy() for p in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Writes all parameters' values, or none if a shape differs.

        Raises:
            ShapeError: names the parameter and both shapes.
        """
        parameters, arrays = self.weights, [np.asarray(w) for w in weights]
        if len(arrays) != len(parameters):
            raise ShapeError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of length "
                f"{len(arrays)}, but the layer was expecting {len(parameters)} weights."
            )
        for p, array in zip(parameters, arrays, strict=True):
            if array.shape != p.shape:
                raise ShapeError(
                    f"Layer {self.name} weight shape {p.shape} is not compatible with provided weight shape "
                    f"{array.shape} (for {p.path}). No weight was changed."
                )
        for p, array in zip(parameters, arrays, strict=True):
            p.assign(array)

    def count_params(self) -> int:
        """The number of entries of all parameters.

        Raises:
            ValueError: before the layer is built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. "
                f"Call it on data, or build it with `build(input_shape)`."
            )
        return sum(p.value.size for p in self.weights)

    # Files. A custom layer may override each method, as in Keras.

    @property
    def _own_variables(self) -> list[Parameter]:
        """The layer's variables without those of the layers inside: first the trained ones."""
        inside = {id(p) for layer in self._sublayers() for p in layer.weights}
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
            self.build(**shapes) if "shapes_dict" in config else self.build(shapes)


def _tuples(shape: Any) -> Any:
    """Shapes out of JSON, as tuples."""
    if is_shape(shape):
        return tuple(shape)
    if isinstance(shape, dict):
        return {name: _tuples(inner) for name, inner in shape.items()}
    return [_tuples(inner) for inner in shape]
