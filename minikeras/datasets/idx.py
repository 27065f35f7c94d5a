r"""The IDX format of MNIST and Fashion-MNIST: a big-endian header, then the bytes of one array.

======  ==========  =============================================
offset  type        value
======  ==========  =============================================
0       2 bytes     0, 0
2       1 byte      8: the elements are uint8
3       1 byte      r, the number of axes
4       r × uint32  the length of each axis, big-endian
4 + 4r  uint8       the elements, last axis fastest; then the end
======  ==========  =============================================

gzip, zlib and hashlib are imported where they are used, which keeps ``import minikeras`` quick.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", file formats.

>>> parse(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9]))
array([[7, 8, 9]], dtype=uint8)
"""

import math
from os import PathLike
from pathlib import Path

import numpy as np

from ..errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_UINT8 = 8


def read(path: str | PathLike[str], shape: tuple[int, ...] | None = None, sha256: str | None = None) -> np.ndarray:
    """Reads an IDX file, gzipped or not (its first bytes tell, not its name).

    Args:
        path: the file.
        shape: the shape that the array must have.
        sha256: what the file must be, as a hexadecimal digest, of the unpacked content or of the file as it
            lies there. The content is the better choice: one content has many gzipped forms.

    Returns:
        A new uint8 array.

    Raises:
        DataError: for a truncated or damaged gzip stream, a file that isn't IDX, missing or trailing bytes,
            another shape, or another digest. The message names the file.
        FileNotFoundError: if there is no such file.
    """
    path = Path(path)
    stored = path.read_bytes()
    content = unpack(stored, str(path))
    array = parse(content, str(path))
    if shape is not None and array.shape != shape:
        raise DataError(f"{path} holds an array of shape {array.shape}. Expected: {shape}.")
    if sha256 is not None and sha256 not in (digest(content), digest(stored)):
        raise DataError(f"{path} is damaged or another file: SHA-256 {digest(content)}. Expected: {sha256}.")
    return array


def unpack(stored: bytes, name: str = "data") -> bytes:
    """The content of a gzip stream; anything else comes back as it is.

    Raises:
        DataError: if the stream is truncated or damaged.

    >>> import gzip
    >>> unpack(gzip.compress(b"content")), unpack(b"content")
    (b'content', b'content')
    >>> unpack(gzip.compress(b"content")[:-3], "labels.gz")
    Traceback (most recent call last):
    minikeras.errors.DataError: labels.gz is truncated: its gzip stream ends too early. Download it again.
    """
    import gzip
    import zlib

    if not stored.startswith(_GZIP_MAGIC):
        return stored
    try:
        return gzip.decompress(stored)
    except EOFError as error:
        raise DataError(f"{name} is truncated: its gzip stream ends too early. Download it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name} is damaged: bad gzip stream ({error}). Download it again.") from error


def parse(content: bytes, name: str = "data") -> np.ndarray:
    """The array in the bytes of an IDX file.

    Raises:
        DataError: if the bytes aren't IDX with uint8 elements, or more or fewer than the header says.

    >>> parse(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 8, 9]), "labels")
    Traceback (most recent call last):
    minikeras.errors.DataError: labels has 1 bytes after the array of shape (2,) that its header announces.
    """
    if len(content) < 4:
        raise DataError(f"{name} is truncated: {len(content)} bytes are too few for an IDX header.")
    if content[:2] != b"\x00\x00" or content[2] != _UINT8:
        raise DataError(
            f"{name} is not an IDX file of uint8: it begins with {content[:4].hex(' ')}. "
            f"Expected: 00 00 08 and the number of axes."
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataError(f"{name} is truncated: {len(content)} bytes are too few for an IDX header.")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    surplus = len(content) - start - math.prod(shape)
    if surplus < 0:
        raise DataError(
            f"{name} is truncated: {-surplus} bytes are missing from the array of shape {shape} "
            f"that its header announces."
        )
    if surplus > 0:
        raise DataError(f"{name} has {surplus} bytes after the array of shape {shape} that its header announces.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def digest(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits.

    >>> digest(b"abc")[:16]
    'ba7816bf8f01cfea'
    """
    import hashlib

    return hashlib.sha256(content).hexdigest()
