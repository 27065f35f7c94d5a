"""Graphs: what calling operations on symbols makes, and how it is run on arrays.

A symbol (:class:`~minikeras.tensor.KerasTensor`) stands for an array. An operation that is called on symbols makes a
:class:`Node`, and gives new symbols that know their node. A :class:`Graph` is the list of the nodes between some
symbols and some others, in an order in which each node finds what it takes. Running it is one loop over the list; the
derivative is the chain rule over the calls that the loop makes.

>>> from minikeras import Input, layers
>>> x = Input((2,), dtype="float64")
>>> double = layers.Activation("linear", dtype="float64")
>>> graph = Graph(x, [double(x), x])
>>> graph.run([np.array([[1.0, 2.0]])])
[array([[1., 2.]]), array([[1., 2.]])]
>>> x._keras_history.operation.name == graph.operations[0].name
True
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .calls import Call, Pass
from .running import running
from .structures import flat, mapped, pack
from .tensor import KerasTensor


class KerasHistory(NamedTuple):
    """Where a symbol comes from: output ``tensor_index`` of the call ``node_index`` of an operation."""

    operation: Any
    node_index: int
    tensor_index: int


class Node:
    """One call of an operation on symbols.

    Attributes:
        operation: what was called.
        args, kwargs: its arguments, symbols among them.
        input_tensors: the symbols among the arguments, flat.
        output_tensors: the symbols that it gave, flat.
    """

    def __init__(self, operation: Any, args: Any, kwargs: dict[str, Any], outputs: Any) -> None:
        self.operation, self.args, self.kwargs = operation, args, kwargs
        self.input_tensors = [a for a in flat((args, tuple(kwargs.values()))) if isinstance(a, KerasTensor)]
        self.output_tensors = flat(outputs)
        nodes = vars(operation).setdefault("_inbound_nodes", [])
        for i, symbol in enumerate(self.output_tensors):
            symbol._keras_history = KerasHistory(operation, len(nodes), i)
        nodes.append(self)

    @property
    def is_input(self) -> bool:
        """True for the node that an ``Input`` makes."""
        return not self.input_tensors

    @property
    def input(self) -> Any:
        """What it takes: one symbol or a list."""
        return self.input_tensors[0] if len(self.input_tensors) == 1 else self.input_tensors

    @property
    def output(self) -> Any:
        """What it gives: one symbol or a list."""
        return self.output_tensors[0] if len(self.output_tensors) == 1 else self.output_tensors

    @property
    def parents(self) -> list["Node"]:
        """The nodes that made what this one takes."""
        return [node for node in map(node_of, self.input_tensors) if node is not None]


def node_of(symbol: KerasTensor) -> Node | None:
    """The node that made a symbol, or None."""
    history = symbol._keras_history
    return None if history is None else history.operation._inbound_nodes[history.node_index]


def call(operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The symbols that an operation gives for arguments with symbols among them, and their node."""
    outputs = operation.compute_output_spec(*args, **kwargs)
    outputs = mapped(lambda y: y if y._keras_history is None else KerasTensor(y.shape, y.dtype), outputs)
    Node(operation, args, kwargs, outputs)
    return outputs


