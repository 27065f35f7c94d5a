"""RandomContrast and RandomBrightness: other exposures of the same picture."""

from typing import Any

import numpy as np

from .... import random
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer


class RandomContrast(BaseImagePreprocessingLayer):
    """y = (x − mean)·c + mean, cut off at ``value_range``; c is drawn for each image, the mean is each channel's.

    Args (as in Keras):
        factor: f means c in (1 − 0, 1 + f) with f in [0, 1]; (l, u) means c in (1 − l, 1 + u).
        value_range: of the pixels.
        seed: an integer, or None for the next default seed.

    >>> x = np.array([100.0, 150.0]).reshape(1, 1, 2, 1)
    >>> RandomContrast((0.0, 0.0))(x).ravel()
    array([100., 150.], dtype=float32)
    """

    _FACTOR_BOUNDS = (0, 1)

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)
        self.value_range, self.seed, self.generator = value_range, seed, random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        shape, (low, high) = (self._batch(data), 1, 1, 1), (1.0 - self.factor[0], 1.0 + self.factor[1])
        return random.uniform(shape, low, high, dtype=self.dtype, seed=seed or self.generator)

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> np.ndarray:
        if transformation is None:
            return images
        x = self._cast_images(images)
        mean = x.mean(axis=self._h, keepdims=True).mean(axis=self._w, keepdims=True)
        return np.clip((x - mean) * transformation + mean, *self.value_range)

    def get_config(self) -> dict[str, Any]:
        own = {"factor": self.factor, "value_range": self.value_range, "seed": self.seed}
        return {**super().get_config(), **own}


class RandomBrightness(BaseImagePreprocessingLayer):
    """y = x + b·(range of the values), cut off at ``value_range``; b is drawn for each image.

    Args (as in Keras):
        factor: f means b in (−f, f).
        value_range: of the pixels.
        seed: an integer, or None for the next default seed.

    >>> RandomBrightness((0.5, 0.5), value_range=(0, 1))(np.array([0.25, 0.75]).reshape(1, 1, 2, 1)).ravel()
    array([0.75, 1.  ], dtype=float32)
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)
        if not isinstance(value_range, tuple | list) or len(value_range) != 2:
            raise ValueError(
                f"The `value_range` argument should be a list of two numbers. Received: value_range={value_range}"
            )
        self.value_range, self.seed, self.generator = sorted(value_range), seed, random.SeedGenerator(seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        b = random.uniform((self._batch(data), 1, 1, 1), *self.factor, seed=seed or self.generator)
        return b * (self.value_range[1] - self.value_range[0])

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> np.ndarray:
        if transformation is None:
            return images
        return np.clip(self._cast_images(images) + transformation.astype(self._dtype), *self.value_range)

    def get_config(self) -> dict[str, Any]:
        own = {"factor": self.factor, "value_range": self.value_range, "seed": self.seed}
        return {**super().get_config(), **own}
