"""Pickled arrays of the old data sets, read without running anything: arrays, dtypes and plain containers alone."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import DataError

_ALLOWED = {
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise DataError(f"The file asks for {module}.{name}, which is no part of an array; it is refused.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load(file: IO[bytes], encoding: str = "ASCII") -> Any:
    """What a pickle stream holds.

    Raises:
        DataError: if it holds anything but arrays, numbers, strings, lists and dictionaries.

    >>> load(io.BytesIO(pickle.dumps([1, np.arange(2)])))
    [1, array([0, 1])]
    >>> load(io.BytesIO(pickle.dumps(print)))
    Traceback (most recent call last):
    minikeras.errors.DataError: The file asks for builtins.print, which is no part of an array; it is refused.
    """
    return _Unpickler(file, encoding=encoding).load()


def load_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` by name, arrays of lists included."""
    with zipfile.ZipFile(path) as archive:
        return {name.removesuffix(".npy"): _read(archive.read(name)) for name in archive.namelist()}


def _read(content: bytes) -> np.ndarray:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(file)
    if dtype.hasobject:
        return np.asarray(load(file)).reshape(shape)
    return np.load(io.BytesIO(content), allow_pickle=False)
