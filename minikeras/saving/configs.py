"""From a model to Keras's config, and back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .. import config
from ..custom_objects import custom_object_scope, found
from ..errors import DataError, UnsupportedError, nearest
from ..registry import registries
from . import limits, trees
from .layout import Arrays, assign, only_what_is_in


def describe(model: Any) -> dict[str, Any]:
    """The tree that Keras writes into config.json."""
    models: Any = registries["keras.models"]
    with models.sharing():
        tree = dict(models.serialize(model))
    tree.pop("compile_config", None)
    build_config = model.get_build_config()
    if build_config is not None:
        tree["build_config"] = build_config
    if model.compiled:
        tree["compile_config"] = model.get_compile_config()
    return tree


def make(tree: Any, arrays: Arrays, custom_objects: dict[str, Any] | None = None, compile: bool = True) -> Any:
    """The model a tree describes, with its arrays.

    Raises:
        UnsupportedError: for what Keras has and minikeras has not, by name and position.
        DataError: for what neither has.
    """
    if not compile:
        tree = {key: value for key, value in tree.items() if key != "compile_config"}
    check(tree, custom_objects)
    with custom_object_scope(custom_objects):
        model = made(tree, arrays)
        if tree.get("compile_config"):
            with _optional(), rate_as_in(arrays):
                model.compile_from_config(tree["compile_config"])
        assign(model, arrays)
    return model


def made(tree: dict[str, Any], arrays: Arrays) -> Any:
    """The model, uncompiled and without its arrays, with the layers built as far as the config says."""
    models: Any = registries["keras.models"]
    with only_what_is_in(arrays), models.sharing():
        model = models.deserialize(tree)
        if not hasattr(model, "compile"):
            raise DataError(f"a {type(model).__name__} is no model")
        build_config = tree.get("build_config")
        if not model.built and build_config and _has_layers(model):
            model.build_from_config(json.loads(json.dumps(build_config)))
        return model


def _has_layers(model: Any) -> bool:
    return not hasattr(model, "_layers") or bool(model.layers)


# What a config may name.


def check(tree: Any, custom_objects: dict[str, Any] | None = None) -> None:
    """Refuses a tree that names anything but Keras's layers and other classes that minikeras has, before any is made.

    Raises:
        UnsupportedError, DataError: as :func:`make`.
    """
    trees.check_size(tree)
    kind = tree.get("class_name")
    if kind not in registries["keras.models"] and _custom(tree, custom_objects) is None:
        raise UnsupportedError(
            f"a model of class {str(kind)[:100]!r}: it is not Keras's. A custom class has to be given in "
            f"`custom_objects`, or registered."
        )
    with custom_object_scope(custom_objects):
        _check_layers(tree)
        trees.check({key: value for key, value in tree.items() if key != "compile_config"}, custom_objects)
        with _optional():
            trees.check(tree.get("compile_config"), custom_objects)


def _custom(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    return found([config.get("registered_name"), config.get("class_name")], custom_objects)


@contextmanager
def rate_as_in(arrays: Arrays) -> Iterator[None]:
    """While it lasts, an optimizer's learning rate gets the dtype that it has among the arrays."""
    rate = arrays.get("optimizer/vars/1")
    floatx = rate.dtype.name if rate is not None and rate.shape == () and rate.dtype.kind == "f" else config.floatx()
    with config.using(floatx=floatx):
        yield


@contextmanager
def _optional() -> Iterator[None]:
    """Errors about the part of a config that ``compile=False`` leaves out say so."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        kind = UnsupportedError if isinstance(error, UnsupportedError) else DataError
        what = str(error) if isinstance(error, kind) else f"{type(error).__name__}: {error}"
        raise kind(f"how the model was compiled: {what} With `compile=False` the model is read without it.") from error


def _check_layers(model_config: Any) -> None:
    """Refuses layers that minikeras does not have, in a model and in the models inside it."""
    config = model_config.get("config")
    if isinstance(config, list):  # a Sequential of Keras 1 and 2.1
        config = {"layers": config}
    if not isinstance(config, dict):
        raise DataError(f"{model_config.get('class_name')!r} has no config")
    _check_name(config.get("name"))
    is_model = model_config.get("class_name") in registries["keras.models"]
    for position, entry in enumerate(config.get("layers", ()) if is_model else ()):
        if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
            raise DataError(f"layer {position} has no config")
        _check_kind(position, entry)
        _check_layers(entry)
    for name in ("batch_shape", "batch_input_shape") if "input_layers" not in config else ():
        if config.get(name) is not None:
            _check_shape(config[name])
    for shape in (config.get("build_input_shape") if is_model else None,):
        if shape is not None:
            _check_shape(shape)


def _check_kind(position: int, entry: dict[str, Any]) -> None:
    kind, name = entry.get("class_name"), entry["config"].get("name")
    layers = registries["keras.layers"]
    models: Any = registries["keras.models"]
    if kind not in layers and kind not in models and _custom(entry) is None and not models.is_operation(entry):
        known = sorted(layers)
        raise UnsupportedError(
            f"layer {position}, {str(name)[:100]!r}, is a {str(kind)[:100]!r}, which minikeras does not have. "
            f"It has: {', '.join(known)}.{nearest(str(kind), known)}"
        )


def _check_name(name: Any) -> None:
    if name is not None and (not isinstance(name, str) or not name or len(name) > limits.NAME_LENGTH or "/" in name):
        raise DataError(f"a name has to be a short string without '/'. Received: {str(name)[:100]!r}")


def _check_shape(shape: Any) -> None:
    if not isinstance(shape, list | tuple) or not 1 <= len(shape) <= limits.AXES:
        raise DataError(f"an input shape has to be a short list. Received: {str(shape)[:100]}")
    for size in shape:
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 0 < size < 2**31):
            raise DataError(f"an input shape has to be made of positive whole numbers. Received: {str(shape)[:100]}")
