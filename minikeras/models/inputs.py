"""The inputs of a model made of symbols: what may be one, and what is passed for them, brought into their form."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import config
from ..errors import ShapeError
from ..graph import Graph, node_of
from ..layers.input_layer import Input
from ..parameter import Parameter
from ..structures import flat, mapped, pack
from ..tensor import KerasTensor, plain

Shape = tuple[int | None, ...]


def arranged(expected: Any, x: Any, model: str) -> Any:
    """What was passed, in the structure of the inputs' symbols: a list, tuple or dictionary by the inputs' names.

    Args:
        expected: the structure of symbols.
        x: what was passed.
        model: its name, for messages.

    Raises:
        ValueError: for another number of inputs, or other names.
    """
    symbols = flat(expected)
    if isinstance(expected, KerasTensor):
        if isinstance(x, dict):
            return _by_name([expected.name], x, model)[0]
        if isinstance(x, list | tuple) and any(hasattr(a, "shape") for a in x):
            _check_number(symbols, x, model)
            return x[0]
        return _array(x)
    if isinstance(expected, dict):
        keys = list(expected)
        if not isinstance(x, dict):
            given = list(x) if isinstance(x, list | tuple) else [x]
            if len(given) != len(keys) or keys != sorted(keys):
                raise ValueError(f"Model '{model}' takes a dictionary with the keys {keys}. Received: {_described(x)}")
            x = dict(zip(keys, given, strict=True))
        _by_name(keys, x, model)
        return {key: arranged(expected[key], x[key], model) for key in keys}
    if isinstance(x, dict):
        parts = _by_name([symbol.name for symbol in symbols], x, model)
        return pack(expected, [arranged(symbol, part, model) for symbol, part in zip(symbols, parts, strict=True)])
    given = list(x) if isinstance(x, list | tuple) else [x]
    if len(given) != len(expected):
        _check_number(symbols, given, model)
        return pack(expected, map(_array, given))
    return type(expected)([arranged(e, a, model) for e, a in zip(expected, given, strict=True)])


def _array(a: Any) -> Any:
    return a if isinstance(a, np.ndarray | Parameter | KerasTensor) or a is None else np.asarray(a)


def _by_name(names: list[str], x: dict[str, Any], model: str) -> list[Any]:
    missing = [name for name in names if name not in x]
    if missing:
        raise ValueError(f"Model '{model}' needs the inputs {names}. Received: {sorted(x)}; missing: {missing}")
    return [x[name] for name in names]


def _check_number(symbols: list[KerasTensor], given: Any, model: str) -> None:
    if len(symbols) != len(given):
        raise ValueError(
            f"Model '{model}' expects {len(symbols)} input(s), {[symbol.name for symbol in symbols]}, but it received "
            f"{len(given)}: {_described(given)}"
        )


def _described(x: Any) -> str:
    return str(mapped(lambda a: f"shape {a.shape}" if hasattr(a, "shape") else type(a).__name__, x))


def fitted(x: Any, symbol: KerasTensor, model: str) -> Any:
    """An input in the dtype of its symbol, with a last axis of size 1 added or taken off where that is needed.

    Raises:
        ValueError: for what is no array of numbers, and ShapeError for another shape.
    """
    x = plain(x.value if isinstance(x, Parameter) else x)
    if not isinstance(x, np.ndarray):
        raise ValueError(f"Input '{symbol.name}' of model '{model}' must be an array. Received: {x!r}")
    if x.dtype.kind in "OSU" and symbol.dtype != "string":
        raise ValueError(
            f"Input '{symbol.name}' of model '{model}' must be numbers (its dtype is {symbol.dtype}). Received: an "
            f"array of dtype {x.dtype}"
        )
    x = with_rank_of(symbol.shape, x)
    check_shape(x.shape, symbol, model)
    return x if x.dtype.kind == "c" or symbol.dtype in ("string", x.dtype.name) else x.astype(symbol.dtype)


def check_shape(shape: Shape, symbol: KerasTensor, model: str) -> None:
    """Raises ShapeError for a shape that an input cannot have."""
    fits = len(shape) == len(symbol.shape) and all(
        None in pair or pair[0] == pair[1] for pair in zip(shape, symbol.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"Input '{symbol.name}' of model '{model}' is incompatible with the model: expected shape={symbol.shape}, "
            f"found shape={shape}"
        )


def with_rank_of(shape: Shape, x: np.ndarray) -> np.ndarray:
    """x with an axis of length 1 added or taken off at its end, where a shape needs it, as in Keras."""
    if x.ndim == len(shape) - 1 and shape[-1] == 1:
        return x[..., None]
    return x[..., 0] if x.ndim == len(shape) + 1 and x.shape[-1] == 1 else x


def check_symbols(inputs: Any, outputs: Any) -> None:
    """Raises ValueError for inputs or outputs of a model that are no symbols, or none at all."""
    for name, structure in (("inputs", inputs), ("outputs", outputs)):
        leaves = flat(structure)
        wrong = [leaf for leaf in leaves if not isinstance(leaf, KerasTensor)]
        if wrong or not leaves:
            raise ValueError(
                f"All `{name}` of a model must be KerasTensors, made by `Input` or by calling layers on such. "
                f"Received: {wrong[0] if wrong else structure!r}" + (f" (of type {type(wrong[0])})" if wrong else "")
            )


def dtype_of(inputs: Any, outputs: Any) -> str:
    """A model's dtype: that of its first output of floats; ``floatx`` without one.

    Raises:
        ValueError: for inputs or outputs that are no symbols, or none at all.
    """
    check_symbols(inputs, outputs)
    return next((y.dtype for y in flat(outputs) if y.dtype in ("float32", "float64")), config.floatx())


def graph_of(inputs: Any, outputs: Any) -> Graph:
    """The graph between symbols; an Input takes the place of each input that a layer made.

    Raises:
        ValueError: for an input that is given twice, and as :class:`~minikeras.graph.Graph`.
    """

    def begun(x: KerasTensor) -> KerasTensor:
        node = node_of(x)
        own = node is not None and node.is_input
        return x if own else Input(batch_shape=x.shape, dtype=x.dtype, name=f"{x.name}CLONE")

    names = [x.name for x in flat(inputs)]
    if len({id(x) for x in flat(inputs)}) < len(names):
        raise ValueError(f"All inputs of a model should only appear once. Received: inputs={names}")
    wrong = [key for key, x in inputs.items() if getattr(x, "name", key) != key] if isinstance(inputs, dict) else []
    if wrong:
        warnings.warn(f"The keys {wrong} of `inputs` are not the names of their symbols, {names}.", stacklevel=4)
    graph = Graph(inputs, outputs)
    new = mapped(begun, inputs)
    if all(a is b for a, b in zip(flat(new), graph.symbols, strict=True)):
        return graph
    return Graph(new, graph.copied(flat(new)))


def get_source_inputs(tensor: KerasTensor) -> list[KerasTensor]:
    """The symbols of the Inputs that a symbol is computed from, each once.

    >>> x, y = Input((2,)), Input((2,))
    >>> [source is x for source in get_source_inputs((x + x) * 2)], len(get_source_inputs(x + y))
    ([True], 2)
    """
    found, waiting, seen = [], [tensor], set()
    while waiting:
        symbol = waiting.pop()
        if id(symbol) not in seen:
            node = node_of(symbol)
            if node is None or node.is_input:
                found.append(symbol)
            else:
                waiting += reversed(node.input_tensors)
        seen.add(id(symbol))
    return found


def are_symbols(args: Any, kwargs: dict[str, Any]) -> bool:
    """True for the arguments of ``Model(inputs, outputs)``."""
    return len(args) > 1 or ("outputs" in kwargs and (bool(args) or "inputs" in kwargs))


def unpacked(outputs: Any) -> Any:
    """The output of a list or tuple of one, as Keras gives it."""
    return outputs[0] if isinstance(outputs, list | tuple) and len(outputs) == 1 else outputs


class replaceable:
    """A property that an attribute of the same name replaces: subclassed models may have such attributes in Keras."""

    def __init__(self, of: Callable[[Any], Any]) -> None:
        self._of, self.__doc__ = of, of.__doc__

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        return self if model is None else self._of(model)
