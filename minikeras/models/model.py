"""Model: a layer that can be trained, saved and looked at; made of symbols or written as a class.

Of symbols: what stands between some inputs and outputs. ``call`` runs the graph, and the chain rule over its calls is
inherited.

>>> from minikeras import Input, layers
>>> x = Input((2,), dtype="float64")
>>> square = layers.Dense(2, use_bias=False, kernel_initializer="identity", dtype="float64")
>>> model = Model(x, square(square(x)))                            # one layer, called twice
>>> model(np.array([[1.0, 2.0]]), record=True)
array([[1., 2.]])
>>> model.backward(np.array([[1.0, 0.0]])), square.kernel.grad     # W = 1: dW = 2 xᵀ dy
(array([[1., 0.]]), array([[2., 0.],
       [4., 0.]]))

As a class, with the layers as attributes:

>>> class Half(Model):
...     def __init__(self):
...         super().__init__()
...         self.dense = layers.Dense(2)
...     def call(self, x):
...         return self.dense(x)
>>> Half()(np.ones((1, 4))).shape
(1, 2)
"""

import json
from typing import Any, Self

import numpy as np

from .. import graph
from ..errors import nearest
from ..graph import Graph
from ..layers import within
from ..layers.base import Layer
from ..layers.shapes import shapes_of, symbols_of, without_batch
from ..running import running
from ..structures import flat, mapped, pack
from ..tensor import KerasTensor
from ..training.trainer import Trainer
from . import graph_configs
from .files import Saved
from .inputs import (
    are_symbols,
    arranged,
    check_shape,
    dtype_of,
    fitted,
    graph_of,
    replaceable,
    unpacked,
    with_rank_of,
)
from .summary import Shown


