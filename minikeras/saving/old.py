"""Files in formats that are not read, and files under a wrong name: recognised by their bytes."""

import zipfile
from pathlib import Path

from ..errors import UnsupportedError, require
from . import archive, limits, trees

_HDF5, _ZIP = b"\x89HDF\r\n\x1a\n", b"PK"
_CONVERT = (
    "Convert it once, in Python with Keras 3: keras.models.load_model('{name}', compile=False).save('model.keras'). "
    "If Keras 3 cannot read it, load it with the package tf_keras, and pass its get_weights() to set_weights() of the "
    "same stack of layers here."
)
_REBUILD = (
    "It holds weights without their layers. Build the same stack of layers with the package tf_keras, call "
    "load_weights there, and pass its get_weights() to set_weights() here."
)


def refuse(path: Path) -> None:
    """Says what a file is and what to do with it, if it has a format of Keras 2, or is HDF5 under another name.

    Raises:
        UnsupportedError: for such a file or folder; its message begins with the path.
    """
    if (path / "saved_model.pb").is_file():
        raise UnsupportedError(f"{path}: it is a folder in TensorFlow's SavedModel format. {_convert(path)}")
    if Path(f"{path}.index").is_file():
        raise UnsupportedError(f"{path}: it is a checkpoint in TensorFlow's own format. {_REBUILD}")
    if not path.is_file():
        return
    with limits.naming(path):
        with open(path, "rb") as file:
            start = file.read(len(_HDF5))
        found = _in_hdf5(path) if start == _HDF5 else _in_zip(path) if start.startswith(_ZIP) else ""
        if found:
            raise UnsupportedError(found)


def _convert(path: Path) -> str:
    return _CONVERT.format(name=path.name)


def _in_hdf5(path: Path) -> str:
    named = ", under a name that ends in '.keras'" if path.suffix == ".keras" else ""
    with require("h5py", "files").File(path, "r") as h5:
        if "model_config" in h5.attrs or "layer_names" in h5.attrs or "layer_names0" in h5.attrs:
            return ""  # read by saving.legacy
        if "_layer_checkpoint_dependencies" in h5:
            return f"it is a weights file of Keras 2.12 to 2.15{named}. {_REBUILD}"
    if path.name.endswith(".weights.h5"):
        return ""
    return f"it is an HDF5 file{named}. If Keras 3 wrote weights into it, rename it to '{path.stem}.weights.h5'."


def _in_zip(path: Path) -> str:
    if path.suffix == ".npz" or not zipfile.is_zipfile(path):
        return ""
    members = archive.read_members(path, {archive.METADATA: limits.METADATA_BYTES})
    version = trees.parse(members.get(archive.METADATA, b"{}"), archive.METADATA).get("keras_version")
    if not isinstance(version, str) or not version.startswith("2."):
        return ""
    return f"it was written by Keras {version[:20]}, which names classes and arrays differently. {_convert(path)}"
