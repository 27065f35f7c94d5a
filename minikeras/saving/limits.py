"""How much a file may hold before it is refused, and how an error comes to name its file.

All limits are far above what a stack of layers needs, and far below what harms a machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DataError, MissingExtraError, UnsupportedError

KIB, MIB, GIB = 2**10, 2**20, 2**30

METADATA_BYTES = MIB
CONFIG_BYTES = 16 * MIB
WEIGHTS_BYTES = 4 * GIB
ASSETS_BYTES = GIB
EXPANSION = 200  # unpacked bytes for each stored byte, beyond the first MiB
MEMBERS = 10_000  # of an archive; an .npz has one for each array
NODES = 100_000  # of a JSON tree, or of an HDF5 file
DEPTH = 100  # of a JSON tree
GROUPS_DEEP = 64  # of an HDF5 file
NAME_LENGTH = 1_000
AXES = 32


def check_expansion(what: str, unpacked: int, stored: int, limit: int) -> None:
    """Refuses what unpacks to more than ``limit`` bytes, or to far more than is stored.

    >>> check_expansion("config.json", 2**30, 2**10, 2**31)
    Traceback (most recent call last):
    ...
    minikeras.errors.DataError: config.json unpacks from 1,024 to 1,073,741,824 bytes: refused as a bomb
    """
    if unpacked > limit:
        raise DataError(f"{what} has {unpacked:,} bytes; the limit is {limit:,}")
    if unpacked > MIB + EXPANSION * stored:
        raise DataError(f"{what} unpacks from {stored:,} to {unpacked:,} bytes: refused as a bomb")


@contextmanager
def naming(path: Any) -> Iterator[None]:
    """Whatever goes wrong inside becomes a ``ValueError`` whose message begins with the file's name.

    A file is a stranger's: each value in it can be of a wrong type, and trip any line that uses it.

    >>> with naming("model.keras"):
    ...     {}["layers"]
    Traceback (most recent call last):
    ...
    minikeras.errors.DataError: model.keras: not a usable file: KeyError: 'layers'
    """
    try:
        yield
    except MissingExtraError:
        raise
    except UnsupportedError as error:
        raise UnsupportedError(f"{path}: {error}") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except (Exception, MemoryError) as error:
        raise DataError(f"{path}: not a usable file: {type(error).__name__}: {error}"[:2000]) from error


def existing(path: Any) -> Path:
    """The path of a file that is there.

    Raises:
        DataError: if it is not, or is no plain file.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"File not found: {path}. Please ensure the file is an accessible file.")
    return path
