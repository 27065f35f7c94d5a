"""From a model to Keras's config and arrays by place, and back.

A place is where Keras keeps an array: "layers/dense/vars/0" is the first array of the first Dense,
"optimizer/vars/1" the second of the optimizer's.
"""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import config, layers, losses, metrics, optimizers
from ..errors import DataError, UnsupportedError, nearest
from ..layers.base import Layer
from ..layers.input_layer import InputLayer
from ..models.sequential import Sequential
from ..parameter import Parameter
from . import limits, trees

Arrays = dict[str, np.ndarray]
_IGNORED = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": "auto"}


# Out of a model.


def describe(model: Sequential) -> dict[str, Any]:
    """The tree that Keras writes into config.json."""
    tree: dict[str, Any] = {
        "module": "keras",
        "class_name": "Sequential",
        "config": model.get_config(),
        "registered_name": None,
    }
    if model._build_shape is not None:
        tree["build_config"] = {"input_shape": model._build_shape}
    if model.compiled:
        tree["compile_config"] = _compiled(model)
    return tree


def _compiled(model: Any) -> dict[str, Any]:
    loss, arguments = model.loss, model._compile_arguments
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": _loss_config(loss if loss is None or isinstance(loss, str | dict) else losses.serialize(loss)),
        "loss_weights": None,
        **{name: _metric_configs(arguments[name]) for name in ("metrics", "weighted_metrics")},
        **{name: arguments.get(name, value) for name, value in _IGNORED.items()},
    }


def _loss_config(value: Any) -> Any:
    """A cross-entropy's ``mode`` stands beside the config, where Keras, which has none, does not look."""
    if not isinstance(value, dict) or "mode" not in value.get("config", {}):
        return value
    own = dict(value["config"])
    return {**value, "minikeras": {"mode": own.pop("mode")}, "config": own}


def _loss_from(value: Any, custom_objects: dict[str, Any] | None) -> Any:
    if not isinstance(value, dict):
        return value
    own = (
        {**value["config"], **value.get("minikeras", {})} if isinstance(value.get("config"), dict) else value["config"]
    )
    return losses.deserialize({**value, "config": own}, custom_objects)


