"""Data sets of a few pictures, written as IDX files by hand: struct and gzip, nothing of the reader under test."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array: np.ndarray) -> bytes:
    """The array as an IDX file of uint8."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes(order="C")


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Five training and three test pictures of 28 × 28, with labels."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.integers(0, 256, (n, 28, 28), np.uint8) if "images" in name else rng.integers(0, 10, n, np.uint8)
        for name, n in zip(NAMES, (5, 5, 3, 3), strict=True)
    }


def write(folder: Path, content: dict[str, np.ndarray], packed: bool = True) -> Path:
    """Writes the four files into a folder, gzipped or not."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in content.items():
        data = idx_bytes(array)
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data, mtime=0) if packed else data)
    return folder


def files(content: dict[str, np.ndarray], packed_digest: bool = False) -> dict:
    """The table that a data set's module has for these arrays."""

    def stored(array):
        data = idx_bytes(array)
        return gzip.compress(data, mtime=0) if packed_digest else data

    return {name: (array.shape, hashlib.sha256(stored(array)).hexdigest()) for name, array in content.items()}


def same(loaded, content: dict[str, np.ndarray]) -> bool:
    """Whether ``load_data()`` gave these arrays, in Keras's order."""
    (x_train, y_train), (x_test, y_test) = loaded
    got = dict(zip(NAMES, (x_train, y_train, x_test, y_test), strict=True))
    return all(
        got[name].dtype == np.uint8 and got[name].flags.writeable and np.array_equal(got[name], content[name])
        for name in NAMES
    )
