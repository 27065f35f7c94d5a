"""RandomCrop: a part of each image, at a place that is drawn for the batch."""

from typing import Any

import numpy as np

from .... import random
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer
from .interpolation import middle, resize


class RandomCrop(BaseImagePreprocessingLayer):
    """A part of each image of a batch, all at the same place, while training.

    Images that are not larger than the part along both axes are cut to its proportions in the middle, and resized. In
    inference images pass through, as in Keras.

    Args (as in Keras):
        height, width: of the part.
        seed: an integer, or None for the next default seed.

    >>> RandomCrop(1, 2, seed=3)(np.arange(12.0).reshape(1, 3, 4, 1)).shape
    (1, 1, 2, 1)
    """

    def __init__(self, height: int, width: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height, self.width = height, width
        self.seed = seed if seed is not None else random.make_default_seed()
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> tuple[int, int]:
        height, width = self._size(data)
        if training and height > self.height and width > self.width:
            gaps = (height - self.height + 1, width - self.width + 1)
            top, left = (int(random.uniform((), 0, float(gap), seed=seed or self.generator)) for gap in gaps)
            return top, left
        return middle(height, width, self.height, self.width)[:2]

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> np.ndarray:
        if not training:
            return images
        images = self._cast_images(images)
        first = self.data_format == "channels_first"
        x = np.moveaxis(images, -3, -1) if first else images
        top, left = transformation
        x = x[..., top : top + self.height, left : left + self.width, :]
        if x.shape[-3:-1] != (self.height, self.width):
            x = self._cast_images(resize(x, (self.height, self.width)))
        return np.moveaxis(x, -1, -3) if first else x

    transform_segmentation_masks = transform_images  # type: ignore[assignment]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._with_size(input_shape, self.height, self.width)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width, "seed": self.seed}
