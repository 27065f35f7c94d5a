"""CenterCrop: the middle of each image."""

from typing import Any

import numpy as np

from .base_image_preprocessing_layer import BaseImagePreprocessingLayer
from .interpolation import smart_resize


class CenterCrop(BaseImagePreprocessingLayer):
    """The middle of each image; an image that is too small is resized, by :func:`~minikeras.utils.smart_resize`.

    Args (as in Keras):
        height, width: of the outputs, in training and inference alike.

    >>> CenterCrop(1, 2)(np.arange(12.0).reshape(1, 3, 4, 1)).ravel()
    array([5., 6.], dtype=float32)
    """

    _USE_BASE_FACTOR = False

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = height, width

    def transform_images(self, images: np.ndarray, transformation: Any = None, training: bool = True) -> np.ndarray:
        images = self._cast_images(images)
        top, left = ((images.shape[a] - n) // 2 for a, n in ((self._h, self.height), (self._w, self.width)))
        if top < 0 or left < 0:
            resized = smart_resize(images, (self.height, self.width), data_format=self.data_format)
            return self._cast_images(resized)
        tail: Any = (slice(None),) * (-1 - self._w)
        return images[..., top : top + self.height, left : left + self.width, *tail]

    transform_segmentation_masks = transform_images  # type: ignore[assignment]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._with_size(input_shape, self.height, self.width)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}
