"""Layers that prepare what tables, texts and pictures hold: categories, strings, unscaled numbers, images.

They have no trained weights; ``adapt(data)`` learns what a layer needs before the training.
"""

from .category_encoding import CategoryEncoding
from .discretization import Discretization
from .hashing import HashedCrossing, Hashing
from .image_preprocessing import *  # noqa: F403
from .image_preprocessing import __all__ as _of_images
from .integer_lookup import IntegerLookup
from .normalization import Normalization
from .pipeline import Pipeline
from .rescaling import Rescaling
from .string_lookup import StringLookup
from .text_vectorization import TextVectorization

__all__ = [
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "Normalization",
    "Pipeline",
    "Rescaling",
    "StringLookup",
    "TextVectorization",
    *_of_images,
]
