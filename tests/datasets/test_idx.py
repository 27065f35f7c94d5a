"""The IDX reader: the bytes of every array come back, and every way of being broken is named."""

import gzip
import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minikeras.datasets import idx
from minikeras.errors import DataError

from .tiny import idx_bytes

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def test_the_formats_own_example():
    """Bytes written out by hand: magic 00 00 08 03, three lengths, six elements."""
    content = bytes.fromhex("00000803 00000001 00000002 00000003 ff 00 01 02 03 04")
    array = idx.parse(content)
    assert array.dtype == np.uint8
    assert array.tolist() == [[[255, 0, 1], [2, 3, 4]]]


@given(array=arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)), packed=st.booleans())
def test_every_array_comes_back(tmp_path_factory, array, packed):
    path = tmp_path_factory.mktemp("idx") / "file"
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    read = idx.read(path, array.shape, hashlib.sha256(content).hexdigest())
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.uint8
    assert read.flags.writeable


@pytest.mark.parametrize("kind", ["packed", "content"])
def test_the_digest_is_of_the_content_or_of_the_file(tmp_path, kind):
    stored = gzip.compress(idx_bytes(IMAGES), mtime=0)
    (tmp_path / "f.gz").write_bytes(stored)
    sha256 = hashlib.sha256(stored if kind == "packed" else idx_bytes(IMAGES)).hexdigest()
    np.testing.assert_array_equal(idx.read(tmp_path / "f.gz", sha256=sha256), IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: 0 bytes"),
        (idx_bytes(IMAGES)[:9], "truncated: 9 bytes are too few for an IDX header"),
        (idx_bytes(IMAGES)[:-2], r"truncated: 2 bytes are missing from the array of shape \(2, 3, 4\)"),
        (idx_bytes(IMAGES) + b"\0", r"1 bytes after the array of shape \(2, 3, 4\)"),
        (b"\0\0\x0d" + idx_bytes(IMAGES)[3:], "not an IDX file of uint8: it begins with 00 00 0d 03"),
        (b"\x89PNG\r\n\x1a\n" * 4, "not an IDX file of uint8: it begins with 89 50 4e 47"),
        (b"<!DOCTYPE html><html>", "not an IDX file"),
        (gzip.compress(idx_bytes(IMAGES), mtime=0)[:-9], "truncated: its gzip stream ends too early"),
        (gzip.compress(idx_bytes(IMAGES), mtime=0)[:20], "truncated: its gzip stream ends too early"),
        (gzip.compress(b"hello, world", mtime=0), "not an IDX file"),
    ],
)
def test_broken_files_are_named(tmp_path, content, message):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        idx.read(path)
    assert str(path) in str(caught.value)


def test_every_truncation_and_every_flipped_bit_of_a_gzip_file_is_seen(tmp_path):
    stored = gzip.compress(idx_bytes(IMAGES), mtime=0, mtime=0)
    sha256 = hashlib.sha256(idx_bytes(IMAGES)).hexdigest()
    path = tmp_path / "f.gz"
    for length in range(len(stored)):
        path.write_bytes(stored[:length])
        with pytest.raises(DataError):
            idx.read(path, sha256=sha256)
    for place in range(10, len(stored)):  # the gzip header's time and system don't change the content
        path.write_bytes(stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :])
        with pytest.raises(DataError):
            idx.read(path, sha256=sha256)


def test_another_shape_and_another_content(tmp_path):
    (tmp_path / "f").write_bytes(idx_bytes(IMAGES))
    with pytest.raises(DataError, match=r"shape \(2, 3, 4\). Expected: \(3, 3, 4\)"):
        idx.read(tmp_path / "f", (3, 3, 4))
    with pytest.raises(DataError, match=r"damaged or another file: SHA-256 .* Expected: 00ff"):
        idx.read(tmp_path / "f", (2, 3, 4), "00ff")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        idx.read(tmp_path / "absent")
