"""Legacy HDF5 files, of Keras 1 to 3: ``model.h5`` with a whole model, and weights by the names of layers.

The file's attribute ``model_config`` is the config as JSON. The group ``model_weights``, or in a file of weights the
file itself, has an attribute ``layer_names``, and a group for each layer with an attribute ``weight_names``: the arrays
of the layer, those that are trained first. Read as :mod:`~minikeras.saving.hdf5` reads: numbers only, no links.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, require
from ..registry import registries
from . import configs, hdf5, limits, trees
from .layout import Arrays

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def is_legacy(path: Path) -> bool:
    """True for HDF5 with weights by the names of layers."""
    found = _attributes(path)
    return "model_config" in found or "layer_names" in found or "layer_names0" in found


def _attributes(path: Path) -> list[str]:
    with open(path, "rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return []
    with require("h5py", "files").File(path, "r") as h5:
        return list(h5.attrs)


def load_model(path: Path, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model of such a file, not compiled: the optimizer's state has another form there.

    Raises:
        UnsupportedError, DataError: as for a ``.keras`` file.
    """
    data, layers = _read(path)
    with require("h5py", "files").File(io.BytesIO(data), "r") as h5:
        if "model_config" not in h5.attrs:
            raise DataError("it holds weights, and no model: build the model, and call its `load_weights`")
        tree = trees.parse(_text(h5.attrs["model_config"]), "model_config")
    tree = modern(tree)
    arrays = Arrays({f"{i}/{j}": array for i, (_, arrays) in enumerate(layers) for j, array in enumerate(arrays)})
    configs.check(tree, custom_objects)
    with configs.custom_object_scope(custom_objects):
        model = configs.made(tree, arrays)
    _assign(model, layers)
    return model


def load_weights(model: Any, path: Path, skip_mismatch: bool = False) -> None:
    """Writes the arrays of such a file into a model, layer by layer in their order, or none if one does not fit.

    Args:
        skip_mismatch: a layer that does not fit stays as it is.

    Raises:
        DataError: names the layer that does not fit.
    """
    _assign(model, _read(path)[1], skip_mismatch)


def _assign(model: Any, layers: list[tuple[str, list[np.ndarray]]], skip_mismatch: bool = False) -> None:
    own = [(layer, _ordered(layer)) for layer in model.layers]
    own = [(layer, parameters) for layer, parameters in own if parameters]
    theirs = [(name, arrays) for name, arrays in layers if arrays]
    if len(own) != len(theirs):
        raise DataError(f"the file has {len(theirs)} layers with arrays; the model has {len(own)}")
    todo = []
    for (layer, parameters), (name, arrays) in zip(own, theirs, strict=True):
        shapes, needed = [a.shape for a in arrays], [p.shape for p in parameters]
        if shapes == needed:
            todo += list(zip(parameters, arrays, strict=True))
        elif not skip_mismatch:
            raise DataError(f"layer {layer.name!r} needs arrays of the shapes {needed}; {name!r} has {shapes}")
    for parameter, array in todo:
        parameter.assign(array)


def _ordered(layer: Any) -> list[Any]:
    """A layer's parameters, those that are trained first, as the file has them."""
    trained = [p for p in layer.weights if p.trainable]
    return trained + [p for p in layer.weights if not p.trainable]


def _read(path: Path) -> tuple[bytes, list[tuple[str, list[np.ndarray]]]]:
    """The file, and the arrays of each layer."""
    if path.stat().st_size > limits.WEIGHTS_BYTES:
        raise DataError(f"it has {path.stat().st_size:,} bytes; the limit is {limits.WEIGHTS_BYTES:,}")
    data = path.read_bytes()
    arrays = hdf5.read(data)
    with require("h5py", "files").File(io.BytesIO(data), "r") as h5:
        prefix = "model_weights/" if "model_weights" in h5 else ""
        top = h5[prefix] if prefix else h5
        layers = []
        for name in _names(top, "layer_names"):
            if name not in top or top.get(name, getlink=True).__class__.__name__ != "HardLink":
                raise DataError(f"the file names a layer {name[:100]!r} that it does not have")
            places = [f"{prefix}{name}/{weight}" for weight in _names(top[name], "weight_names")]
            for place in places:
                if place not in arrays:
                    raise DataError(f"the file names an array {place[:200]!r} that it does not have")
            layers.append((name, [arrays[place] for place in places]))
        return data, layers


def _names(group: Any, attribute: str) -> list[str]:
    """The names in an attribute; long lists are in pieces: ``layer_names0``, ``layer_names1``, …"""
    if attribute in group.attrs:
        return [_text(name) for name in np.ravel(group.attrs[attribute])]
    names: list[str] = []
    piece = 0
    while f"{attribute}{piece}" in group.attrs:
        names += [_text(name) for name in np.ravel(group.attrs[f"{attribute}{piece}"])]
        piece += 1
    return names


def _text(value: Any) -> str:
    text = value.decode("utf-8") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        raise DataError(f"an attribute has to be text. Received: {type(value).__name__}")
    return text


# Configs of Keras 1 and 2.

_RENAMED = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "p": "rate",
    "border_mode": "padding",
    "subsample": "strides",
    "nb_filter": "filters",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
}
_OLD_ONLY = ("input_dim", "input_dtype", "sparse", "ragged", "time_major", "dropout_W", "dropout_U", "weights", "axes")


def modern(tree: Any) -> Any:
    """The config of a model of Keras 1 or 2 in the words of Keras 3.

    >>> modern({"class_name": "Dense", "config": {"output_dim": 3, "init": "uniform", "name": "d"}})["config"]
    {'units': 3, 'kernel_initializer': 'random_uniform', 'name': 'd'}
    """
    if isinstance(tree, list):
        return [modern(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    tree = {key: modern(value) for key, value in tree.items()}
    kind, config = tree.get("class_name"), tree.get("config")
    if kind == "Model":
        tree["class_name"] = "Functional"
    if kind == "Sequential" and isinstance(config, list):
        tree["config"] = {"layers": config}
    elif isinstance(kind, str) and kind in registries["keras.layers"] and isinstance(config, dict):
        tree["config"] = _modern_layer(kind, config)
    return tree


def _modern_layer(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    if any(name in config for name in ("output_dim", "nb_filter", "border_mode", "init")) and kind != "Embedding":
        config = {_RENAMED.get(name, name): value for name, value in config.items()}
        if config.get("kernel_initializer") == "uniform":
            config["kernel_initializer"] = "random_uniform"
    if kind == "Dropout" and "p" in config:
        config = {_RENAMED.get(name, name): value for name, value in config.items()}
    if kind == "InputLayer" and "batch_input_shape" in config:
        config = {**config, "batch_shape": config["batch_input_shape"]}
        del config["batch_input_shape"]
    if kind == "BatchNormalization" and isinstance(config.get("axis"), list):
        config = {**config, "axis": config["axis"][0]}
    gone = [name for name in _OLD_ONLY if name in config and not (kind == "Embedding" and name == "input_dim")]
    return {name: value for name, value in config.items() if name not in gone}
