"""Layers that resize and crop images, and that change them at random while training.

Each draws a *transformation* for a batch and applies it to the images; to labels and segmentation masks, too, where a
dictionary with "images", "labels" and "segmentation_masks" is passed. The draws are Keras's for the same seed. Another
one is one small class: see :class:`BaseImagePreprocessingLayer`.
"""

from .base_image_preprocessing_layer import BaseImagePreprocessingLayer
from .center_crop import CenterCrop
from .mix_up import MixUp
from .random_affine import RandomRotation, RandomTranslation, RandomZoom
from .random_color import RandomBrightness, RandomContrast
from .random_crop import RandomCrop
from .random_erasing import RandomErasing
from .random_flip import RandomFlip
from .resizing import Resizing

__all__ = [
    "BaseImagePreprocessingLayer",
    "CenterCrop",
    "MixUp",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Resizing",
]