class Model(Shown, Saved, Trainer):  # type: ignore[misc]
    """Layers that are trained together.

    ``Model(inputs, outputs, name)`` is the graph from some symbols to others (:class:`Functional`). A subclass defines
    ``call``, or passes ``inputs`` and ``outputs`` to ``super().__init__``.

    Args:
        inputs, outputs: symbols, or lists, tuples and dictionaries of them. An input may be the output of a layer.
        trainable: False freezes all layers.
        name: by default the class's name, numbered.
        dtype: of the data; by default that of the outputs, or ``floatx`` for a class.

    Raises:
        ValueError: for what are no symbols, for outputs that the inputs do not lead to, and for names used twice.

    Differs from Keras: a layer that a graph calls with ``training=False`` keeps it in ``fit``, as Keras's guide says.
    """

    takes_arrays = True

    _graph: Graph | None = None
    _spec: Any = None  # symbols of the outputs of a model without a graph, once it is built

    def __new__(cls, *args: Any, **kwargs: Any) -> "Model":
        return super().__new__(Functional if cls is Model and are_symbols(args, kwargs) else cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        inputs = outputs = None
        if are_symbols(args, kwargs):
            names = dict(zip(("inputs", "outputs", "name"), args, strict=False)) | kwargs
            inputs, outputs = names.pop("inputs"), names.pop("outputs")
            args, kwargs = (), names
            kwargs.setdefault("dtype", dtype_of(inputs, outputs))
        super().__init__(*args, **kwargs)
        if inputs is not None:
            self._graph = graph_of(inputs, outputs)
            self.mark_built(mapped(lambda x: x.shape, inputs))

    # Calling it.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._graph is not None and not args and "inputs" in kwargs:
            args = (kwargs.pop("inputs"),)
        if self._graph is not None and args and type(args[0]) is not np.ndarray:
            inputs = arranged(self._graph.inputs, args[0], self.name)
            if not any(isinstance(x, KerasTensor) for x in flat(inputs)):  # a node keeps the form that was passed
                args = (inputs, *args[1:])
        return super().__call__(*args, **kwargs)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The graph's outputs for its inputs; every layer is called as the graph says."""
        if self._graph is None:
            raise NotImplementedError(f"Model {type(self).__name__} has no `call()` method implemented: define it.")
        self._set_masks(inputs, mask)
        return unpacked(self._graph.run([inputs] if type(inputs) is np.ndarray else flat(inputs)))

    def _set_masks(self, inputs: Any, mask: Any) -> None:
        """Says which time steps of the inputs count, to the layers that take them."""
        call = running()
        if mask is not None and call is not None:
            pairs = zip(flat(inputs), flat(mask), strict=True)
            call.over.masks.update((id(a), (a, m)) for a, m in pairs if m is not None)

    def _cast(self, x: Any) -> Any:
        if self._graph is None:
            return super()._cast(x)
        dtype, sizes = self._graph.usual
        if type(x) is np.ndarray and x.dtype == dtype and x.shape[1:] == sizes:
            return x
        return fitted(x, self._graph.symbols[0], self.name)

    def _cast_arguments(self, args: Any) -> Any:
        if self._graph is None:
            return super()._cast_arguments(args)
        leaves = zip(flat(args[0]), self.inputs, strict=True)
        return (pack(args[0], [fitted(x, symbol, self.name) for x, symbol in leaves]), *args[1:])

    def _with_input_rank(self, x: np.ndarray) -> np.ndarray:
        return x if self._graph is None or len(self.inputs) > 1 else with_rank_of(self.inputs[0].shape, x)

    # Its structure.

    @property
    def layers(self) -> list[Layer]:
        """The layers: of a graph, those that it calls, by depth; else those that are attributes."""
        if self._graph is None:
            return within.members(self, Layer)
        return [operation for operation in self._graph.operations if isinstance(operation, Layer)]

    def _sublayers(self) -> list[Layer]:
        return within.unique([*self.layers, *within.members(self, Layer)])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name or index.

        Raises:
            ValueError: if there is none, or not exactly one of both is given.
        """
        if (name is None) == (index is None):
            raise ValueError(f"Provide either a layer name or an index. Received: name={name}, index={index}")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(layers)} layers."
                )
            return layers[index]
        names = [layer.name for layer in layers]
        if name not in names:
            raise ValueError(f"No such layer: {name}. Existing layers are: {names}.{nearest(str(name), names)}")
        return layers[names.index(name)]

    def _needs_graph(self, what: str) -> Graph:
        if self._graph is None:
            raise AttributeError(
                f"Model '{self.name}' has no defined {what}: it is not made of symbols, or not built yet."
            )
        return self._graph

    @property
    def input(self) -> Any:
        """The inputs' symbols, as they were passed."""
        return self._needs_graph("input").inputs

    @property
    def output(self) -> Any:
        """The outputs' symbols, as they were passed."""
        return self._needs_graph("output").outputs

    @replaceable
    def inputs(self) -> list[KerasTensor]:
        """The inputs' symbols as a flat list."""
        return list(self._needs_graph("inputs").symbols)

    @replaceable
    def outputs(self) -> list[KerasTensor]:
        """The outputs' symbols as a flat list."""
        return flat(self._needs_graph("outputs").outputs)

    @replaceable
    def input_names(self) -> list[str]:
        """The inputs' names."""
        return [x._keras_history.operation.name for x in self.inputs]

    @replaceable
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs."""
        return [y._keras_history.operation.name for y in self.outputs]

    @replaceable
    def input_shape(self) -> Any:
        """(None, …), or a list of such shapes."""
        return unpacked([x.shape for x in self.inputs])

    @replaceable
    def output_shape(self) -> Any:
        """(None, …), or a list of such shapes."""
        return unpacked([y.shape for y in self.outputs])

    @property
    def last_layer(self) -> Layer | None:
        """The layer that gives the only output, and is called nowhere else; that of the model there, if it is one."""
        return self.maker_of(self.outputs[0]) if self._graph is not None and len(self.outputs) == 1 else None

    def maker_of(self, output: KerasTensor) -> Layer | None:
        """The layer that makes only this output; None if there is none."""
        maker = self._needs_graph("output").maker(output)
        if isinstance(maker, Model):
            maker = maker.last_layer
        return maker if isinstance(maker, Layer) and self._calls_of(maker) == 1 else None

    def _calls_of(self, layer: Layer) -> int:
        """How often the graph calls a layer; 2 stands for "perhaps", inside of layers that have no graph."""
        calls = 0
        for node in self._needs_graph("output").nodes:
            operation = node.operation
            if operation is layer:
                calls += 1
            elif isinstance(operation, Model) and operation._graph is not None:
                calls += operation._calls_of(layer)
            elif isinstance(operation, Layer) and any(part is layer for part in within.everyone(operation)):
                calls += 2
        return calls

    # Building, and shapes.

    def build(self, input_shape: Any = None) -> None:
        """Makes the parameters for an input's shape, with the batch axis (None) in front."""
        if self._graph is None and input_shape is None:
            raise ValueError(f"Model '{self.name}' needs an `input_shape` to be built, or has to be called on data.")
        if self._graph is None:
            self._spec = self._inferred(symbols_of(input_shape, self.dtype))

    def _ensure_built(self, shape: Any, args: Any = (), kwargs: Any = None) -> None:
        if type(self).build is Model.build:
            self.mark_built(without_batch(shape))  # the layers are built when call reaches them
        else:
            super()._ensure_built(shape, args, kwargs)

    @property
    def _has_call(self) -> bool:
        """True if the model can be called: it has a graph, or a ``call``."""
        return self._graph is not None or type(self).call is not Model.call

    def _build_for(self, x: Any) -> None:
        """Makes the parameters for data."""
        if not self.built:
            self._ensure_built(shapes_of(mapped(np.asarray, x)))
        if self._graph is None and self._spec is None:
            self._spec = self._inferred(mapped(lambda a: KerasTensor((None, *a.shape[1:]), a.dtype), x))

    def _inferred(self, symbols: Any) -> Any:
        self.built, self._taken = True, symbols
        with within.kept(self):
            return graph.inferred(self, (symbols,), {})

    def _output_shape(self, rows: int) -> Any:
        made = self._spec if self._graph is None else unpacked(self._graph.outputs)
        return mapped(lambda y: (rows, *y.shape[1:]), made)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self._graph is None:
            return super().compute_output_spec(*args, **kwargs)
        symbols = flat(arranged(self._graph.inputs, args[0], self.name))
        for x, own in zip(symbols, self.inputs, strict=True):
            check_shape(x.shape, own, self.name)
        return unpacked(self._graph.spec(symbols))

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._graph is None:
            return super().compute_output_shape(input_shape)
        shapes = flat(symbols_of(input_shape, self.dtype))
        symbols = [KerasTensor(s.shape, x.dtype) for s, x in zip(shapes, self.inputs, strict=True)]
        return mapped(lambda y: y.shape, unpacked(self._graph.spec(symbols)))

    def check_input(self, shape: Any) -> None:
        """Raises ShapeError for an array that the model's one input cannot be."""
        if self._graph is not None and len(self.inputs) == 1:
            check_shape(shape, self.inputs[0], self.name)

    # Configs.

    def get_config(self) -> dict[str, Any]:
        """The graph in Keras's form; of a subclass with arguments of its own, the base's config."""
        if self._graph is None or not graph_configs.takes_symbols(type(self)):
            return super().get_config()
        return graph_configs.describe(self._graph, self.name, self._trainable)

    def to_json(self, **kwargs: Any) -> str:
        """The config as JSON; ``kwargs`` go to ``json.dumps``."""
        return json.dumps(graph_configs.serialize(self), **kwargs)

    @classmethod
    def from_config(cls, layer_config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Self:
        """A new model with fresh parameters from :meth:`get_config`'s dictionary."""
        if "input_layers" not in layer_config or not graph_configs.takes_symbols(cls):
            return super().from_config(layer_config)
        return cls(*graph_configs.rebuilt(layer_config, custom_objects), **graph_configs.others(layer_config))


class Functional(Model):
    """A model made of symbols: what ``Model(inputs, outputs)`` gives."""

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(inputs, outputs, name, **kwargs)


graph_configs.models.add(Functional, "Model")
