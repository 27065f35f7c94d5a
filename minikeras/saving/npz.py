"""Weights in NumPy's own ``.npz``: a zip with one ``.npy`` for each array, named by its place in the model.

>>> file = io.BytesIO()
>>> write(file, {"layers/dense/vars/0": np.eye(2)})
>>> _ = file.seek(0)
>>> read(file)
{'layers/dense/vars/0': array([[1., 0.], [0., 1.]])}
"""

import io
import math
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from ..errors import DataError
from . import limits
from .archive import read_members, write_members
from .layout import Arrays

_NAME = "-name"


def write(file: IO[bytes], arrays: dict[str, np.ndarray], names: dict[str, str] | None = None) -> None:
    """Writes arrays by name; ``numpy.load`` reads them too.

    Args:
        names: of the owners of groups. Those of optimizers are written, as arrays of bytes.
    """
    members = {}
    for group, name in (names or {}).items():
        if group.split("/")[-2:-1] == ["optimizer"]:
            arrays = {**arrays, f"{group}{_NAME}": np.frombuffer(name.encode(), np.uint8)}
    for name, array in arrays.items():
        member = io.BytesIO()
        npy.write_array(member, np.asarray(array), allow_pickle=False)
        members[f"{name}.npy"] = member.getvalue()
    write_members(file, members)


def read(file: Any) -> Arrays:
    """The arrays by name.

    Raises:
        DataError: for anything but plain numbers, and sizes that differ from what the header says.
    """
    members = read_members(file, None, limits.WEIGHTS_BYTES)
    arrays = Arrays({name.removesuffix(".npy"): _array(name, data) for name, data in members.items()})
    for place in [place for place in arrays if place.endswith(_NAME)]:
        arrays.names[place.removesuffix(_NAME)] = (
            arrays.pop(place).tobytes()[: limits.NAME_LENGTH].decode("utf-8", "replace")
        )
    return arrays


def _array(name: str, data: bytes) -> np.ndarray:
    member = io.BytesIO(data)
    version = npy.read_magic(member)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"{name} has an unknown version {version} of the npy format")
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = header(member)
    start = member.tell()
    if dtype.kind not in "fiub" or dtype.hasobject:
        raise DataError(f"{name} holds {dtype}; only plain numbers are read")
    if len(shape) > limits.AXES or any(size < 0 for size in shape):
        raise DataError(f"{name} has an impossible shape {shape}")
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise DataError(f"{name} says shape {shape} of {dtype}, and has {len(data) - start:,} bytes")
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C").copy()