def _metric_configs(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return [_metric_configs(item) for item in value]
    if isinstance(value, dict):
        return {name: _metric_configs(item) for name, item in value.items()}
    return metrics.serialize(value)


def places(model: Sequential) -> dict[str, tuple[str, list[Parameter]]]:
    """For each group of arrays: its name, and the parameters in it, in Keras's order."""
    result = {f"layers/{slot}/vars": (layer.name, layer.weights) for slot, layer in slots(model)}
    if model.compiled and model.optimizer is not None:
        result["optimizer/vars"] = (model.optimizer.name, model.optimizer.variables)
    return result | {"vars": (model.name, [])}


def slots(model: Any) -> Iterator[tuple[str, Layer]]:
    """Keras's folder for each layer, and the layer."""
    return zip(slot_names(type(layer).__name__ for layer in model.layers), model.layers, strict=True)


def slot_names(class_names: Iterable[str]) -> Iterator[str]:
    """Keras's folder for each layer: the class in snake case, numbered from the second on.

    >>> list(slot_names(["Dense", "LeakyReLU", "Dense"]))
    ['dense', 'leaky_re_lu', 'dense_1']
    """
    seen: dict[str, int] = {}
    for name in map(config.snake_case, class_names):
        count = seen[name] = seen.get(name, -1) + 1
        yield f"{name}_{count}" if count else name


def arrays_of(model: Sequential) -> Arrays:
    """Every array of a model and its optimizer, by place."""
    return {
        f"{group}/{i}": parameter.value
        for group, (_, parameters) in places(model).items()
        for i, parameter in enumerate(parameters)
    }


# Into a model.


def make(
    tree: dict[str, Any], arrays: Arrays, custom_objects: dict[str, Any] | None = None, compile: bool = True
) -> Sequential:
    """The model a tree describes, with its arrays.

    Raises:
        UnsupportedError: for what Keras has and minikeras has not, by name and position.
        DataError: for what neither has.
    """
    check(tree, custom_objects)
    model = _stack(tree["config"], custom_objects)
    shape = _input_shape(model, tree)
    if shape is not None:
        _build(model, shape, arrays)
    if compile and tree.get("compile_config"):
        _compile(model, tree["compile_config"], arrays, custom_objects)
    assign(model, arrays, optional=("optimizer/vars",))
    return model


def check(tree: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> None:
    """Refuses a tree that names anything but Keras's layers and other classes that minikeras has, before any is made.

    Raises:
        UnsupportedError, DataError: as :func:`make`.
    """
    if tree.get("class_name") != "Sequential":
        raise UnsupportedError(f"a model of class {tree.get('class_name')!r}; minikeras has only Sequential")
    for position, layer_config in enumerate(tree["config"]["layers"]):
        _check_kind(position, layer_config, custom_objects)
    trees.check(tree, custom_objects)


def _stack(model_config: Any, custom_objects: dict[str, Any] | None) -> Sequential:
    name = model_config.get("name")
    _check_name(name)
    model = Sequential(name=name)
    for position, layer_config in enumerate(model_config["layers"]):
        model.add(_layer(position, layer_config, custom_objects), rebuild=False)
    if not model.layers and model._input is None:
        return model
    if model_config.get("trainable") is False:
        model._trainable = False
    return model


def _check_kind(position: int, layer_config: Any, custom_objects: dict[str, Any] | None) -> None:
    """Refuses a layer that minikeras does not have."""
    if not isinstance(layer_config, dict) or not isinstance(layer_config.get("config"), dict):
        raise DataError(f"layer {position} has no config")
    kind, name = layer_config.get("class_name"), layer_config["config"].get("name")
    _check_name(name)
    if kind not in layers._registry and kind not in (custom_objects or {}):
        known = sorted(layers._registry)
        raise UnsupportedError(
            f"layer {position}, {name!r}, is a {kind!r}, which minikeras does not have. It has: {', '.join(known)}."
            f"{nearest(str(kind), known)}"
        )


def _layer(position: int, layer_config: dict[str, Any], custom_objects: dict[str, Any] | None) -> Layer:
    kind = layer_config["class_name"]
    where = f"layer {position}, {layer_config['config'].get('name')!r}, "
    try:
        layer = layers.deserialize(layer_config, custom_objects)
    except UnsupportedError as error:
        raise UnsupportedError(f"{where}a {kind}: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise DataError(f"{where}a {kind}: {type(error).__name__}: {error}") from error
    if not isinstance(layer, Layer):
        raise DataError(f"{where}is not a layer")
    if isinstance(layer, InputLayer):
        _check_shape(layer.batch_shape)
    return layer


def _check_name(name: Any) -> None:
    if name is not None and (not isinstance(name, str) or not name or len(name) > limits.NAME_LENGTH or "/" in name):
        raise DataError(f"a name has to be a short string without '/'. Received: {str(name)[:100]!r}")


def _check_shape(shape: Any) -> None:
    if not isinstance(shape, list | tuple) or not 1 <= len(shape) <= limits.AXES:
        raise DataError(f"an input shape has to be a short list. Received: {str(shape)[:100]}")
    for size in shape:
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 0 < size < 2**31):
            raise DataError(f"an input shape has to be made of positive whole numbers. Received: {str(shape)[:100]}")


def _input_shape(model: Sequential, tree: dict[str, Any]) -> tuple[int | None, ...] | None:
    if not model.layers:
        return None
    if model._input is not None:
        return model._input.batch_shape
    shape = tree["config"].get("build_input_shape") or (tree.get("build_config") or {}).get("input_shape")
    if shape is None:
        return None
    _check_shape(shape)
    return tuple(shape)


def _build(model: Sequential, shape: tuple[int | None, ...], arrays: Arrays) -> None:
    """Builds every layer, each array only once the file's has proved to have its shape: no config alone can
    ask for memory."""
    for slot, layer in slots(model):
        layer.add_weight = _AddWeight(layer, f"layers/{slot}/vars", arrays)  # type: ignore[method-assign]
    try:
        model.build(shape)
    finally:
        for layer in model.layers:
            del layer.add_weight


class _AddWeight:
    """``Layer.add_weight`` for a layer out of a file: zeros, of the shape that the file's array has."""

    def __init__(self, layer: Layer, group: str, arrays: Arrays) -> None:
        self.layer, self.group, self.arrays, self.count = layer, group, arrays, 0

    def __call__(self, shape: Any = None, initializer: Any = None, *args: Any, **kwargs: Any) -> Parameter:
        place = f"{self.group}/{self.count}"
        self.count += 1
        _check_array(place, self.arrays, tuple(shape or ()), self.layer.name)
        return Layer.add_weight(self.layer, shape, "zeros", *args, **kwargs)


def _check_array(place: str, arrays: Arrays, shape: tuple[int, ...], name: str) -> None:
    if place not in arrays:
        raise DataError(f"{name!r} needs the array {place}, which is not there")
    if arrays[place].shape != shape:
        raise DataError(f"{name!r} needs {place} of shape {shape}; it has {arrays[place].shape}")
    if arrays[place].dtype.kind not in "fiub":
        raise DataError(f"{place} holds {arrays[place].dtype}; only plain numbers are read")


def _compile(model: Sequential, tree: Any, arrays: Arrays, custom_objects: dict[str, Any] | None) -> None:
    if tree.get("loss_weights") is not None:
        raise UnsupportedError("`loss_weights` needs several outputs; a Sequential has one")
    rate = arrays.get("optimizer/vars/1")
    floatx = rate.dtype.name if rate is not None and rate.shape == () and rate.dtype.kind == "f" else config.floatx()
    with config.using(floatx=floatx):
        optimizer = optimizers.deserialize(tree.get("optimizer"), custom_objects)
        loss = _loss_from(tree.get("loss"), custom_objects)
        own = {name: _metrics_from(tree.get(name), custom_objects) for name in ("metrics", "weighted_metrics")}
        model.compile(optimizer=optimizer, loss=loss, **own)
        model._compile_arguments |= {name: tree.get(name, value) for name, value in _IGNORED.items()}
        if model.built and optimizer is not None:
            optimizer.build(model.trainable_weights)


def _metrics_from(value: Any, custom_objects: dict[str, Any] | None) -> Any:
    if isinstance(value, list | tuple):
        return [_metrics_from(item, custom_objects) for item in value]
    if isinstance(value, dict) and "class_name" in value:
        return metrics.deserialize(value, custom_objects)
    if isinstance(value, dict):
        return {name: _metrics_from(item, custom_objects) for name, item in value.items()}
    return value


def assign(model: Sequential, arrays: Arrays, optional: tuple[str, ...] = (), skip_mismatch: bool = False) -> None:
    """Writes the arrays into the model, or none of them if one does not fit.

    Args:
        optional: groups that may be absent or, like an optimizer saved before its first step, shorter.
        skip_mismatch: leaves whole layers that do not fit as they are, with a warning.

    Raises:
        DataError: names the first array that does not fit.
    """
    todo: list[tuple[Parameter, np.ndarray]] = []
    for group, (name, parameters) in places(model).items():
        if group in optional and f"{group}/0" not in arrays:
            continue
        if group == "optimizer/vars" and f"{group}/{len(parameters) - 1}" not in arrays:
            unbuilt = [p for p in parameters if p.name in ("iteration", "learning_rate")]
            if f"{group}/{len(unbuilt)}" not in arrays:
                parameters = unbuilt
        try:
            for i, parameter in enumerate(parameters):
                _check_array(f"{group}/{i}", arrays, parameter.shape, name)
            if f"{group}/{len(parameters)}" in arrays:
                raise DataError(f"{name!r} has {len(parameters)} arrays; the file has more in {group}")
        except DataError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"{error}; left as it was", stacklevel=4)
            continue
        todo += [(parameter, arrays[f"{group}/{i}"]) for i, parameter in enumerate(parameters)]
    for parameter, array in todo:
        parameter.assign(array)
