"""Legacy HDF5 files, of Keras 1 to 3: ``model.h5`` with a whole model, and weights by the names of layers.

The file's attribute ``model_config`` is the config as JSON. The group ``model_weights``, or in a file of weights the
file itself, has an attribute ``layer_names``, and a group for each layer with an attribute ``weight_names``: the arrays
of the layer, those that are trained first. The attribute ``training_config`` says how the model was compiled, and the
group ``optimizer_weights`` has the optimizer's variables. Read as :mod:`~minikeras.saving.hdf5` reads: numbers only, no
links.
"""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

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


class _File(NamedTuple):
    """What such a file holds.

    Attributes:
        config, compiled: of the model, as JSON; None in a file of weights, or of a model that was not compiled.
        layers: name and arrays of each layer.
        own: the arrays of the model that belong to no layer.
        optimizer: the optimizer's variables.
    """

    config: str | None
    compiled: str | None
    layers: list[tuple[str, list[np.ndarray]]]
    own: list[np.ndarray]
    optimizer: list[np.ndarray]


# Writing.

ATTRIBUTE_BYTES = 64512  # that an attribute of HDF5 can hold


def save_model(model: Any, file: IO[bytes], version: str, include_optimizer: bool = True) -> None:
    """Writes a whole model as Keras 3 does for a name that ends in ``.h5``.

    Args:
        version: Keras's, whose layout this is.
        include_optimizer: False leaves out the optimizer, and how the model was compiled.
    """
    tree = configs.describe(model)
    training = tree.pop("compile_config", None)
    buffer = io.BytesIO()
    with require("h5py", "files").File(buffer, "w") as h5:
        h5.attrs["keras_version"], h5.attrs["backend"] = version, "tensorflow"
        h5.attrs["model_config"] = trees.dump({"class_name": tree["class_name"], "config": tree["config"]})
        weights = h5.create_group("model_weights")
        weights.attrs["keras_version"], weights.attrs["backend"] = version.encode(), b"tensorflow"
        _note(weights, "layer_names", [layer.name for layer in model.layers])
        for layer in model.layers:
            _write(weights.create_group(layer.name), _ordered(layer))
        _write(weights.create_group("top_level_model_weights"), _own(model))
        if include_optimizer and training is not None:
            h5.attrs["training_config"] = trees.dump({**training, "optimizer_config": training.pop("optimizer")})
            if model.optimizer is not None:
                _write(h5.create_group("optimizer_weights"), model.optimizer.variables)
    file.write(buffer.getbuffer())


def _write(group: Any, parameters: Sequence[Any]) -> None:
    """The arrays under their paths, numbered where two are the same."""
    paths: list[str] = []
    for p in parameters:
        paths.append(p.path if p.path not in paths else f"{p.path}_{len(paths)}")
        group[paths[-1]] = p.value
    _note(group, "weight_names", paths)


