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
