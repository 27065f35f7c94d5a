"""Weights in Keras's ``.weights.h5``: HDF5 groups ``layers/dense/vars`` with the arrays ``0``, ``1``, … in them."""

import io
import math
from typing import IO, Any

import numpy as np

from ..errors import DataError, require
from . import limits
from .layout import Arrays


def write(file: IO[bytes], arrays: dict[str, np.ndarray], groups: dict[str, str]) -> None:
    """Writes arrays by place.

    Args:
        arrays: place, such as "layers/dense/vars/0", to array.
        groups: place of each group, such as "layers/dense/vars", to the ``name`` that Keras notes there.
    """
    h5py = require("h5py", "files")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as h5:
        for place, name in groups.items():
            h5.require_group(place).attrs["name"] = name
        for place, array in arrays.items():
            h5[place] = array
    file.write(buffer.getbuffer())


def read(data: bytes, within: str = "") -> Arrays:
    """The arrays by place, and the names of the groups that have some.

    Args:
        within: the group to begin at.

    Raises:
        DataError: for links to elsewhere, arrays kept in other files or made of other arrays, anything but plain
            numbers, and whatever is too many, too deep or too large.
    """
    h5py = require("h5py", "files")
    if not data.startswith(b"\x89HDF\r\n\x1a\n"):
        raise DataError("the weights are not an HDF5 file")
    arrays = Arrays()
    with h5py.File(io.BytesIO(data), "r") as h5:
        _Walk(h5py, arrays).group(h5[within] if within else h5, "", 0)
    return arrays


class _Walk:
    """Goes through a file by its own hard links only, and counts."""

    def __init__(self, h5py: Any, arrays: Arrays) -> None:
        self.h5py, self.arrays = h5py, arrays
        self.nodes = 0
        self.bytes_left = limits.WEIGHTS_BYTES

    def group(self, group: Any, place: str, depth: int) -> None:
        if depth > limits.GROUPS_DEEP:
            raise DataError(f"{place} is deeper than {limits.GROUPS_DEEP} groups")
        if len(group) + self.nodes > limits.NODES:
            raise DataError(f"the weights have more than {limits.NODES:,} entries")
        if "name" in group.attrs and place.endswith("vars"):
            own = group.attrs["name"]
            self.arrays.names[place] = str(own)[: limits.NAME_LENGTH] if isinstance(own, str) else ""
        for name in group:
            self.nodes += 1
            if len(name) > limits.NAME_LENGTH or self.nodes > limits.NODES:
                raise DataError(f"the weights have more entries, or longer names, than any model: {name[:100]!r}")
            here = f"{place}/{name}" if place else name
            link = group.get(name, getlink=True)
            if not isinstance(link, self.h5py.HardLink):
                raise DataError(f"{here} is a {type(link).__name__}, which leads elsewhere: refused")
            entry = group[name]
            if isinstance(entry, self.h5py.Dataset):
                self.arrays[here] = self.dataset(entry, here)
            elif isinstance(entry, self.h5py.Group):
                self.group(entry, here, depth + 1)
            else:
                raise DataError(f"{here} is a {type(entry).__name__}; only groups and arrays are read")

    def dataset(self, dataset: Any, here: str) -> np.ndarray:
        properties = dataset.id.get_create_plist()
        if properties.get_external_count():
            raise DataError(f"{here} keeps its numbers in another file: refused")
        if dataset.is_virtual:
            raise DataError(f"{here} is put together from other arrays: refused")
        if dataset.dtype.kind not in "fiub" or dataset.dtype.hasobject:
            raise DataError(f"{here} holds {dataset.dtype}; only plain numbers are read")
        known = {self.h5py.h5z.FILTER_DEFLATE, self.h5py.h5z.FILTER_SHUFFLE, self.h5py.h5z.FILTER_FLETCHER32}
        if any(properties.get_filter(i)[0] not in known for i in range(properties.get_nfilters())):
            raise DataError(f"{here} is packed in a way that is not read here")
        if dataset.shape is None or len(dataset.shape) > limits.AXES:
            raise DataError(f"{here} has no usable shape")
        size = math.prod(dataset.shape) * dataset.dtype.itemsize
        limits.check_expansion(here, size, dataset.id.get_storage_size(), self.bytes_left)
        self.bytes_left -= size
        return np.asarray(dataset[()])