def inferred(operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The symbols of an operation's outputs, found by calling it on zeros.

    Unknown sizes are 2 in one call and 3 in another one; an axis of an output that differs is unknown.
    """
    symbols = [a for a in flat((args, tuple(kwargs.values()))) if isinstance(a, KerasTensor)]
    unknown = any(None in symbol.shape for symbol in symbols)
    two = _on_zeros(operation, args, kwargs, 2)
    three = _on_zeros(operation, args, kwargs, 3) if unknown else two

    def symbol(a: Any, b: Any) -> Any:
        a, b = np.asarray(a), np.asarray(b)
        return KerasTensor([s if s == t else None for s, t in zip(a.shape, b.shape, strict=True)], a.dtype)

    return pack(two, map(symbol, flat(two), flat(three)))


def _on_zeros(operation: Any, args: Any, kwargs: dict[str, Any], size: int) -> Any:
    def zeros(a: Any) -> Any:
        if not isinstance(a, KerasTensor):
            return a
        shape = [size if s is None else s for s in a.shape]
        return np.full(shape, "", object) if a.dtype == "string" else np.zeros(shape, a.dtype)

    with Call.root(Pass(), outer=running()), np.errstate(all="ignore"):
        return operation(*mapped(zeros, args), **{name: mapped(zeros, a) for name, a in kwargs.items()})


class Slot(int):
    """The place of an array in the list of all arrays of a run."""


class Step(NamedTuple):
    """One call of a run: an operation, its arguments with slots among them, and where its outputs go."""

    operation: Any
    args: Any
    kwargs: dict[str, Any]
    outputs: list[Slot]
    only: Slot | None  # the slot of the argument, if that is a single array
    last: list[Slot]  # those that no later step takes

    def arguments(self, values: list[Any]) -> tuple[Any, dict[str, Any]]:
        """The arguments with arrays in place of the slots."""

        def value(a: Any) -> Any:
            return values[a] if type(a) is Slot else a

        return mapped(value, self.args), {name: mapped(value, a) for name, a in self.kwargs.items()}


class Graph:
    """The nodes from some symbols to others.

    Args:
        inputs, outputs: symbols, or structures of them.

    Attributes:
        symbols: the inputs as a flat list.
        usual: the dtype of the first one, and its sizes without the batch axis.
        nodes: all nodes, each one after those whose outputs it takes; those of the inputs among them.
        depths: for each node, how many nodes there are between it and the outputs at most.
        operations: all operations, by depth and then in the order in which they are met from the outputs, as in Keras.

    Raises:
        ValueError: if an output cannot be computed from the inputs, or two operations have the same name.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.outputs = inputs, outputs
        self.symbols: list[KerasTensor] = flat(inputs)
        first_input = self.symbols[0]
        self.usual = np.dtype(object if first_input.dtype == "string" else first_input.dtype), first_input.shape[1:]
        self.nodes, first = between(self.symbols, flat(outputs))
        self.depths, by_operation = _depths(self.nodes)
        for node in filter(None, map(node_of, self.symbols)):  # an input on which no output depends
            if node not in self.depths and node.is_input:
                self.nodes.append(node)
                self.depths[node] = 0
                first.setdefault(node.operation, -1)
                by_operation.setdefault(node.operation, 0)
        self.operations = sorted(by_operation, key=lambda operation: (-by_operation[operation], first[operation]))
        self._check()
        self._plan()

    # Running it.

    def run(self, inputs: list[Any], method: Callable[[Any], Any] | None = None) -> Any:
        """The outputs, in their structure.

        Args:
            inputs: what stands in the place of each input: arrays; or symbols, for a method that takes them.
            method: what is called for an operation; by default the operation itself.
        """
        values: list[Any] = [None] * len(self._slots)
        for slot, a in zip(self._sources, inputs, strict=True):
            values[slot] = a
        for step in self._steps:
            operation, _, _, slots, only, last = step
            f = operation if method is None else method(operation)
            if only is not None:
                outputs = f(values[only])
            else:
                args, kwargs = step.arguments(values)
                outputs = f(*args, **kwargs)
            if len(slots) == 1 and type(outputs) is np.ndarray:
                values[slots[0]] = outputs
            else:
                for slot, a in zip(slots, flat(outputs), strict=True):
                    values[slot] = a
            for slot in last:
                values[slot] = None
        results = [values[slot] for slot in self._results]
        return results[0] if isinstance(self.outputs, KerasTensor) else pack(self.outputs, results)

    def spec(self, inputs: list[KerasTensor]) -> Any:
        """Symbols with the shapes and dtypes that the outputs have for such inputs; no node is made."""
        if [x.shape for x in inputs] == [x.shape for x in self.symbols]:
            return mapped(lambda y: KerasTensor(y.shape, y.dtype), self.outputs)
        return self.run(inputs, lambda operation: operation.compute_output_spec)

    def copied(self, inputs: list[KerasTensor]) -> Any:
        """The outputs' symbols when every operation is called once more, on other inputs of the same shapes."""
        new = {id(x): y for x, y in zip(self.symbols, inputs, strict=True)}
        for node in self.nodes:
            if all(id(y) in new for y in node.output_tensors):
                continue
            for y in node.output_tensors:
                new[id(y)] = KerasTensor(y.shape, y.dtype, f"{y.name}_clone")
            args, kwargs = mapped(lambda a: new.get(id(a), a), (node.args, node.kwargs))
            Node(node.operation, args, kwargs, [new[id(y)] for y in node.output_tensors])
        return mapped(lambda y: new[id(y)], self.outputs)

    def maker(self, output: KerasTensor) -> Any:
        """The operation that makes an output which is an output once and is taken by nothing; else None."""
        node = node_of(output)
        taken = any(output is x for other in self.nodes for x in other.input_tensors)
        repeated = sum(output is y for y in flat(self.outputs)) > 1
        return None if node is None or taken or repeated or len(node.output_tensors) > 1 else node.operation

    def _plan(self) -> None:
        """Makes the list of steps."""
        slots: dict[int, Slot] = {}
        for symbol in [*self.symbols, *(y for node in self.nodes for y in node.output_tensors)]:
            slots.setdefault(id(symbol), Slot(len(slots)))
        self._slots = slots
        self._sources = [slots[id(x)] for x in self.symbols]
        self._results = [slots[id(y)] for y in flat(self.outputs)]
        taken = set(self._results)
        self._steps: list[Step] = []
        for node in reversed(self.nodes):
            if node.is_input:
                continue
            args, kwargs = mapped(lambda a: slots[id(a)] if isinstance(a, KerasTensor) else a, (node.args, node.kwargs))
            given = {slots[id(x)] for x in node.input_tensors}
            outputs = [slots[id(y)] for y in node.output_tensors]
            last = [slot for slot in given.union(outputs) if slot not in taken]
            taken |= given
            only = args[0] if len(args) == 1 and type(args[0]) is Slot and not kwargs else None
            self._steps.insert(0, Step(node.operation, args, kwargs, outputs, only, last))

    def _check(self) -> None:
        known = {id(x) for x in self.symbols}
        for node in self.nodes:
            for x in [*node.input_tensors, *(node.output_tensors if node.is_input else [])]:
                if id(x) not in known:
                    raise ValueError(
                        f"Graph disconnected: cannot find parent for tensor {x} at operation '{node.operation.name}'. "
                        f"It cannot be computed from the `inputs` {[x.name for x in self.symbols]}: add the Input "
                        f"that it comes from to them."
                    )
            known.update(map(id, node.output_tensors))
        for i, y in enumerate(flat(self.outputs)):
            if id(y) not in known:
                raise ValueError(
                    f"Output {i}, {y}, is not connected to `inputs`. Make it by calling layers on the inputs' symbols."
                )
        names = [operation.name for operation in self.operations]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f'The name "{name}" is used {names.count(name)} times in the model. All operation names should be '
                    f"unique: pass another `name` to one of the layers, or call one layer several times."
                )

    # A copy (copy.deepcopy, pickle) is made from the list of steps: nodes and symbols are chains too long to walk.

    def __reduce__(self) -> Any:
        slots = self._slots
        every = {id(y): y for y in [*self.symbols, *(y for node in self.nodes for y in node.output_tensors)]}
        specs = [(every[key].shape, every[key].dtype, every[key].name) for key in slots]
        sources = [(node.operation, slots[id(node.output_tensors[0])]) for node in self.nodes if node.is_input]
        structures = [mapped(lambda x: slots[id(x)], structure) for structure in (self.inputs, self.outputs)]
        return _restored, (specs, sources, self._steps, structures)


