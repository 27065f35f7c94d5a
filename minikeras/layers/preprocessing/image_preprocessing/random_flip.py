"""RandomFlip: mirrored images."""

from typing import Any

import numpy as np

from .... import random
from ....windows import choice
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer


class RandomFlip(BaseImagePreprocessingLayer):
    """Mirrors each image with probability ½ while training.

    Args (as in Keras):
        mode: "horizontal", "vertical", or "horizontal_and_vertical", which does both or neither.
        seed: an integer, or None for the next default seed.

    >>> x = np.arange(3.0).reshape(1, 1, 3, 1)
    >>> layer = RandomFlip("horizontal", seed=4)
    >>> [layer(x).ravel().tolist() for _ in range(2)]
    [[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]
    """

    _USE_BASE_FACTOR = False

    def __init__(self, mode: str = "horizontal_and_vertical", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = choice(mode, ("horizontal", "vertical", "horizontal_and_vertical"), "mode")
        self.seed, self.generator = seed, random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        return random.uniform((self._batch(data), 1, 1, 1), seed=seed or self.generator) <= 0.5 if training else None

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> np.ndarray:
        return self._flipped(self._cast_images(images), transformation)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self._flipped(segmentation_masks, transformation)

    def _flipped(self, images: np.ndarray, flips: np.ndarray | None) -> np.ndarray:
        axes = {"horizontal": (self._w,), "vertical": (self._h,)}.get(self.mode, (self._h, self._w))
        return images if flips is None else np.where(flips, np.flip(images, axes), images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed, "mode": self.mode}
