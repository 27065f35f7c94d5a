"""From a model to Keras's config, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import layers
from ..errors import DataError, UnsupportedError, nearest
from ..layers.base import Layer
from ..layers.input_layer import InputLayer
from ..models.sequential import Sequential
from ..parameter import Parameter
from . import compiled, limits, trees
from .places import Arrays, assign, check_array, slots


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
        tree["compile_config"] = compiled.describe(model)
    return tree


def make(
    tree: dict[str, Any], arrays: Arrays, custom_objects: dict[str, Any] | None = None, compile: bool = True
) -> Sequential:
    """The model a tree describes, with its arrays.

    Raises:
        UnsupportedError: for what Keras has and minikeras has not, by name and position.
        DataError: for what neither has.
    """
    if not compile:
        tree = {key: value for key, value in tree.items() if key != "compile_config"}
    check(tree, custom_objects)
    model = _stack(tree["config"], custom_objects)
    shape = _input_shape(model, tree)
    if shape is not None:
        _build(model, shape, arrays)
    if tree.get("compile_config"):
        with _optional():
            compiled.restore(model, tree["compile_config"], arrays, custom_objects)
    assign(model, arrays)
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
    trees.check({key: value for key, value in tree.items() if key != "compile_config"}, custom_objects)
    with _optional():
        trees.check(tree.get("compile_config"), custom_objects)


@contextmanager
def _optional() -> Iterator[None]:
    """Errors about the part of a config that ``compile=False`` leaves out say so."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        kind = UnsupportedError if isinstance(error, UnsupportedError) else DataError
        what = str(error) if isinstance(error, kind) else f"{type(error).__name__}: {error}"
        raise kind(f"how the model was compiled: {what} With `compile=False` the model is read without it.") from error


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
        check_array(place, self.arrays, tuple(shape or ()), self.layer.name)
        return Layer.add_weight(self.layer, shape, "zeros", *args, **kwargs)
