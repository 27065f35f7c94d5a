"""Philox4x32-10, a counter-based random bijection.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. One round, on a
counter (x0, x1, x2, x3) with round key (k0, k1), where hi and lo are the halves of the 64-bit product:

    x0, x1, x2, x3  ←  hi(M1·x2) ⊕ x1 ⊕ k0,  lo(M1·x2),  hi(M0·x0) ⊕ x3 ⊕ k1,  lo(M0·x0)
    k0, k1          ←  k0 + W0,  k1 + W1                                       (mod 2³²)

>>> words = np.empty((1, 4), np.uint32)
>>> philox4x32((0, 0), np.zeros((1, 4), np.uint32), words)
>>> [f"{word:08x}" for word in words[0]]
['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
"""

import numpy as np

ROUNDS = 10
M0, M1 = 0xD2511F53, 0xCD9E8D57
W0, W1 = 0x9E3779B9, 0xBB67AE85
_LOW = 0xFFFFFFFF


def philox4x32(key: tuple[int, int], counter: np.ndarray, words: np.ndarray) -> None:
    """Four random words for every counter.

    Args:
        key: two integers below 2³².
        counter: (B, 4) uint32.
        words: (B, 4) uint32, written; may be ``counter`` itself.
    """
    k0, k1 = key
    x0, x1, x2, x3 = counter.T.astype(np.uint64)
    for _ in range(ROUNDS):
        p0, p1 = M0 * x0, M1 * x2
        x0, x1 = (p1 >> 32) ^ x1 ^ k0, p1 & _LOW
        x2, x3 = (p0 >> 32) ^ x3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + W0) & _LOW, (k1 + W1) & _LOW
    words[:, 0], words[:, 1], words[:, 2], words[:, 3] = x0, x1, x2, x3


def philox_at_least(key: tuple[int, int], half: tuple[int, int], wide: bool, least: int, keep: np.ndarray) -> None:
    """keep[i] = mᵢ ≥ least, with m the low bits of word i: 23 of one, or with ``wide`` 52 of two. Writes keep.

    Word i is number i mod 4 of the block with counter (⌊i/4⌋ low, ⌊i/4⌋ high, half); the first of two is the upper one.
    """
    count = keep.size * (1 + wide)
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    words = np.empty((len(blocks), 4), np.uint32)
    words[:, 0], words[:, 1], words[:, 2:] = blocks & _LOW, blocks >> 32, half
    philox4x32(key, words, words)
    m: np.ndarray = words.ravel()[:count].astype(np.uint64)
    m = ((m[0::2] & 0xFFFFF) << 32) | m[1::2] if wide else m & 0x7FFFFF
    keep[...] = m >= least
