"""Files from the internet, kept in Keras's cache."""

import hashlib
import os
import shutil
import tarfile
import warnings
import zipfile
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..atomic import replacing
from ..errors import DataError


def get_file(
    fname: str | PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Path of a file in the cache, downloaded there if need be.

    The cache is ``~/.keras`` (``KERAS_HOME`` moves it), so what Keras has downloaded before is found. A download gets
    its name when it is whole and has the expected hash.

    Args (as in Keras):
        fname: name in the cache; by default the last part of ``origin``.
        origin: URL.
        untar: an older form of ``extract`` with ``archive_format="tar"``.
        md5_hash: an older form of ``file_hash``.
        file_hash: SHA-256 (64 digits) or MD5 of the file.
        cache_subdir: folder in the cache.
        hash_algorithm: "md5", "sha256" or "auto", which goes by the number of digits.
        extract: True unpacks the archive, and the path of the folder is returned.
        archive_format: "tar", "zip", a list of these, "auto" for both, or None.
        cache_dir: instead of ``~/.keras``.
        force_download: True downloads what is there already.

    Raises:
        ValueError: for a missing origin, a path in place of a name, or a download with another hash.
        OSError: if the download fails; names the URL, and the place where the file can be put by hand.

    Differs from Keras: entries of an archive that would land outside its folder are refused, not skipped.

    >>> import tempfile, pathlib
    >>> folder = tempfile.mkdtemp()
    >>> _ = pathlib.Path(folder, "notes.txt").write_text("kept")
    >>> path = get_file("notes.txt", "https://example.org/notes.txt", cache_dir=folder, cache_subdir="")
    >>> pathlib.Path(path).read_text()
    'kept'
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    file_hash = file_hash or md5_hash
    home = Path(cache_dir or os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    name = os.fspath(fname) if fname else os.path.basename(urlsplit(origin).path)
    if not name:
        raise ValueError(
            f"Can't parse the file name from the origin provided: {origin!r}. Please specify the `fname` argument."
        )
    if os.sep in name:
        raise ValueError(
            "Paths are no longer accepted as the `fname` argument. To specify the file's parent directory, use the "
            f"`cache_dir` argument. Received: fname={fname}"
        )
    folder = home / cache_subdir
    target = unpacked = folder / name
    if extract or untar:
        if fname and "." in name:
            unpacked = folder / f"{name[: name.find('.')]}_extracted"
        else:
            target = folder / f"{name}_archive"
    if force_download or not _is_whole(target, file_hash, hash_algorithm):
        _download(origin, target, file_hash, hash_algorithm)
    if not (extract or untar):
        return str(target)
    if not extract_archive(target, unpacked, "tar" if untar else archive_format):
        warnings.warn("Could not extract archive.", stacklevel=2)
    return str(unpacked)


def hash_file(path: str | PathLike[str], algorithm: str = "sha256") -> str:
    """SHA-256 or MD5 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256" if algorithm == "sha256" else "md5").hexdigest()


def validate_file(path: str | PathLike[str], file_hash: str, algorithm: str = "auto") -> bool:
    """True if the file has that hash; "auto" takes 64 digits for SHA-256 and fewer for MD5."""
    by_length = "sha256" if len(file_hash) == 64 else "md5"
    return hash_file(path, by_length if algorithm == "auto" else algorithm) == file_hash


def extract_archive(path: Path, folder: Path, archive_format: Any = "auto") -> bool:
    """Unpacks a tar or zip archive; False if it is neither.

    Raises:
        DataError: if an entry would land outside the folder.
    """
    formats = ["tar", "zip"] if archive_format == "auto" else [archive_format]
    if isinstance(archive_format, list | tuple):
        formats = list(archive_format)
    if "tar" in formats and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            try:
                archive.extractall(folder, filter="data")
            except tarfile.FilterError as error:
                raise DataError(f"The archive {path} is refused: {error}") from error
        return True
    if "zip" in formats and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                if not (folder / entry).resolve().is_relative_to(folder.resolve()):
                    raise DataError(f"The archive {path} is refused: {entry!r} would land outside {folder}.")
            archive.extractall(folder)
        return True
    return False


def _is_whole(path: Path, file_hash: str | None, algorithm: str) -> bool:
    if not path.exists():
        return False
    if file_hash is None or validate_file(path, file_hash, algorithm):
        return True
    print(
        f"A local file was found, but it seems to be incomplete or outdated because the {algorithm} file hash does not "
        f"match the original value of {file_hash} so we will re-download the data."
    )
    return False


def _download(origin: str, target: Path, file_hash: str | None, algorithm: str) -> None:
    import urllib.request

    print(f"Downloading data from {origin}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as file:
        try:
            with urllib.request.urlopen(origin) as response:
                shutil.copyfileobj(response, file)
        except OSError as error:
            raise OSError(
                f"URL fetch failure on {origin}: {error}. Without a network, put the file at {target}."
            ) from error
        file.flush()
        if file_hash is not None and not validate_file(file.name, file_hash, algorithm):
            raise ValueError(
                f"Incomplete or corrupted file detected. The {algorithm} file hash does not match the provided value "
                f"of {file_hash}."
            )
