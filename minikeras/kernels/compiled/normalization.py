"""Compiled twins of :mod:`minikeras.kernels.reference.normalization`; those with a mask are the same functions.

The sums go over A for each of R·B columns, and then over B: each column is added in the order of A.
"""

from ..reference.normalization import masked_moments as masked_moments
from ..reference.normalization import masked_normalize_backward as masked_normalize_backward
from ..reference.normalization import moments as moments
from ..reference.normalization import normalize as normalize
from ..reference.normalization import normalize_backward as normalize_backward
from ..reference.normalization import rms_normalize_backward as rms_normalize_backward
