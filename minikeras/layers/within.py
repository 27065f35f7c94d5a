"""What is inside a layer: the layers and parameters that it holds, and the state that a forward pass may change.

One walk finds them all: over the attributes of a layer, also in lists, tuples and dictionaries, and over those of the
layers found there.

>>> from minikeras import layers
>>> class Block(layers.Layer):
...     def __init__(self):
...         super().__init__()
...         self.parts = {"a": layers.Dense(2), "b": [layers.Dropout(0.5, seed=1)]}
>>> block = Block()
>>> [type(layer).__name__ for layer in everyone(block)]
['Block', 'Dense', 'Dropout']
>>> with kept(block):                                     # puts the state of the dropout's draws back
...     _ = block.parts["b"][0](np.ones((1, 2)), training=True)
>>> block.parts["b"][0].seed_generator.state
array([1, 0])
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import numpy as np

from .. import graph
from ..calls import Call, mapped
from ..errors import NotRecordedError
from ..random import SeedGenerator
from ..tensor import KerasTensor

T = TypeVar("T")

#: While a model is made from a file: raises an error for a layer that asks for an array which the file does not have.
#: The array is read later, so that it begins as zeros.
allowed: ContextVar[Callable[[Any, tuple[int, ...]], None] | None] = ContextVar("allowed", default=None)


def members(layer: Any, kind: type[T]) -> list[T]:
    """The objects of a class among a layer's attributes, each once, in the order in which they were set."""
    found: list[Any] = []

    def visit(value: Any) -> None:
        if isinstance(value, kind):
            found.append(value)
        elif isinstance(value, list | tuple):
            for item in value:
                visit(item)
        elif isinstance(value, dict):
            for item in value.values():
                visit(item)

    for name, value in vars(layer).items():
        if name not in layer.of_a_run:
            visit(value)
    return unique(found)


def unique(objects: Iterable[T]) -> list[T]:
    """The objects without repetitions, in their order."""
    return list({id(o): o for o in objects}.values())


def everyone(layer: Any) -> list[Any]:
    """A layer, the layers inside it, and those inside them."""
    found = {id(layer): layer}
    ahead = [layer]
    while ahead:
        for inner in ahead.pop(0)._sublayers():
            if id(inner) not in found:
                found[id(inner)] = inner
                ahead.append(inner)
    return list(found.values())


class State:
    """All that a forward pass may change: parameters that are not trained, and the seeds of random draws."""

    def __init__(self, layer: Any) -> None:
        parts = everyone(layer)
        untrained = [p for p in layer.weights if not p.trainable]
        seeds = unique(g for part in parts for g in members(part, SeedGenerator))
        self._arrays = [(p, "value") for p in untrained] + [(g, "state") for g in seeds]
        self._values = [np.copy(getattr(owner, name)) for owner, name in self._arrays]

    def put_back(self) -> None:
        """Makes everything as it was when this object was made."""
        for (owner, name), value in zip(self._arrays, self._values, strict=True):
            getattr(owner, name)[...] = value


@contextmanager
def kept(layer: Any) -> Iterator[State]:
    """Puts a layer's state back at the end of the ``with`` block."""
    state = State(layer)
    try:
        yield state
    finally:
        state.put_back()


# Losses.


def outermost(call: Call, default: Any = None) -> Any:
    """The outermost layer of the layers that are being called one inside the other."""
    from .base import Layer

    found, outer = default, call
    while outer is not None:
        if isinstance(outer.operation, Layer):
            found = outer.operation
        elif outer.operation is None or not hasattr(outer.operation, "has_backward"):
            break
        outer = outer.outer  # type: ignore[assignment]
    return found


def note_loss(call: Call, loss: np.ndarray) -> None:
    """Puts a loss among those of the pass, and among the outputs of the running call if it has a gradient.

    Raises:
        NotRecordedError: if a layer whose backward does not know of it would lose its gradient.
    """
    call.over.losses.append(loss)
    if not (call.over.record and id(loss) in call.over.live):
        return
    outer: Call | None = call
    while outer is not None:
        if getattr(outer.operation, "has_backward", False):
            raise NotRecordedError(
                f"A loss was added inside '{outer.operation.name}' ({type(outer.operation).__name__}), which has a "
                f"backward() of its own: its gradient would be lost. Add the loss in a layer that has none."
            )
        outer = outer.outer
    call.added.append(loss)


# Shapes.


def shape_of(value: Any, argument: str) -> tuple[int | None, ...]:
    """A shape argument as a tuple.

    Raises:
        ValueError: if it is not a list or tuple of integers and None.

    >>> shape_of([28, 28], "shape")
    (28, 28)
    """
    sizes = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value, "")
    if all(size is None or (isinstance(size, int | np.integer) and size >= 0) for size in sizes):
        return tuple(None if size is None else int(size) for size in sizes)
    example = f"{argument}=({value},)" if isinstance(value, int) else f"{argument}=(28, 28)"
    raise ValueError(
        f"`{argument}` must be a tuple of integers or None, such as {example}. Received: {argument}={value!r}"
    )


def shapes_of(structure: Any) -> Any:
    """The shapes of a structure of arrays."""
    return mapped(lambda a: getattr(a, "shape", None), structure)


def without_batch(shape: Any) -> Any:
    """Shapes with None in place of the size of the batch axis.

    >>> without_batch([(2, 3), (4,)])
    [(None, 3), (None,)]
    """
    if shape is None:
        return None
    if is_shape(shape):
        return (None, *shape[1:])
    return {k: without_batch(v) for k, v in shape.items()} if isinstance(shape, dict) else _each(without_batch, shape)


def is_shape(value: Any) -> bool:
    """True for a tuple or list of sizes; False for a structure of them.

    >>> is_shape((None, 3)), is_shape([(None, 3), (None, 4)])
    (True, False)
    """
    return isinstance(value, list | tuple) and all(s is None or isinstance(s, int | np.integer) for s in value)


def _each(function: Any, shapes: Any) -> Any:
    made = [function(shape) for shape in shapes]
    return made if isinstance(shapes, list) else tuple(made)


def symbols_of(shapes: Any, dtype: Any) -> Any:
    """Symbols with these shapes, in the structure of the shapes.

    >>> symbols_of([(None, 2)], "int32")[0].dtype
    'int32'
    """
    if shapes is None:
        return None
    if is_shape(shapes):
        return KerasTensor(shapes, dtype)
    if isinstance(shapes, dict):
        return {key: symbols_of(shape, dtype) for key, shape in shapes.items()}
    return _each(lambda shape: symbols_of(shape, dtype), shapes)


def inferred_shape(layer: Any, input_shape: Any) -> Any:
    """The output's shape, found by calling a layer on zeros."""
    with kept(layer):
        return shapes_of(graph.inferred(layer, (symbols_of(input_shape, layer.dtype),), {}))
