"""Writing a file whole or not at all."""

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .errors import DataError

ABANDONED = 3600  # seconds
_NO_FSYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}  # network shares, some FUSE file systems


@contextmanager
def replacing(path: Any, overwrite: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write to, which takes the place of ``path`` at the end.

    The bytes go into a temporary file beside it, which is flushed to the disk (fsync, on file systems that have it)
    and renamed over the old file, so that a kill or a power cut leaves either the old file or the new one. The new
    file has the old one's permissions. A symbolic link is followed: its target is replaced. A temporary file that a
    killed process left is removed when the same file is written an hour later or more.

    Raises:
        OSError: if the disk is full or fails.
        DataError: if the file exists and may not be overwritten, or its folder does not exist.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.bin")
    >>> with replacing(path) as file:
    ...     _ = file.write(b"new")
    >>> path.read_bytes()
    b'new'
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not overwrite:
        raise DataError(f"{path} exists and `overwrite` is False.")
    if not path.parent.is_dir():
        raise DataError(f"{path}: its folder does not exist.")
    _remove_abandoned(path)
    temporary = path.with_name(f"{_prefix(path)}{secrets.token_hex(8)}.tmp")
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    permissions = 0o666 if mode is None else 0o600
    try:
        with open(temporary, "w+b", opener=lambda name, _: os.open(name, flags, permissions)) as file:
            yield file
            file.flush()
            _sync(file.fileno())
        if mode is not None:
            with contextlib.suppress(OSError):  # a file system without permissions
                os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _prefix(path: Path) -> str:
    """The first part of a temporary file's name: 102 bytes at most, since a file system limits a name's bytes."""
    return f".{os.fsencode(path.name)[:100].decode(errors='ignore')}."


def _remove_abandoned(path: Path) -> None:
    """Removes temporary files beside ``path`` that were last written to more than an hour ago."""
    own = re.compile(re.escape(_prefix(path)) + r"[0-9a-f]{16}\.tmp")
    names: list[str] = []
    with contextlib.suppress(OSError):  # a folder that may be written to, but not listed
        names = os.listdir(path.parent)
    for name in filter(own.fullmatch, names):
        with contextlib.suppress(OSError):  # another process may do the same
            if time.time() - os.lstat(path.parent / name).st_mtime > ABANDONED:
                os.unlink(path.parent / name)


def _sync(descriptor: int) -> None:
    """fsync, unless the file system does not have it."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FSYNC:
            raise


def _sync_folder(folder: Path) -> None:
    """Puts the rename itself on the disk, where the system can; the file is whole and in its place without it."""
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
