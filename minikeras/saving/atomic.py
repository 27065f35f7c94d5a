"""Writing a file whole or not at all."""

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..errors import DataError

ABANDONED = 3600  # seconds


@contextmanager
def replacing(path: Any, overwrite: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write to, which takes the place of ``path`` at the end.

    The bytes go into a temporary file beside it, which is flushed to the disk (fsync) and renamed over the old
    file, so that a kill or a power cut leaves either the old file or the new one. A temporary file that a killed
    process left is removed when the same file is written an hour later or more.

    Raises:
        DataError: if the file exists and may not be overwritten, or its folder does not exist.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.bin")
    >>> with replacing(path) as file:
    ...     _ = file.write(b"new")
    >>> path.read_bytes()
    b'new'
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise DataError(f"{path} exists and `overwrite` is False.")
    if not path.parent.is_dir():
        raise DataError(f"{path}: its folder does not exist.")
    _remove_abandoned(path)
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _remove_abandoned(path: Path) -> None:
    """Removes temporary files beside ``path`` to which nobody has written for an hour."""
    own = re.compile(re.escape(f".{path.name[:100]}.") + r"[0-9a-f]{16}\.tmp")
    for name in filter(own.fullmatch, os.listdir(path.parent)):
        with contextlib.suppress(OSError):  # another process may do the same
            if time.time() - os.lstat(path.parent / name).st_mtime > ABANDONED:
                os.unlink(path.parent / name)


def _sync_folder(folder: Path) -> None:
    """Puts the rename itself on the disk, where the system can open a folder."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
