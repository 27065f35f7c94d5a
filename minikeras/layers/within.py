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
from ..random import SeedGenerator
from .shapes import shapes_of, symbols_of

T = TypeVar("T")

#: Classes of attributes in which nothing is looked for.
_PLAIN = frozenset({bool, int, float, str, type(None), np.ndarray})

#: While a model is made from a file: raises an error for a layer that asks for an array which the file does not have.
#: The array is read later, so that it begins as zeros.
allowed: ContextVar[Callable[[Any, tuple[int, ...]], None] | None] = ContextVar("allowed", default=None)


def members(layer: Any, kind: type[T]) -> list[T]:
    """The objects of a class among a layer's attributes, each once, in the order in which they were set."""
    found: list[Any] = []
    ahead = [value for name, value in vars(layer).items() if name not in layer.of_a_run]
    ahead.reverse()
    while ahead:
        value = ahead.pop()
        if type(value) in _PLAIN:
            continue
        if isinstance(value, kind):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            ahead.extend(reversed(value))
        elif isinstance(value, dict):
            ahead.extend(reversed(value.values()))
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

    def note(self) -> None:
        """Keeps the present values as those that ``put_back`` writes."""
        for (owner, name), value in zip(self._arrays, self._values, strict=True):
            value[...] = getattr(owner, name)

    def put_back(self) -> None:
        """Makes everything as it was when this object was made, or at the last ``note``."""
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


def inferred_shape(layer: Any, input_shape: Any) -> Any:
    """The output's shape, found by calling a layer on zeros."""
    with kept(layer):
        return shapes_of(graph.inferred(layer, (symbols_of(input_shape, layer.dtype),), {}))
