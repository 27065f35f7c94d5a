"""Compiled twins of :mod:`minikeras.kernels.reference.metrics`."""

import math

from .jit import kernel


@kernel
def sparse_matches(labels, scores, matches):
    for n in range(len(scores)):
        largest, at = -math.inf, 0
        for k in range(scores.shape[1]):
            s = scores[n, k]
            if s > largest or (s == 0 and largest == 0 and math.copysign(1, largest) < math.copysign(1, s)):
                largest, at = s, k
        matches[n] = at == labels[n]