def _restored(specs: list[Any], sources: list[Any], steps: list[Step], structures: list[Any]) -> Graph:
    symbols = [KerasTensor(*spec) for spec in specs]
    for operation, slot in sources:
        Node(operation, (), {}, symbols[slot])
    for step in steps:
        Node(step.operation, *step.arguments(symbols), [symbols[slot] for slot in step.outputs])
    inputs, outputs = (mapped(lambda slot: symbols[slot], structure) for structure in structures)
    return Graph(inputs, outputs)


def between(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> tuple[list[Node], dict[Any, int]]:
    """The nodes that outputs depend on, each after those it takes from; and when each operation is met first.

    The search goes from each output backwards, and not beyond an input.

    Raises:
        ValueError: for a cycle.
    """
    known = {id(x) for x in inputs}
    order: list[Node] = []
    first: dict[Any, int] = {}
    begun: set[Node] = set()
    done: set[Node] = set()
    for output in outputs:
        ahead: list[tuple[Node, Iterator[KerasTensor]]] = []

        def enter(symbol: KerasTensor, ahead: list[Any] = ahead) -> None:
            node = node_of(symbol)
            if node is None or node in done or (id(symbol) in known and not node.is_input):
                return
            if node in begun:
                raise ValueError(f"Tensor {symbol} from operation '{node.operation.name}' is part of a cycle.")
            begun.add(node)
            first.setdefault(node.operation, len(first))
            ahead.append((node, iter(node.input_tensors)))

        enter(output)
        while ahead:
            node, further = ahead[-1]
            symbol = next(further, None)
            if symbol is not None:
                enter(symbol)
                continue
            ahead.pop()
            done.add(node)
            order.append(node)
    return order, first


def _depths(nodes: list[Node]) -> tuple[dict[Node, int], dict[Any, int]]:
    """The depth of each node and operation; all nodes of an operation met later are at least as deep as it is."""
    depths: dict[Node, int] = {}
    by_operation: dict[Any, int] = {}
    inside = set(nodes)
    for node in reversed(nodes):
        depth = max(depths.get(node, 0), by_operation.get(node.operation, 0))
        depths[node] = by_operation[node.operation] = depth
        for parent in node.parents:
            if parent in inside:
                depths[parent] = max(depth + 1, depths.get(parent, 0))
    return depths, by_operation
