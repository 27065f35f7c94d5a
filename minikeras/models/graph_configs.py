"""The config of a graph in Keras's form, and back.

``layers`` lists the operations; each entry has the operation's own config, and ``inbound_nodes``: the arguments of each
of its calls. A symbol is named by the operation that makes it, the number of the call, and the number of the output::

    {"class_name": "__keras_tensor__", "config": {"shape": …, "dtype": …, "keras_history": ["dense", 0, 0]}}

``input_layers`` and ``output_layers`` name symbols in the same way. Reading a config calls the operations of the same
config on symbols and plain values, and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

import numpy as np

from .. import layers
from ..errors import UnsupportedError
from ..graph import Graph, Node
from ..ops.base import Op
from ..registry import Registry
from ..structures import flat, mapped
from ..tensor import KerasTensor
from ..training.trainer import Trainer
from .graph_sizes import check_size

_OPS = "keras.src.ops."
_MODULES = {"Functional": ("keras.src.models.functional", "Functional"), "Sequential": ("keras", None)}


#: While a file is written, the configs of its layers by the layers' ids; while one is read, the layers by number.
_shared: ContextVar[dict[int, Any] | None] = ContextVar("shared", default=None)


class _Models(Registry):
    """The model classes that a config may name; configs of layers are read, too."""

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """While it lasts, a layer that is met twice, in models one inside the other, is written and read as one."""
        token = _shared.set({})
        try:
            yield
        finally:
            _shared.reset(token)

    def serialize(self, operation: Any) -> dict[str, Any]:
        """The config of a layer or model with its class, in Keras's form."""
        config, known = self._described(operation), _shared.get()
        if known is not None and id(operation) in known:
            number, earlier = known[id(operation)]
            config["shared_object_id"] = earlier["shared_object_id"] = number
        elif known is not None:
            known[id(operation)] = len(known), config
        return config

    def _described(self, operation: Any) -> dict[str, Any]:
        name = type(operation).__name__
        if isinstance(operation, Op):
            module = f"{_OPS}{_room(type(operation))}"
            return {"module": module, "class_name": name, "config": operation.get_config(), "registered_name": name}
        if not hasattr(operation, "get_config"):
            raise ValueError(
                f"Operation '{operation.name}' ({name}) has no `get_config`: it cannot be part of a config."
            )
        if name not in self or self.lookup(name) is not type(operation):
            return layers.serialize(operation)
        module, registered = _MODULES[name]
        shape = operation._build_shape if name == "Sequential" else None
        result = {"module": module, "class_name": name, "config": operation.get_config(), "registered_name": registered}
        if name == "Functional" or shape is not None:
            result["build_config"] = {"input_shape": shape}
        return result if operation.compiled else {**result, "compile_config": {}}

    def deserialize(self, config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """The layer or model that a config describes."""
        number, known = config.get("shared_object_id") if isinstance(config, dict) else None, _shared.get()
        if number is None or known is None:
            return self._made(config, custom_objects)
        if number not in known:
            known[number] = self._made(config, custom_objects)
        return known[number]

    def _made(self, config: Any, custom_objects: dict[str, Any] | None) -> Any:
        kind = config.get("class_name") if isinstance(config, dict) else None
        if isinstance(kind, str) and kind in self and kind not in (custom_objects or {}):
            return self.lookup(kind).from_config(config["config"], custom_objects)
        if self.is_operation(config):
            return _op(config["module"].removeprefix(_OPS), kind)(**config["config"])
        return layers.deserialize(config, custom_objects)

    def is_operation(self, config: Any) -> bool:
        """True if a config names a function of ``ops``.

        Raises:
            ValueError: for one that minikeras does not have.
        """
        module = config.get("module") if isinstance(config, dict) else None
        if not (isinstance(module, str) and module.startswith(_OPS)):
            return False
        return _op(module.removeprefix(_OPS), config.get("class_name")) is not None


models = _Models("model", "keras.models")
serialize, deserialize = models.serialize, models.deserialize


def _op(room: str, name: Any) -> Any:
    """The class of an operation of ``ops``, found by its names among minikeras's own."""
    known = [cls for cls in _below(Op) if cls.__name__ == name and _room(cls) == room]
    if not known:
        raise UnsupportedError(f"minikeras.ops has no operation {str(name)[:100]!r} in {room[:100]!r}.")
    return known[0]


def _below(cls: type[Any]) -> list[type[Any]]:
    return [cls, *(found for subclass in cls.__subclasses__() for found in _below(subclass))]


def _room(cls: type) -> str:
    """The file of ``ops`` that a class is in, as in Keras: "numpy", "nn", …; "" for other classes."""
    parts = cls.__module__.split(".")
    return parts[2] if parts[:2] == __name__.split(".")[:1] + ["ops"] and len(parts) > 2 else ""


def takes_symbols(cls: Any) -> bool:
    """True for a class that is made as ``cls(inputs, outputs, name=…)``."""
    arguments = list(signature(cls.__init__).parameters.values())[1:]
    anything = {Argument.VAR_POSITIONAL, Argument.VAR_KEYWORD} <= {a.kind for a in arguments}
    return anything or [a.name for a in arguments[:3]] == ["inputs", "outputs", "name"]


# From a graph.


def describe(graph: Graph, name: str, trainable: bool) -> dict[str, Any]:
    """A graph's config."""
    own = set(graph.nodes)

    def nodes_of(operation: Any) -> list[Node]:
        return [node for node in operation._inbound_nodes if node in own]

    def place(symbol: KerasTensor, first: int = 0) -> list[Any]:
        operation, number, output = symbol._keras_history
        return [operation.name, first + nodes_of(operation).index(operation._inbound_nodes[number]), output]

    def argument(a: Any) -> Any:
        if isinstance(a, KerasTensor):
            config = {"shape": a.shape, "dtype": a.dtype, "keras_history": place(a)}
            return {"class_name": "__keras_tensor__", "config": config}
        if isinstance(a, slice):
            parts = {part: getattr(a, part) for part in ("start", "stop", "step")}
            return {"class_name": "__slice__", "config": mapped(argument, parts)}
        if a is Ellipsis:
            return {"class_name": "__ellipsis__", "config": {}}
        if isinstance(a, np.ndarray):
            return {"class_name": "__numpy__", "config": {"value": a.tolist(), "dtype": a.dtype.name}}
        return a.item() if isinstance(a, np.generic) else a

    def call(node: Node) -> dict[str, Any]:
        kwargs = {**_masks(node), **node.kwargs}
        return {"args": mapped(argument, node.args), "kwargs": mapped(argument, kwargs)}

    def end(symbol: KerasTensor) -> list[Any]:
        return place(symbol, int(type(symbol._keras_history.operation).__name__ == "Functional"))  # as in Keras

    entries = []
    for operation in graph.operations:
        calls = [call(node) for node in nodes_of(operation) if not node.is_input]
        entries.append(serialize(operation))
        entries[-1].update(name=operation.name, inbound_nodes=calls)
    return {
        "name": name,
        "trainable": trainable,
        "layers": entries,
        "input_layers": mapped(end, graph.inputs),
        "output_layers": mapped(end, graph.outputs),
    }


def _masks(node: Node) -> dict[str, Any]:
    """The masks that Keras writes down for a call: None in the place of each symbol whose mask the layer accepts."""
    layer = node.operation
    if hasattr(layer, "merge"):
        return {}  # Keras's merging layers get their masks by other ways
    accepted = getattr(layer, "_accepted", frozenset()) | ({"mask"} if isinstance(layer, Trainer) else set())
    names = [*zip(getattr(layer, "_names", ()), node.args, strict=False), *node.kwargs.items()]
    given = {name: a for name, a in names if any(isinstance(leaf, KerasTensor) for leaf in flat(a))}
    wanted = {"mask" if len(given) == 1 else f"{name}_mask": mapped(lambda _: None, a) for name, a in given.items()}
    return {name: masks for name, masks in wanted.items() if name in accepted}


# To a graph.


def rebuilt(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """The symbols of the inputs and outputs of a new graph with the operations that a config describes.

    Raises:
        ValueError: for names, calls or outputs that the config does not have, and for calls that wait for one another.
    """
    operations: dict[str, Any] = {}
    nodes: dict[str, list[Node]] = {}  # those of this graph: a shared layer may have others
    waiting: dict[str, list[Any]] = {}
    for entry in config["layers"]:
        operation = deserialize(entry, custom_objects)
        name = entry.get("name", operation.name)
        if name in operations:
            raise ValueError(f'The name "{name}" is used for several layers of the config.')
        operations[name], waiting[name] = operation, list(entry["inbound_nodes"])
        nodes[name] = [] if entry["inbound_nodes"] else list(operation._inbound_nodes)
    while any(waiting.values()):
        before = sum(map(len, waiting.values()))
        for name, calls in waiting.items():
            while calls and all(_is_made(place, nodes) for place in _places(calls[0])):
                args, kwargs = _arguments(calls.pop(0), nodes)
                if type(operations[name]).__name__ == "GetItem":  # JSON has no tuples
                    args = tuple(tuple(a) if isinstance(a, list) else a for a in args)
                check_size(operations[name], args, kwargs)
                operations[name](*args, **kwargs)
                nodes[name].append(operations[name]._inbound_nodes[-1])
        if sum(map(len, waiting.values())) == before:
            names = [name for name, calls in waiting.items() if calls]
            raise ValueError(
                f"Invalid Functional model configuration: the graph has a cycle, or calls that are not connected to "
                f"its inputs, at the layers {names}."
            )

    def end(places: Any) -> Any:
        if isinstance(places, dict):
            return {key: end(place) for key, place in places.items()}
        if len(places) == 3 and isinstance(places[0], str):
            name, number, output = places
            offset = int(type(operations.get(name)).__name__ == "Functional")
            return _symbol([name, number - offset, output], nodes)
        return [end(place) for place in places]

    return end(config["input_layers"]), end(config["output_layers"])


def others(config: dict[str, Any]) -> dict[str, Any]:
    """The entries of a config that are not about the graph: what the model's class takes besides."""
    of_graph = ("layers", "input_layers", "output_layers")
    return {name: value for name, value in config.items() if name not in of_graph and value is not None}


def _is_legacy(call: Any) -> bool:
    """True for the form of Keras 2: [[name, call, output, keyword arguments], …]."""
    return isinstance(call, list)


def _places(call: Any) -> list[Any]:
    if _is_legacy(call):
        entries = [call] if call and isinstance(call[0], str) else call
        return [entry[:3] for entry in entries]
    found = []

    def visit(a: Any) -> None:
        if isinstance(a, dict):
            if a.get("class_name") == "__keras_tensor__":
                found.append(a["config"]["keras_history"])
            else:
                for value in a.values():
                    visit(value)
        elif isinstance(a, list | tuple):
            for item in a:
                visit(item)

    visit([call["args"], call["kwargs"]])
    return found


def _is_made(place: Any, nodes: dict[str, list[Node]]) -> bool:
    name, number, _ = place
    if name not in nodes:
        raise ValueError(f"Unknown layer: {name!r}. The layers of the config are: {list(nodes)}")
    return isinstance(number, int) and number < len(nodes[name])


def _symbol(place: Any, nodes: dict[str, list[Node]]) -> KerasTensor:
    name, number, output = place
    made = nodes.get(name, [])
    if not (isinstance(number, int) and isinstance(output, int) and 0 <= number < len(made)):
        raise ValueError(f"The config names output {output!r} of call {number!r} of layer {name!r}, which it has not.")
    if not 0 <= output < len(made[number].output_tensors):
        raise ValueError(f"Layer {name!r} of the config has no output {output}.")
    return made[number].output_tensors[output]


def _arguments(call: Any, nodes: dict[str, list[Node]]) -> tuple[Any, dict[str, Any]]:
    if _is_legacy(call):
        symbols = [_symbol(place, nodes) for place in _places(call)]
        last = call if isinstance(call[0], str) else call[-1]
        return (symbols[0] if len(symbols) == 1 else symbols,), _argument(last[3], {}) if len(last) > 3 else {}
    return tuple(_argument(a, nodes) for a in call["args"]), {
        name: _argument(a, nodes)
        for name, a in call["kwargs"].items()
        if not (name.endswith("mask") and all(m is None for m in flat(a)))  # a mask comes with its symbol
    }


def _argument(a: Any, nodes: dict[str, list[Node]]) -> Any:
    """A symbol of the graph, or a plain value."""
    if isinstance(a, list | tuple):
        return [_argument(item, nodes) for item in a]
    if not isinstance(a, dict):
        if a is None or isinstance(a, bool | int | float | str):
            return a
        raise ValueError(f"The arguments of a call in a config are symbols and plain values. Received: {a!r}")
    kind, config = a.get("class_name"), a.get("config") or {}
    if kind is None:
        return {key: _argument(value, nodes) for key, value in a.items()}
    if kind == "__keras_tensor__":
        return _symbol(config["keras_history"], nodes)
    if kind == "__slice__":
        return slice(*(_argument(config[part], nodes) for part in ("start", "stop", "step")))
    if kind == "__ellipsis__":
        return Ellipsis
    if kind == "__numpy__" and np.dtype(config["dtype"]).kind in "fiub":
        return np.array(config["value"], config["dtype"])
    raise ValueError(f"The arguments of a call in a config are symbols and plain values. Received: a {kind!r}")


def same_structure(a: Any, b: Any) -> bool:
    """True if two structures have the same lists and dictionaries."""
    if isinstance(a, dict) or isinstance(b, dict):
        both = isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys()
        return both and all(same_structure(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        both = isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b)
        return both and all(map(same_structure, a, b))
    return True
