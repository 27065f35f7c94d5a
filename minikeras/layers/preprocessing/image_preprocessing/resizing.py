"""Resizing: images of another size."""

from typing import Any

import numpy as np

from ....errors import UnsupportedError
from .base_image_preprocessing_layer import BaseImagePreprocessingLayer
from .interpolation import middle, resize


class Resizing(BaseImagePreprocessingLayer):
    """Images of another size, in training and inference alike; see :func:`.interpolation.resize`.

    Args (as in Keras):
        height, width: of the outputs.
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic".
        crop_to_aspect_ratio: cuts the middle out in the proportions of the outputs first.
        pad_to_aspect_ratio: adds ``fill_value`` around the images up to these proportions first.
        fill_mode: only "constant".
        antialias: only False.

    Output: the dtype of the images; integers are rounded.

    Raises:
        ValueError: for both of the aspect ratio's options, or another fill mode or interpolation.

    >>> Resizing(1, 2)(np.arange(4.0).reshape(1, 1, 4, 1)).ravel()
    array([0.5, 2.5], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.")
        if fill_mode != "constant":
            raise ValueError(
                f"Invalid value for argument `fill_mode`. Only `'constant'` is supported. "
                f"Received: fill_mode={fill_mode}"
            )
        if antialias:
            raise UnsupportedError("Resizing in minikeras does not support `antialias=True`.")
        self.height, self.width, self.interpolation = height, width, interpolation
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value, self.antialias = fill_mode, fill_value, bool(antialias)

    def transform_images(self, images: np.ndarray, transformation: Any = None, training: bool = True) -> np.ndarray:
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._resized(segmentation_masks, "nearest")

    def _resized(self, images: np.ndarray, interpolation: str) -> np.ndarray:
        first = self.data_format == "channels_first"
        x = np.moveaxis(images, -3, -1) if first else images
        if self.crop_to_aspect_ratio:
            top, left, h, w = middle(x.shape[-3], x.shape[-2], self.height, self.width)
            x = x[..., top : top + h, left : left + w, :]
        elif self.pad_to_aspect_ratio:
            x = self._padded(x)
        y = resize(x, (self.height, self.width), interpolation)
        if images.dtype.kind in "iu" and y.dtype != images.dtype:
            limits = np.iinfo(images.dtype)
            y = np.clip(np.round(y), limits.min, limits.max)
        y = y.astype(images.dtype, copy=False)
        return np.moveaxis(y, -1, -3) if first else y

    def _padded(self, x: np.ndarray) -> np.ndarray:
        height, width = x.shape[-3:-1]
        above = max(int(width * self.height / self.width) - height, 0) // 2
        before = max(int(height * self.width / self.height) - width, 0) // 2
        padding = [(0, 0)] * (x.ndim - 3) + [(above, above), (before, before), (0, 0)]
        return np.pad(x, padding, constant_values=self.fill_value)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._with_size(input_shape, self.height, self.width)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height": self.height,
            "width": self.width,
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "antialias": self.antialias,
        }
