"""clone_model: a model of the same layers with fresh parameters."""

from collections.abc import Callable
from typing import Any

from .. import config
from ..layers.base import Layer
from ..layers.input_layer import Input, InputLayer
from ..structures import flat, mapped
from ..tensor import KerasTensor
from . import graph_configs
from .model import Functional, Model
from .sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """A model of the same layers with freshly initialised parameters.

    Args (as in Keras):
        input_tensors: symbols for its inputs, instead of new ones.
        clone_function: gives the new layer for a layer; by default one of the same config. ``lambda layer: layer``
            makes a model of the same layers.
        call_function: is called as ``call_function(layer, *args, **kwargs)`` and gives a layer's outputs.
        recursive: True clones the models inside layer by layer, too.

    Raises:
        ValueError: for a subclassed model with any of these arguments, and for symbols in another structure.

    Differs from Keras: the new model is not compiled.

    >>> from minikeras import layers
    >>> model = Sequential([Input((2,)), layers.Dense(3)])
    >>> clone_model(model).count_params()
    9
    """
    if model._graph is None and not isinstance(model, Sequential):
        if input_tensors is not None or clone_function is not None or call_function is not None:
            raise ValueError(
                "Arguments `clone_function`, `call_function` and `input_tensors` are only supported for Sequential "
                f"models or Functional models. Received model of type '{type(model).__name__}'"
            )
        return type(model).from_config(model.get_config())
    with config.using(floatx=model.dtype):
        clone = _Clones(clone_function, call_function, recursive)
        if isinstance(model, Sequential):
            return _of_sequential(model, input_tensors, clone, call_function)
        return _of_graph(model, input_tensors, clone, call_function)


class _Clones:
    """The new layer for each layer, always the same one."""

    def __init__(self, function: Any, call_function: Any, recursive: bool) -> None:
        self._function, self._call, self._recursive = function or _of_config, call_function, recursive
        self._known: dict[int, Any] = {}

    def __call__(self, layer: Any) -> Any:
        if id(layer) not in self._known:
            inside = self._recursive and isinstance(layer, Sequential | Functional)
            call = None if isinstance(layer, Sequential) else self._call
            self._known[id(layer)] = (
                clone_model(layer, None, self, call, recursive=True) if inside else self._function(layer)
            )
        return self._known[id(layer)]


def _of_config(layer: Any) -> Any:
    if isinstance(layer, Sequential | Functional):
        return clone_model(layer)
    return type(layer).from_config(layer.get_config()) if isinstance(layer, Layer) else layer


def _of_sequential(model: Sequential, tensors: Any, clone: Any, call_function: Any) -> Sequential:
    if call_function is not None:
        raise ValueError("`call_function` is not supported with Sequential models: their layers are only listed.")
    new = [clone(layer) for layer in model.layers]
    if tensors is not None:
        leaves = flat(tensors)
        if len(leaves) != 1 or not isinstance(leaves[0], KerasTensor):
            raise ValueError(f"`input_tensors` of a Sequential must be one KerasTensor. Received: {tensors!r}")
        new.insert(0, InputLayer(input_tensor=leaves[0]))
    elif model._input is not None:
        new.insert(0, _of_config(model._input))
    return Sequential(new, name=model.name, trainable=model._trainable)


def _of_graph(model: Model, tensors: Any, clone: Any, call_function: Any) -> Model:
    if tensors is None:
        tensors = mapped(lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model.input)
    elif not graph_configs.same_structure(tensors, model.input):
        raise ValueError(f"`input_tensors` must have the structure of {model.input}. Received: {tensors!r}")

    def called(operation: Any) -> Any:
        new = clone(operation)
        return new if call_function is None else lambda *args, **kwargs: call_function(new, *args, **kwargs)

    outputs = model._needs_graph("graph").run(flat(tensors), called)
    cls = type(model) if graph_configs.takes_symbols(type(model)) else Functional
    return cls(tensors, outputs, name=model.name)
