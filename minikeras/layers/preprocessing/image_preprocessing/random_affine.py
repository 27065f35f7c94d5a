"""RandomRotation, RandomTranslation and RandomZoom: the same picture from elsewhere."""

import math
from typing import Any

import numpy as np

from .... import random
from .affine import affine_transform, check_modes
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer, bounds


class RandomAffine(BaseImagePreprocessingLayer):
    """What the three share: a matrix (a₀, a₁, a₂, b₀, b₁, b₂) for each image; see :func:`~.affine.affine_transform`.

    Args (as in Keras):
        fill_mode: "reflect", "wrap", "constant" or "nearest": what lies outside an image.
        fill_value: the constant.
        interpolation: "bilinear" or "nearest"; segmentation masks always take "nearest".
        seed: an integer, or None for the next default seed.
    """

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_modes(fill_mode, interpolation)
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value
        self.seed, self.generator = seed, random.SeedGenerator(seed)

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> np.ndarray:
        images = self._cast_images(images)
        return images if transformation is None else self._moved(images, transformation, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        if transformation is None:
            return segmentation_masks
        return self._moved(segmentation_masks, transformation, "nearest")

    def _moved(self, images: np.ndarray, matrices: np.ndarray, interpolation: str) -> np.ndarray:
        first = self.data_format == "channels_first"
        x = np.moveaxis(images, 1, -1) if first else images
        y = affine_transform(x, matrices, interpolation, self.fill_mode, self.fill_value)
        return np.moveaxis(y, -1, 1) if first else y

    def _uniform(self, n: int, low: float, high: float, seed: Any, times: int = 1) -> np.ndarray:
        """n draws times a size of the image, rounded to float32 after the product, as in Keras."""
        return (random.uniform((n,), low, high, seed=seed or self.generator) * times).astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "interpolation": self.interpolation,
            "seed": self.seed,
            "fill_value": self.fill_value,
        }


class RandomRotation(RandomAffine):
    """Turns each image about its middle c by an angle θ, drawn uniformly from 2π·factor.

        u = cos θ·(x − c_x) − sin θ·(y − c_y) + c_x,    v = sin θ·(x − c_x) + cos θ·(y − c_y) + c_y

    Args (as in Keras):
        factor: in turns; f means (−f, f), a positive turn is counter-clockwise.

    The others are those of :class:`RandomAffine`.

    >>> x = np.array([[0.0, 1.0], [2.0, 3.0]]).reshape(1, 2, 2, 1)
    >>> RandomRotation((0.25, 0.25), seed=1)(x)[0, :, :, 0].round(3)
    array([[1., 3.],
           [0., 2.]], dtype=float32)
    """

    def __init__(self, factor: Any, fill_mode: str = "reflect", *args: Any, **kwargs: Any) -> None:
        super().__init__(fill_mode, *args, factor=factor, **kwargs)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        height, width = self._size(data)
        theta = self._uniform(self._batch(data), self.factor[0] * 360.0, self.factor[1] * 360.0, seed)
        theta = theta * np.float32(math.pi / 180)
        cx, cy = np.float32(0.5 * (width - 1)), np.float32(0.5 * (height - 1))
        cos, sin = np.cos(theta), np.sin(theta)
        return np.stack([cos, -sin, cx - cx * cos + cy * sin, sin, cos, cy - cx * sin - cy * cos], axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class _TwoFactors(RandomAffine):
    """Base of the layers with a factor for each axis."""

    _USE_BASE_FACTOR = False
    _lowest: float = -1.0

    def _bounds(self, factor: Any, name: str) -> tuple[float, float]:
        return bounds(factor, name, (self._lowest, 1.0), lowest=-math.inf)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}

    height_factor: Any
    width_factor: Any


class RandomTranslation(_TwoFactors):
    """Shifts each image by fractions of its height and width: u = x − t_x·W, v = y − t_y·H.

    Args (as in Keras):
        height_factor, width_factor: f means (−f, f); positive is down and right.

    The others are those of :class:`RandomAffine`.

    >>> x = np.arange(4.0).reshape(1, 1, 4, 1)
    >>> RandomTranslation(0.0, (0.25, 0.25), fill_mode="constant")(x).ravel()
    array([0., 0., 1., 2.], dtype=float32)
    """

    def __init__(self, height_factor: Any, width_factor: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._ranges = self._bounds(height_factor, "height_factor"), self._bounds(width_factor, "width_factor")

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        n, (height, width) = self._batch(data), self._size(data)
        down = self._uniform(n, *self._ranges[0], seed, height)
        right = self._uniform(n, *self._ranges[1], seed, width)
        one, zero = np.ones(n, np.float32), np.zeros(n, np.float32)
        return np.stack([one, zero, -right, zero, one, -down], axis=1)


class RandomZoom(_TwoFactors):
    """Zooms each image about its middle c: u = z_x·(x − c_x) + c_x, v = z_y·(y − c_y) + c_y, with z = 1 + factor.

    Args (as in Keras):
        height_factor: f means (−f, f); positive zooms out, negative zooms in.
        width_factor: the same; None zooms both axes alike.

    The others are those of :class:`RandomAffine`.

    >>> x = np.arange(5.0).reshape(1, 1, 5, 1)
    >>> RandomZoom((-0.5, -0.5), seed=1)(x).ravel()
    array([1. , 1.5, 2. , 2.5, 3. ], dtype=float32)
    """

    _lowest = math.nextafter(-1.0, 0.0)

    def __init__(self, height_factor: Any, width_factor: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height_range = self._bounds(height_factor, "height_factor")
        self._width_range = None if width_factor is None else self._bounds(width_factor, "width_factor")

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        if not training:
            return None
        n, (height, width) = self._batch(data), self._size(data)
        low, high = self._height_range
        zy = zx = self._uniform(n, 1.0 + low, 1.0 + high, seed)
        if self._width_range is not None:
            low, high = self._width_range
            zx = self._uniform(n, 1.0 + low, 1.0 + high, seed)
        cx, cy = np.float32((width - 1) / 2), np.float32((height - 1) / 2)
        zero = np.zeros(n, np.float32)
        return np.stack([zx, zero, cx * (1 - zx), zero, zy, cy * (1 - zy)], axis=1)
