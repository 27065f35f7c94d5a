"""The zip around a ``.keras`` file, read member by member into memory; nothing is ever unpacked onto the disk."""

import zipfile
from collections.abc import Mapping
from typing import IO, Any

from ..errors import DataError
from . import limits

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_members(
    file: Any, wanted: Mapping[str, int] | None, rest: int = 0, prefix: str | None = None
) -> dict[str, bytes]:
    """The wanted members that are there.

    Args:
        file: path or binary file of the archive.
        wanted: for each name the most bytes it may have; None for all members.
        rest: the most bytes together of all members that ``wanted`` has no number for.
        prefix: members whose names begin so are wanted, too.

    Raises:
        DataError: for more members than a model has, names that lead out of the archive, names that come twice,
            encryption, and whatever unpacks to too much. Checksums (CRC-32) are verified.
    """
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if len(infos) > limits.MEMBERS:
            raise DataError(f"the archive has {len(infos)} members; the limit is {limits.MEMBERS}")
        by_name: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            _check_name(info.orig_filename)
            if info.filename in by_name:
                raise DataError(f"the archive has two members named {info.filename!r}")
            by_name[info.filename] = info
        result: dict[str, bytes] = {}
        left = rest
        for name in by_name:
            if wanted is not None and name in wanted:
                result[name] = _read(archive, by_name[name], wanted[name])
            elif wanted is None or (prefix is not None and name.startswith(prefix) and not name.endswith("/")):
                result[name] = _read(archive, by_name[name], left)
                left -= len(result[name])
        return result


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if len(name) > limits.NAME_LENGTH or ".." in parts or parts[0] == "" or ":" in name or "\0" in name:
        raise DataError(f"the archive has a member whose name leads out of it: {name[:200]!r}")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.flag_bits & 1:
        raise DataError(f"{info.filename} is encrypted")
    if info.compress_type not in _READABLE:
        raise DataError(f"{info.filename} is packed in a way that is not read here: {info.compress_type}")
    limits.check_expansion(info.filename, info.file_size, info.compress_size, limit)
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise DataError(f"{info.filename} has another size than the archive says")
    return data


def write_members(file: IO[bytes], members: Mapping[str, bytes]) -> None:
    """An archive of the members in that order, stored without compression, as Keras does; undated."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)  # dated 1980, as in numpy.savez
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)
