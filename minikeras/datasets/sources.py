"""Where a data set is looked for: a list of places, the first that has it wins, and the error names them all."""

import os
import warnings
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..atomic import replacing
from ..errors import DataError, require
from ..utils.file_utils import validate_file
from . import idx

Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""``((x_train, y_train), (x_test, y_test))``."""

T = TypeVar("T")

Place = tuple[str, Callable[[], T]]
"""What to call a place, and how to load the data set from there."""

Files = dict[str, tuple[tuple[int, ...], str]]
"""File name (without ``.gz``) -> shape of its array, SHA-256."""

KERAS_BUCKET = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def own_cache(name: str) -> Path:
    """minikeras's cache of a data set, under ``MINIKERAS_HOME`` or ``~/.cache/minikeras``."""
    return Path(os.environ.get("MINIKERAS_HOME") or "~/.cache/minikeras").expanduser() / name


def keras_cache(name: str) -> Path:
    """Keras's cache of a data set, under ``KERAS_HOME`` or ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets" / name


def first(title: str, places: Iterable[Place[T]], remedies: Iterable[str]) -> T:
    """Loads from the first place that has the data set, whole.

    A place with damaged files is passed over with a warning that names the damage.

    Raises:
        DataError: if no place has it; names every place with its reason, and every remedy.

    >>> def nothing(): raise FileNotFoundError("no such folder")
    >>> first("Tiny", [("the cache (~/.cache/tiny)", nothing)], ["Make one."])
    Traceback (most recent call last):
    minikeras.errors.DataError: Tiny was found in no place:
      - the cache (~/.cache/tiny): no such folder
    What helps, any one of:
      - Make one.
    """
    tried, damaged = [], []
    for where, load in places:
        try:
            found = load()
        except (DataError, OSError, ImportError) as error:
            tried.append(f"  - {where}: {error}")
            if isinstance(error, DataError):
                damaged.append(f"{title}: passed over {where}: {error}")
        else:
            for message in damaged:
                warnings.warn(message, stacklevel=3)
            return found
    helps = [f"  - {remedy}" for remedy in remedies]
    raise DataError("\n".join([f"{title} was found in no place:", *tried, "What helps, any one of:", *helps]))


def fetch(title: str, names: Iterable[str], url: str, digest: str) -> Path:
    """Path of one verified file: in Keras's cache, in minikeras's, or downloaded into that.

    Args:
        title: of the data set, for messages.
        names: under which Keras keeps the file, the first of which is minikeras's.
        url: where Keras gets it.
        digest: SHA-256 (64 digits) or MD5 of the file.

    Raises:
        DataError: if it is to be had nowhere; names every place, why each failed, and what helps.
    """
    names = list(names)
    own = own_cache(names[0])

    def check(path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError("no such file")
        if not validate_file(path, digest):
            raise DataError(f"{path} is damaged or another file. Expected SHA-256 or MD5: {digest}.")

    def here(path: Path) -> Callable[[], Path]:
        def verified() -> Path:
            check(path)
            return path

        return verified

    def down() -> Path:
        download(url, own, check)
        return own

    kept = [("Keras's cache", keras_cache(name)) for name in names] + [("minikeras's cache", own)]
    return first(
        title,
        [*((f"{where} ({path})", here(path)) for where, path in kept), (f"a download ({url})", down)],
        (
            "With a network: pip install 'minikeras[data]', then call load_data() again.",
            f"Put the file of {url} at {own} (the environment variable MINIKERAS_HOME moves ~/.cache/minikeras).",
            "Where Keras has loaded the set before, point KERAS_HOME at its folder.",
        ),
    )


def find(folder: Path, name: str, endings: tuple[str, ...] = (".gz", "")) -> Path:
    """The path of a file in a folder, gzipped or not.

    Raises:
        FileNotFoundError: if the folder or the file is missing; says which.
    """
    for ending in endings:
        if (folder / (name + ending)).is_file():
            return folder / (name + ending)
    if folder.is_file():
        raise FileNotFoundError(f"{folder} is a file, not the folder of {name}{endings[0]}")
    if not folder.is_dir():
        raise FileNotFoundError("no such folder" if not folder.exists() else "not a folder")
    raise FileNotFoundError(f"no {' or '.join(name + ending for ending in endings)} in it")


def read_folder(folder: str | PathLike[str], files: Files, endings: tuple[str, ...] = (".gz", "")) -> Arrays:
    """Reads the four IDX files of a data set, each verified against its shape and SHA-256."""
    paths = {name: find(Path(folder), name, endings) for name in files}
    read = {name: idx.read(paths[name], *files[name]) for name in files}
    return (
        (read["train-images-idx3-ubyte"], read["train-labels-idx1-ubyte"]),
        (read["t10k-images-idx3-ubyte"], read["t10k-labels-idx1-ubyte"]),
    )


def read_npz(path: str | PathLike[str]) -> Arrays:
    """Reads a data set's four arrays from an ``.npz`` with Keras's names for them.

    Raises:
        DataError: if it isn't such a file, or is damaged.
        FileNotFoundError: if there is no such file.
    """
    import zipfile
    import zlib

    try:
        with np.load(path, allow_pickle=False) as file:
            return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is no .npz of x_train, y_train, x_test and y_test ({error}).") from error


def download(url: str, target: Path, check: Callable[[Path], object]) -> None:
    """Downloads a file; it gets its name only when whole and verified by ``check``.

    Raises:
        DataError: from ``check``.
        MissingExtraError: without pooch.
        OSError: for whatever goes wrong on the way.
    """
    pooch = require("pooch", "data")
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"Downloading data from {url}")
    with replacing(target) as file:
        pooch.HTTPDownloader()(url, file, None)
        file.flush()
        check(Path(file.name))
