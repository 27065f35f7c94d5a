"""Layers for a while in another dtype: in float64 for an exact gradient, in complex128 for the complex step."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ..layers.base import Layer


def everyone(layer: Any) -> list[Layer]:
    """A layer, its layers, and theirs.

    >>> from minikeras import Sequential, layers
    >>> [type(x).__name__ for x in everyone(Sequential([layers.Flatten()]))]
    ['Sequential', 'Flatten']
    """
    found: list[Layer] = []

    def visit(value: Any) -> None:
        if isinstance(value, Layer):
            if not any(value is known for known in found):
                found.append(value)
                for attribute in vars(value).values():
                    visit(attribute)
        elif isinstance(value, list | tuple):
            for item in value:
                visit(item)

    visit(layer)
    return found


@contextmanager
def in_dtype(layer: Layer, dtype: Any) -> Iterator[None]:
    """A layer or model in another dtype, with copies of its parameters, inside a ``with`` block.

    Afterwards everything is as before, whatever happened to the copies.

    >>> from minikeras import layers
    >>> layer = layers.Dense(2)
    >>> layer.build((None, 3))
    >>> with in_dtype(layer, "complex128"):
    ...     layer(np.ones((1, 3))).dtype
    dtype('complex128')
    >>> layer.dtype
    'float32'
    """
    with ExitStack() as stack:
        for each in everyone(layer):
            stack.callback(setattr, each, "_dtype", each._dtype)
            stack.callback(each._frames.clear)
            each.dtype = dtype
        for p in _unique(p for each in everyone(layer) for p in each.weights):
            stack.callback(setattr, p, "value", p.value)
            stack.callback(setattr, p, "_grad", p._grad)
            p.value, p._grad = p.value.astype(dtype), None
        yield


class Dice:
    """The random states of a model's layers, thrown the same way again at every ``rewind``."""

    def __init__(self, layer: Layer) -> None:
        found = [getattr(each, "seed_generator", None) for each in everyone(layer)]
        self._generators = [g for g in found if hasattr(g, "state")]
        self._states = [np.copy(g.state) for g in self._generators]  # type: ignore[union-attr]

    def rewind(self) -> None:
        """Puts every state back."""
        for generator, state in zip(self._generators, self._states, strict=True):
            generator.state[...] = state  # type: ignore[union-attr]


def _unique(parameters: Iterable[Any]) -> list[Any]:
    return list({id(p): p for p in parameters}.values())
