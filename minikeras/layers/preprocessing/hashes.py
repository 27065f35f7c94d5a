"""The hashes of TensorFlow's string operations, which Keras's layers use: FarmHash64 and SipHash-2-4.

All arithmetic is modulo 2⁶⁴. ``fingerprint64`` is the function that its authors promise never to change; it takes
strings of up to 16, 32, 64 and more bytes by a way of its own each, and ends every way with :func:`_mixed`.

Sources: Pike & Alakuijala, FarmHash, 2014 (``farmhashna::Hash64``); Aumasson & Bernstein, "SipHash: a fast short-input
PRF", INDOCRYPT 2012.

>>> fingerprint64(b"") == 0x9ae16a3b2f90404f
True
>>> hex(siphash64(bytes(range(15)), 0x0706050403020100, 0x0f0e0d0c0b0a0908))  # the paper's appendix
'0xa129ca6149be45e5'
"""

from typing import Any

_MASK = 2**64 - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_CAT = 0xC6A4A7935BD1E995


def fingerprint64(s: bytes) -> int:
    """FarmHash64 of a string of bytes."""
    n = len(s)
    if n <= 16:
        return _up_to_16(s, n)
    mul = (_K2 + 2 * n) & _MASK
    if n <= 32:
        return _mixed(*_four_words(s, n, _K1, mul)[:2], mul)
    if n <= 64:
        y, second, a = _four_words(s, n, _K2, mul)
        z = _mixed(y, second, mul)
        e, f = _word(s, 16) * mul, _word(s, 24)
        g, h = (y + _word(s, n - 32)) * mul, (z + _word(s, n - 24)) * mul
        return _mixed(_turned(e + f, 43) + _turned(g, 30) + h, e + _turned(f + a, 18) + g, mul)
    return _beyond_64(s, n)


def cat64(first: int, second: int) -> int:
    """The fingerprint of two fingerprints, in this order (TensorFlow's ``FingerprintCat64``)."""
    result = first ^ _CAT ^ (_folded(second * _CAT) * _CAT & _MASK)
    return _folded(_folded(result * _CAT) * _CAT)


def siphash64(s: bytes, key0: int, key1: int) -> int:
    """SipHash-2-4 of a string of bytes: two rounds a word, four at the end."""
    v = [key ^ constant for key, constant in zip((key0, key1) * 2, _SIP, strict=True)]
    v = [x & _MASK for x in v]
    padded = s + bytes(-(len(s) + 1) % 8) + bytes([len(s) % 256])
    for i in range(0, len(padded), 8):
        m = _word(padded, i)
        v[3] ^= m
        _sip_rounds(v, 2)
        v[0] ^= m
    v[2] ^= 0xFF
    _sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def bucket(token: bytes, buckets: int, salt: list[int] | None) -> int:
    """The bucket of a string as TensorFlow chooses it: by FarmHash64, with a salt by SipHash."""
    return (fingerprint64(token) if salt is None else siphash64(token, *salt)) % buckets


def salt_pair(layer: str, salt: Any) -> list[int] | None:
    """None, or the two keys of SipHash.

    Raises:
        ValueError: for anything but None, an integer or a pair of them.
    """
    if salt is None:
        return None
    if isinstance(salt, int):
        return [salt, salt]
    if isinstance(salt, tuple | list) and len(salt) == 2:
        return list(salt)
    raise ValueError(
        f"The `salt` argument for `{layer}` can only be a tuple of size 2 integers, or a single integer. "
        f"Received: salt={salt}."
    )


_SIP = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)


def _sip_rounds(v: list[int], count: int) -> None:
    a, b, c, d = v
    for _ in range(count):
        a, c = (a + b) & _MASK, (c + d) & _MASK
        b, d = _left(b, 13) ^ a, _left(d, 16) ^ c
        a, c = (_left(a, 32) + d) & _MASK, (c + b) & _MASK
        d, b = _left(d, 21) ^ a, _left(b, 17) ^ c
        c = _left(c, 32)
    v[:] = a, b, c, d


def _up_to_16(s: bytes, n: int) -> int:
    mul = (_K2 + 2 * n) & _MASK
    if n >= 8:
        a, b = _word(s, 0) + _K2, _word(s, n - 8)
        return _mixed(_turned(b, 37) * mul + a, (_turned(a, 25) + b) * mul, mul)
    if n >= 4:
        return _mixed(n + (_word(s, 0, 4) << 3), _word(s, n - 4, 4), mul)
    if n > 0:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[n - 1] << 2)
        return _folded((y * _K2 & _MASK) ^ (z * _K0 & _MASK)) * _K2 & _MASK
    return _K2


def _four_words(s: bytes, n: int, k: int, mul: int) -> tuple[int, int, int]:
    """Two sums of the first two and the last two words, and the first word times k."""
    a, b, c, d = _word(s, 0) * k & _MASK, _word(s, 8), _word(s, n - 8) * mul, _word(s, n - 16) * _K2
    return (_turned(a + b, 43) + _turned(c, 30) + d) & _MASK, (a + _turned(b + _K2, 18) + c) & _MASK, a


def _beyond_64(s: bytes, n: int) -> int:
    """64 bytes at a time, then the last 64 of the string with another multiplier."""
    x, y = 81, (81 * _K1 + 113) & _MASK
    z = _folded(y * _K2 + 113) * _K2 & _MASK
    v = w = (0, 0)
    x = (x * _K2 + _word(s, 0)) & _MASK
    for i in range(0, (n - 1) // 64 * 64, 64):
        x, y, z, v, w = _step(s, i, x, y, z, v, w, _K1, 1)
    mul = (_K1 + ((z & 0xFF) << 1)) & _MASK
    w = (w[0] + ((n - 1) & 63), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _step(s, n - 64, x, y, z, v, w, mul, 9)
    return _mixed(
        _mixed(v[0], w[0], mul) + _folded(y) * _K0 + z,
        _mixed(v[1], w[1], mul) + x,
        mul,
    )


def _step(s, i, x, y, z, v, w, mul, times):  # type: ignore[no-untyped-def]
    x = _turned(x + y + v[0] + _word(s, i + 8), 37) * mul & _MASK
    y = _turned(y + v[1] + _word(s, i + 48), 42) * mul & _MASK
    x ^= w[1] * times & _MASK
    y = (y + v[0] * times + _word(s, i + 40)) & _MASK
    z = _turned(z + w[0], 33) * mul & _MASK
    v = _weak(s, i, v[1] * mul, x + w[0])
    w = _weak(s, i + 32, z + w[1], y + _word(s, i + 16))
    return z, y, x, v, w


def _weak(s: bytes, i: int, a: int, b: int) -> tuple[int, int]:
    """Two words of state and four of the string become two."""
    w, x, y, z = (_word(s, i + k) for k in (0, 8, 16, 24))
    a += w
    b, c = _turned(b + a + z, 21), a
    a += x + y
    return (a + z) & _MASK, (b + _turned(a, 44) + c) & _MASK


def _mixed(u: int, v: int, mul: int) -> int:
    a = _folded(((u ^ v) & _MASK) * mul)
    return _folded(((v ^ a) & _MASK) * mul) * mul & _MASK


def _folded(x: int) -> int:
    x &= _MASK
    return x ^ (x >> 47)


def _turned(x: int, bits: int) -> int:
    """x rotated to the right."""
    x &= _MASK
    return (x >> bits | x << (64 - bits)) & _MASK


def _left(x: int, bits: int) -> int:
    return (x << bits | x >> (64 - bits)) & _MASK


def _word(s: bytes, i: int, size: int = 8) -> int:
    return int.from_bytes(s[i : i + size], "little")
