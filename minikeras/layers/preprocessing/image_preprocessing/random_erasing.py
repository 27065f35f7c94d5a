"""RandomErasing: a rectangle of each image is painted over."""

from typing import Any

import numpy as np

from .... import random
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer, bounds


class RandomErasing(BaseImagePreprocessingLayer):
    """Paints over a rectangle of each image with a probability from ``factor`` while training.

    Args (as in Keras):
        factor: the range of the probability; f means (0, f).
        scale: the range of the squares of the rectangle's sides, as fractions of those of the image; s means (0, s).
        fill_value: a number, three of them for the channels, or None for normal noise times the highest value.
        value_range: of the pixels; what is painted is cut off there.
        seed: an integer, or None for the next default seed.

    Source: Zhong, Zheng, Kang, Li & Yang, "Random erasing data augmentation", AAAI 2020.

    >>> y = RandomErasing((1.0, 1.0), scale=(0.25, 0.25), fill_value=9, seed=1)(np.zeros((1, 4, 4, 1)))
    >>> int((y == 9).sum())
    4
    """

    _USE_BASE_FACTOR = False
    _FACTOR_BOUNDS = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self._set_factor(factor)
        self.scale = bounds(scale, "scale", self._FACTOR_BOUNDS, lowest=0)
        listed = isinstance(fill_value, tuple | list)
        if (listed and len(fill_value) != 3) or not (listed or fill_value is None or np.isscalar(fill_value)):
            raise ValueError(
                f"The `fill_value` argument should be a number (or a list of three numbers). "
                f"Received: fill_value={fill_value}"
            )
        self.fill_value, self.value_range = fill_value, value_range
        self.seed, self.generator = seed, random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        n, (height, width) = self._batch(data), self._size(data)
        source = seed or self.generator
        sides = np.sqrt(random.uniform((n, 2), *self.scale, dtype=self.dtype, seed=source))
        x0, x1 = self._place(n, width, sides[:, 0], source)
        y0, y1 = self._place(n, height, sides[:, 1], source)
        x, y = np.arange(width, dtype=self.dtype), np.arange(height, dtype=self.dtype)[:, None]
        inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)  # (N, H, W)
        probability = random.uniform((n,), *self.factor, seed=source)
        erased = (random.uniform((n,), seed=source) < probability)[:, None, None] & inside
        shape = self._images(data).shape
        if self.fill_value is None:
            fill = random.normal(shape, dtype=self.dtype, seed=source) * self._dtype.type(self.value_range[1])
        else:
            fill = np.broadcast_to(np.asarray(self.fill_value, self.dtype), shape)
        return np.expand_dims(erased, 1 if self.data_format == "channels_first" else -1), np.clip(
            fill, *self.value_range
        )

    def _place(self, n: int, length: int, ratio: np.ndarray, seed: Any) -> tuple[np.ndarray, np.ndarray]:
        """Where the rectangles begin and end along an axis, (N, 1, 1) each."""
        side = ratio * self._dtype.type(length)
        start = random.uniform((n,), dtype=self.dtype, seed=seed) * (self._dtype.type(length) - side)
        return start[:, None, None], (start + side)[:, None, None]

    def transform_images(self, images: np.ndarray, transformation: Any = None, training: bool = True) -> np.ndarray:
        images = self._cast_images(images)
        if transformation is None:
            return images
        erased, fill = transformation
        return np.where(erased, fill, images)

    def get_config(self) -> dict[str, Any]:
        own = {"factor": self.factor, "scale": self.scale, "fill_value": self.fill_value}
        return {**super().get_config(), **own, "value_range": self.value_range, "seed": self.seed}
