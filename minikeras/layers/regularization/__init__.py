"""Layers that put noise on what passes them while training, or a penalty."""

from .activity_regularization import ActivityRegularization
from .dropout import Dropout
from .noise import AlphaDropout, GaussianDropout, GaussianNoise
from .spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D

__all__ = [
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
]
