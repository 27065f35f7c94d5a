"""The files: ``.keras``, ``.weights.h5`` and ``.npz``."""

import datetime
import io
import warnings
from pathlib import Path
from typing import Any

from ..atomic import replacing
from ..errors import DataError, UnsupportedError
from . import archive, assets, configs, hdf5, layout, legacy, limits, npz, old, trees
from .limits import existing, naming

KERAS_VERSION = "3.15.1"  # whose formats these are
LEGACY = (".h5", ".hdf5")


def save_model(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    zipped: bool | None = None,
    include_optimizer: bool = True,
    save_format: Any = None,
) -> None:
    """Writes a whole model, with its optimizer's state and what it was compiled with, as Keras does.

    Args:
        filepath: ends in ".keras", or in ".h5" or ".hdf5" for the legacy format, which is one HDF5 file.
        overwrite: False refuses an existing file.
        zipped: only True (the default) is supported.
        include_optimizer: False leaves the optimizer out of a legacy file.
        save_format: has no effect; the ending of the name says the format.

    Raises:
        ValueError: for another ending.
        MissingExtraError: without h5py.

    A ``.keras`` file is a zip of metadata.json, config.json and model.weights.h5. It is written whole or not at all.

    Differs from Keras: an existing file with ``overwrite=False`` is an error, not a question.
    """
    path = Path(filepath)
    if path.suffix not in (".keras", *LEGACY) or zipped is False:
        raise UnsupportedError(
            f"Invalid filepath: {path}. A model is saved, zipped, in a file ending in '.keras', or in '.h5' for the "
            f"legacy format."
        )
    if not model.built:
        warnings.warn(
            "You are saving a model that has not yet been built. It might not contain any weights yet.", stacklevel=3
        )
    if path.suffix in LEGACY:
        with replacing(path, overwrite) as file:
            legacy.save_model(model, file, KERAS_VERSION, include_optimizer)
        return
    metadata = {
        "keras_version": KERAS_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
        "saved_by": "minikeras",
    }
    members = {
        archive.METADATA: trees.dump(metadata),
        archive.CONFIG: trees.dump(configs.describe(model)),
        archive.WEIGHTS: _weights(model),
    } | assets.of(model)
    with replacing(path, overwrite) as file:
        archive.write_members(file, members)


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """A model out of a file that minikeras or Keras wrote.

    Args:
        filepath: ends in ".keras", or in ".h5" or ".hdf5" for the legacy format.
        custom_objects: classes and functions of your own, by name.
        compile: False leaves it uncompiled.
        safe_mode: no effect: nothing out of a file is ever executed.

    Raises:
        UnsupportedError: for what Keras has and minikeras has not: the layer by name and position.
        DataError: for a damaged or hostile file. Both are ``ValueError`` and name the file.
        MissingExtraError: without h5py.

    Differs from Keras: classes are looked up in minikeras's own registries and in ``custom_objects``, whatever
    module the file names; directories are not read. A legacy file's model that cannot be compiled as the file says
    is read without, with a warning.
    """
    path = Path(filepath)
    old.refuse(path)
    if path.suffix not in (".keras", *LEGACY):
        raise UnsupportedError(f"Invalid filename: expected a `.keras` extension. Received: filepath={path}")
    with naming(path):
        if legacy.is_legacy(existing(path)):
            return legacy.load_model(path, custom_objects, compile)
        tree, arrays, files = _contents(path)
        model = configs.make(tree, arrays, custom_objects, compile)
        assets.give(model, files)
        return model


def save_weights(model: Any, filepath: Any, overwrite: bool = True) -> None:
    """Writes all weights, and a compiled model's optimizer state, to ``….weights.h5`` or, with NumPy alone, ``….npz``.

    Raises:
        ValueError: for another ending, or a model that is not built.
    """
    path = Path(filepath)
    if not path.name.endswith((".weights.h5", ".npz")):
        raise UnsupportedError(f"The filename must end in `.weights.h5` or `.npz`. Received: filepath={path}")
    if not model.built:
        raise ValueError(f"Model '{model.name}' has no weights to save before it is built.")
    if path.suffix == ".npz":
        with replacing(path, overwrite) as file:
            arrays = layout.arrays_of(model)
            npz.write(file, arrays, arrays.names)
        return
    data = _weights(model)
    with replacing(path, overwrite) as file:
        file.write(data)


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False) -> None:
    """Reads weights out of a ``.weights.h5``, ``.npz`` or ``.keras`` file into a built model.

    Args:
        skip_mismatch: leaves layers that do not fit as they are, with a warning.

    A compiled model's optimizer goes on where the file's stopped. If the file is another optimizer's, there is a
    warning, and the optimizer stays as it was.

    Raises:
        UnsupportedError: for another ending, and for the formats of Keras 2.
        DataError: names the file and the array that does not fit; the model is then unchanged.
    """
    path = Path(filepath)
    old.refuse(path)
    if not path.name.endswith((".h5", ".hdf5", ".npz", ".keras")):
        raise UnsupportedError(
            f"File format not supported: filepath={path}. Weights are read from '.weights.h5', '.npz' and '.keras'."
        )
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Build it first: call it on data, "
            "or `build(input_shape)`."
        )
    with naming(path):
        if legacy.is_legacy(existing(path)):
            legacy.load_weights(model, path, skip_mismatch)
        else:
            layout.assign(model, read_arrays(path), skip_mismatch, optimizer_may_differ=True)


def read_arrays(path: Path) -> layout.Arrays:
    """The arrays of any of the three formats, by place."""
    if path.suffix == ".keras":
        return _contents(path)[1]
    size = path.stat().st_size
    if size > limits.WEIGHTS_BYTES:
        raise DataError(f"it has {size:,} bytes; the limit is {limits.WEIGHTS_BYTES:,}")
    return npz.read(path) if path.suffix == ".npz" else hdf5.read(path.read_bytes())


def _contents(path: Path) -> tuple[dict[str, Any], layout.Arrays, dict[str, bytes]]:
    """The config, the arrays, and the other files, by name."""
    members = archive.read_members(
        path,
        {
            archive.METADATA: limits.METADATA_BYTES,
            archive.CONFIG: limits.CONFIG_BYTES,
            archive.WEIGHTS: limits.WEIGHTS_BYTES,
        },
        prefix=assets.FOLDER,
        rest=limits.ASSETS_BYTES,
    )
    for name in (archive.CONFIG, archive.WEIGHTS):
        if name not in members:
            raise DataError(f"the archive has no {name}")
    tree = trees.parse(members[archive.CONFIG], archive.CONFIG)
    files = {name: data for name, data in members.items() if name.startswith(assets.FOLDER)}
    return tree, hdf5.read(members[archive.WEIGHTS]), files


def _weights(model: Any) -> bytes:
    buffer = io.BytesIO()
    arrays = layout.arrays_of(model)
    hdf5.write(buffer, arrays, arrays.names)
    return buffer.getvalue()
