"""Threefry2x32-20, a counter-based random bijection made of additions, rotations and exclusive ors.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. With the key
schedule (k0, k1, k2 = k0 ⊕ k1 ⊕ 0x1BD11BDA) and rotations R = 13 15 26 6 | 17 29 16 24, repeated:

    x0, x1  ←  x0 + k0,  x1 + k1
    x0      ←  x0 + x1;   x1 ← (x1 ⋘ R) ⊕ x0                                  (20 rounds)
    x0, x1  ←  x0 + k[s mod 3],  x1 + k[(s+1) mod 3] + s                       (after round 4s)

>>> words = np.empty((1, 2), np.uint32)
>>> threefry2x32((0, 0), np.zeros((1, 2), np.uint32), words)
>>> [f"{word:08x}" for word in words[0]]
['6b200159', '99ba4efe']
"""

import numpy as np

ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA


def threefry2x32(key: tuple[int, int], counter: np.ndarray, words: np.ndarray) -> None:
    """Two random words for every counter.

    Args:
        key: two integers below 2³².
        counter: (B, 2) uint32.
        words: (B, 2) uint32, written; may be ``counter`` itself.
    """
    k = [np.uint32(key[0]), np.uint32(key[1]), np.uint32(key[0] ^ key[1] ^ PARITY)]
    x0, x1 = counter[:, 0] + k[0], counter[:, 1] + k[1]
    for step in range(1, 6):
        for rotation in ROTATIONS[:4] if step % 2 else ROTATIONS[4:]:
            x0 = x0 + x1
            x1 = ((x1 << np.uint32(rotation)) | (x1 >> np.uint32(32 - rotation))) ^ x0
        x0 = x0 + k[step % 3]
        x1 = x1 + k[(step + 1) % 3] + np.uint32(step)
    words[:, 0], words[:, 1] = x0, x1