def _note(group: Any, attribute: str, names: list[str]) -> None:
    """The names in an attribute, or where they are too long for one, in several: :func:`_names` reads them."""
    data = np.array([name.encode() for name in names], dtype=None if names else "S1")
    pieces = np.array_split(data, data.nbytes // ATTRIBUTE_BYTES + 1)
    for i, piece in enumerate(pieces):
        group.attrs[attribute if len(pieces) == 1 else f"{attribute}{i}"] = piece


# Reading.


def load_model(path: Path, custom_objects: dict[str, Any] | None = None, compile: bool = True) -> Any:
    """The model of such a file; where minikeras cannot compile it as the file says, not compiled, with a warning.

    Raises:
        UnsupportedError, DataError: as for a ``.keras`` file.
    """
    file = _read(path)
    if file.config is None:
        raise DataError("it holds weights, and no model: build the model, and call its `load_weights`")
    tree = modern(trees.parse(file.config, "model_config"))
    arrays = [*(array for _, arrays in file.layers for array in arrays), *file.own]
    configs.check(tree, custom_objects)
    with configs.custom_object_scope(custom_objects):
        model = configs.made(tree, Arrays({str(i): array for i, array in enumerate(arrays)}))
    _assign(model, file)
    if compile and file.compiled is not None:
        try:
            _compile(model, file, custom_objects)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            warnings.warn(f"{path}: the model is not compiled, call `compile`: {error}", stacklevel=4)
    return model


def _compile(model: Any, file: _File, custom_objects: dict[str, Any] | None) -> None:
    """Compiles as ``training_config`` says, and gives the optimizer its variables."""
    tree = trees.parse(file.compiled or "", "training_config")
    trees.check(tree, custom_objects)
    rate = {"optimizer/vars/1": file.optimizer[1]} if len(file.optimizer) > 1 else {}
    with configs.custom_object_scope(custom_objects), configs.rate_as_in(Arrays(rate)):
        model.compile_from_config({**tree, "optimizer": tree.get("optimizer_config")})
    if not file.optimizer:
        return
    variables = model.optimizer.variables
    if len(file.optimizer) <= 2:  # written before the first step
        variables = [p for p in variables if p.name in ("iteration", "learning_rate")]
    if [p.shape for p in variables] != [a.shape for a in file.optimizer]:
        warnings.warn("The optimizer's variables in the file do not fit: it starts afresh.", stacklevel=5)
        return
    for parameter, array in zip(variables, file.optimizer, strict=True):
        parameter.assign(array)


def load_weights(model: Any, path: Path, skip_mismatch: bool = False) -> None:
    """Writes the arrays of such a file into a model, layer by layer in their order, or none if one does not fit.

    Args:
        skip_mismatch: a layer that does not fit stays as it is.

    Raises:
        DataError: names the layer that does not fit.
    """
    _assign(model, _read(path), skip_mismatch)


def _assign(model: Any, file: _File, skip_mismatch: bool = False) -> None:
    own = [(layer.name, _ordered(layer)) for layer in model.layers]
    own = [(name, parameters) for name, parameters in own if parameters]
    theirs = [(name, arrays) for name, arrays in file.layers if arrays]
    if len(own) != len(theirs):
        raise DataError(f"the file has {len(theirs)} layers with arrays; the model has {len(own)}")
    if file.own:
        own, theirs = [*own, (model.name, _own(model))], [*theirs, (model.name, file.own)]
    todo = []
    for (layer, parameters), (name, arrays) in zip(own, theirs, strict=True):
        shapes, needed = [a.shape for a in arrays], [p.shape for p in parameters]
        if shapes == needed:
            todo += list(zip(parameters, arrays, strict=True))
        elif not skip_mismatch:
            raise DataError(f"layer {layer!r} needs arrays of the shapes {needed}; {name!r} has {shapes}")
    for parameter, array in todo:
        parameter.assign(array)


def _ordered(layer: Any) -> list[Any]:
    """A layer's parameters, those that are trained first, as the file has them."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _own(model: Any) -> list[Any]:
    """The parameters of a model that belong to none of its layers."""
    inside = {id(p) for layer in model.layers for p in layer.weights}
    return [p for p in _ordered(model) if id(p) not in inside]


def _read(path: Path) -> _File:
    if path.stat().st_size > limits.WEIGHTS_BYTES:
        raise DataError(f"it has {path.stat().st_size:,} bytes; the limit is {limits.WEIGHTS_BYTES:,}")
    data = path.read_bytes()
    arrays = hdf5.read(data)
    with require("h5py", "files").File(io.BytesIO(data), "r") as h5:
        prefix = "model_weights/" if "model_weights" in h5 else ""
        top = h5[prefix] if prefix else h5
        groups = ((top, prefix, "top_level_model_weights"), (h5, "", "optimizer_weights"))
        own, optimizer = (_arrays(arrays, *group) if group[2] in group[0] else [] for group in groups)
        config, training = (_text(h5.attrs[a]) if a in h5.attrs else None for a in ("model_config", "training_config"))
        layers = [(name, _arrays(arrays, top, prefix, name)) for name in _names(top, "layer_names")]
        return _File(config, training, layers, own, optimizer)


def _arrays(arrays: Arrays, top: Any, prefix: str, name: str) -> list[np.ndarray]:
    """The arrays of one group, in the order of its names."""
    if name not in top or top.get(name, getlink=True).__class__.__name__ != "HardLink":
        raise DataError(f"the file names a layer {name[:100]!r} that it does not have")
    places = [f"{prefix}{name}/{weight}" for weight in _names(top[name], "weight_names")]
    for place in places:
        if place not in arrays:
            raise DataError(f"the file names an array {place[:200]!r} that it does not have")
    return [arrays[place] for place in places]


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
