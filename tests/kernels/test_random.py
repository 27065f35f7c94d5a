"""Philox and Threefry against the published vectors, and each compiled twin against its reference."""

import ctypes
import ctypes.util
import math

import numpy as np
import pytest

from minikeras.kernels import compiled, reference
from minikeras.kernels.reference import libm

TWINS = pytest.mark.parametrize("kernels", [reference, compiled], ids=["reference", "compiled"])

# Random123's kat_vectors, philox 4x32 10: counter, key, words.
PHILOX = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
# Random123's kat_vectors, threefry 2x32 20.
THREEFRY = [
    ("00000000 00000000", "00000000 00000000", "6b200159 99ba4efe"),
    ("ffffffff ffffffff", "ffffffff ffffffff", "1cb996fc bb002be7"),
    ("243f6a88 85a308d3", "13198a2e 03707344", "c4923a9c 483df7a0"),
]


def numbers(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@TWINS
@pytest.mark.parametrize(("counter", "key", "expected"), PHILOX)
def test_philox_published(kernels, counter, key, expected):
    words = np.array([numbers(counter)], np.uint32)
    kernels.philox4x32(tuple(numbers(key)), words, words)
    assert words[0].tolist() == numbers(expected)


@TWINS
@pytest.mark.parametrize(("counter", "key", "expected"), THREEFRY)
def test_threefry_published(kernels, counter, key, expected):
    words = np.array([numbers(counter)], np.uint32)
    kernels.threefry2x32(tuple(numbers(key)), words, words)
    assert words[0].tolist() == numbers(expected)


@pytest.mark.parametrize(("name", "width"), [("philox4x32", 4), ("threefry2x32", 2)])
def test_bijections_agree(name, width):
    counters = np.random.default_rng(0).integers(0, 2**32, (1001, width), dtype=np.uint32)
    slow, fast = np.empty_like(counters), np.empty_like(counters)
    getattr(reference, name)((0xDEADBEEF, 7), counters, slow)
    getattr(compiled, name)((0xDEADBEEF, 7), counters, fast)
    assert (slow == fast).all()
    assert len(np.unique(slow, axis=0)) == len(counters)


@TWINS
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 7, 1000])
def test_a_dropout_mask_compares_the_words_as_fractions(kernels, wide, size):
    keep = np.empty(size, bool)
    kernels.philox_at_least((5, 6), (7, 8), wide, math.ceil(0.3 * 2 ** (52 if wide else 23)), keep)
    counters = np.array([(block, 0, 7, 8) for block in range(600)], np.uint32)
    reference.philox4x32((5, 6), counters, counters)
    words = counters.ravel().tolist()
    if wide:
        u = [(words[2 * i] % 2**20 * 2**32 + words[2 * i + 1]) / 2**52 for i in range(size)]
    else:
        u = [words[i] % 2**23 / 2**23 for i in range(size)]
    assert keep.tolist() == [value >= 0.3 for value in u]


@pytest.mark.parametrize("n", [0, 1, 2, 97])
def test_fisher_yates_agrees_and_permutes(n):
    i = np.arange(n)
    partners = i + np.random.default_rng(n).integers(0, 2**32, n) % (n - i)
    slow, fast = np.arange(n), np.arange(n)
    reference.fisher_yates(partners, slow)
    compiled.fisher_yates(partners, fast)
    assert (slow == fast).all()
    assert (np.sort(slow) == i).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_box_muller_agrees(dtype):
    generator = np.random.default_rng(3)
    u = np.maximum(generator.random(5001), 1e-7).astype(dtype)
    phi = (2 * np.pi * generator.random(5001)).astype(dtype)
    slow, fast = np.empty((5001, 2), dtype), np.empty((5001, 2), dtype)
    reference.box_muller(u, phi, slow)
    compiled.box_muller(u, phi, fast)
    assert (slow == fast).all()
    radius = np.sqrt(-2 * np.log(u.astype(np.float64)))
    expected = np.stack([radius * np.sin(phi.astype(np.float64)), radius * np.cos(phi.astype(np.float64))], 1)
    assert np.abs(slow - expected).max() < 8 * np.finfo(dtype).eps


def _c_function(name: str):
    path = ctypes.util.find_library("m")
    if path is None or not hasattr(ctypes.CDLL("libc.so.6"), "gnu_get_libc_version"):
        pytest.skip("needs glibc")
    function = getattr(ctypes.CDLL(path), name)
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
    return lambda x: np.array([function(v) for v in x.tolist()], np.float32)


def test_float32_functions_are_glibc_s_to_the_last_bit():
    """On 20,000 of the 2²³ values that a uniform number can take; all of them agree too, in a few minutes."""
    u = np.arange(1, 2**23, 419, dtype=np.float64) / 2**23
    small = np.maximum(u, 1e-7).astype(np.float32)
    phi = (2 * math.pi * u).astype(np.float32)
    sin, cos = libm.sin_cos(phi)
    assert (libm.log(small) == _c_function("logf")(small)).all()
    assert (sin == _c_function("sinf")(phi)).all()
    assert (cos == _c_function("cosf")(phi)).all()
