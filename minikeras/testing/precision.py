"""Layers for a while in another dtype: in float64 for an exact gradient, in complex128 for the complex step."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ..layers.base import Layer
from ..layers.within import everyone, unique


@contextmanager
def in_dtype(layer: Layer, dtype: Any) -> Iterator[None]:
    """A layer or model in another dtype, with copies of its parameters, inside a ``with`` block.

    The inputs of floats of the models inside are of that dtype too. Afterwards everything is as before, whatever
    happened to the copies.

    >>> import numpy as np
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
            stack.callback(each._recorded.clear)
            each.dtype = dtype
        for graph in (each._graph for each in everyone(layer) if getattr(each, "_graph", None) is not None):
            stack.callback(setattr, graph, "usual", graph.usual)
            for symbol in graph.symbols:
                stack.callback(setattr, symbol, "dtype", symbol.dtype)
                if symbol.dtype.startswith("float"):
                    symbol.dtype = np.dtype(dtype).name
            if graph.usual[0].kind == "f":
                graph.usual = (np.dtype(dtype), graph.usual[1])
        for p in unique(p for each in everyone(layer) for p in each.weights):
            stack.callback(setattr, p, "value", p.value)
            stack.callback(setattr, p, "_grad", p._grad)
            p.value, p._grad = p.value.astype(dtype), None
        yield
