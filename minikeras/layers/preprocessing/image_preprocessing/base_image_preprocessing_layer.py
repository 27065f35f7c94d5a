"""BaseImagePreprocessingLayer: draws a transformation, and applies it to images, labels and masks."""

from typing import Any

import numpy as np

from ....errors import ShapeError, UnsupportedError
from ....running import running
from ....windows import standard_data_format
from ...base import Layer
from ...shapes import is_shape, symbols_of


class BaseImagePreprocessingLayer(Layer):
    """Base of the layers that transform images; a custom one overrides two methods, and others as needed::

        get_random_transformation(data, training, seed)     what is drawn for a batch
        transform_images(images, transformation, training)  y
        transform_labels(labels, transformation, training)  the labels, if they change
        transform_segmentation_masks(masks, transformation, training)

    Input: images (N, H, W, C), or one image (H, W, C), as array or under "images" in a dictionary. Output: the same
    form, floats.

    Args (as in Keras):
        factor: a number f for the range (−f, f), or two numbers, within ``_FACTOR_BOUNDS``; only if
            ``_USE_BASE_FACTOR`` is True.
        data_format: "channels_last", or "channels_first" for (N, C, H, W).

    Without ``training``, a layer that is called outside any model transforms, as in Keras.

    Backward: dx = dy where images pass through unchanged, that is, in inference.

    Raises:
        UnsupportedError: for bounding boxes; and in ``backward``, if dx of transformed images is wanted. These layers
            come before the layers that are trained.

    Differs from Keras: in a model that is called without ``training``, images pass through.

    >>> from minikeras import random
    >>> class Noise(BaseImagePreprocessingLayer):
    ...     def __init__(self, factor, seed=None, **kwargs):
    ...         super().__init__(factor=factor, **kwargs)
    ...         self.seed, self.generator = seed, random.SeedGenerator(seed)
    ...     def get_random_transformation(self, data, training=True, seed=None):
    ...         return random.uniform(data.shape, *self.factor, seed=seed or self.generator)
    ...     def transform_images(self, images, transformation, training=True):
    ...         return images + transformation if training else images
    >>> Noise(0.1, seed=1)(np.zeros((1, 1, 2, 1))).ravel()
    array([ 0.07569764, -0.00800395], dtype=float32)
    """

    _USE_BASE_FACTOR = True
    _FACTOR_BOUNDS: tuple[float, float] = (-1, 1)

    def __init__(
        self, factor: Any = None, bounding_box_format: str | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.bounding_box_format, self.data_format = bounding_box_format, standard_data_format(data_format)
        if self._USE_BASE_FACTOR:
            self._set_factor(factor or 0.0)
        elif factor is not None:
            raise ValueError(
                f"Layer {type(self).__name__} does not take a `factor` argument. Received: factor={factor}"
            )
        self._h, self._w = (-2, -1) if self.data_format == "channels_first" else (-3, -2)
        self.built = True

    def _set_factor(self, factor: Any) -> None:
        self.factor = bounds(factor, "factor", self._FACTOR_BOUNDS, lowest=self._FACTOR_BOUNDS[0])

    # What a custom layer overrides.

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What is drawn for a batch; by default nothing. ``data`` is what the layer was called on."""
        return None

    def transform_images(self, images: np.ndarray, transformation: Any, training: bool = True) -> Any:
        """The transformed images (N, …) in the layer's dtype."""
        raise NotImplementedError(f"{type(self).__name__} must override `transform_images(images, transformation)`.")

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """The labels of the transformed images; by default the same ones."""
        return labels

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        """The masks of the transformed images; by default the same ones."""
        return segmentation_masks

    # Using it.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("training") is None and running() is None:
            kwargs["training"] = True
        return super().__call__(*args, **kwargs)

    def call(self, data: Any, training: bool = True) -> Any:
        images = data["images"] if isinstance(data, dict) else data
        if images.ndim not in (3, 4):
            raise ShapeError(
                f"Layer '{self.name}' ({type(self).__name__}) expects one image with 3 axes or a batch of images with "
                f"4. Received: data.shape={images.shape}"
            )
        single = images.ndim == 3
        transformation = self.get_random_transformation(data, training=training)

        def apply(method: Any, values: Any) -> Any:
            values = np.asarray(values)
            made = np.asarray(method(values[None] if single else values, transformation, training=training))
            return made[0] if single else made

        y = apply(self.transform_images, images)
        self.save(same=y.shape == images.shape and np.array_equal(y, images, equal_nan=y.dtype.kind == "f"))
        if not isinstance(data, dict):
            return y
        if "bounding_boxes" in data:
            raise UnsupportedError(
                f"{type(self).__name__} in minikeras transforms images, labels and segmentation masks, not bounding "
                f"boxes: there are no layers of object detection."
            )
        methods = {"labels": self.transform_labels, "segmentation_masks": self.transform_segmentation_masks}
        others = {key: apply(methods[key], v) if key in methods else v for key, v in data.items() if key != "images"}
        return {key: y if key == "images" else others[key] for key in data}

    def backward(self, dy: Any) -> Any:
        same = self.saved()["same"]
        if not self.wants_dx:
            return None
        if not same:
            raise UnsupportedError(
                f"Layer '{self.name}' ({type(self).__name__}) has no derivative with respect to images that it "
                f"transforms. Put it before the layers that are trained, or call the model with training=False."
            )
        return dy

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def compute_output_spec(self, data: Any, **kwargs: Any) -> Any:
        shapes = data.shape if hasattr(data, "shape") else {key: a.shape for key, a in data.items()}
        return symbols_of(self.compute_output_shape(shapes), self.dtype)

    # What the layers of this folder share.

    def _images(self, data: Any) -> np.ndarray:
        return data["images"] if isinstance(data, dict) else data

    def _cast_images(self, images: Any) -> np.ndarray:
        return np.asarray(images).astype(self._dtype, copy=False)

    def _batch(self, data: Any) -> int:
        """N, which is 1 for one image."""
        images = self._images(data)
        return len(images) if images.ndim == 4 else 1

    def _size(self, data: Any) -> tuple[int, int]:
        shape = self._images(data).shape
        return shape[self._h], shape[self._w]

    def _with_size(self, shape: Any, height: int, width: int) -> Any:
        """A shape with another height and width; of a dictionary, those of "images" and masks."""
        if not is_shape(shape):
            return {k: s if k == "labels" else self._with_size(s, height, width) for k, s in shape.items()}
        changed = list(shape)
        changed[self._h], changed[self._w] = height, width
        return tuple(changed)

    def get_config(self) -> dict[str, Any]:
        own: dict[str, Any] = {"data_format": self.data_format}
        if self.bounding_box_format is not None:
            own["bounding_box_format"] = self.bounding_box_format
        return {**super().get_config(), **own}


def bounds(factor: Any, name: str, allowed: tuple[float, float], lowest: float) -> tuple[float, float]:
    """The range of a factor: two numbers in order, or (−f, f), but not below ``lowest``, for one number f.

    Raises:
        ValueError: for anything else, or numbers outside ``allowed``.

    >>> bounds(0.2, "factor", (-1, 1), lowest=-1), bounds(0.2, "factor", (0, 1), lowest=0)
    ((-0.2, 0.2), (0, 0.2))
    """
    pair = isinstance(factor, tuple | list)
    values = list(factor) if pair else [factor]
    numbers = all(isinstance(v, int | float) for v in values)
    if not numbers or len(values) != (2 if pair else 1) or any(not allowed[0] <= v <= allowed[1] for v in values):
        raise ValueError(
            f"The `{name}` argument should be a number (or a list of two numbers) in the range "
            f"[{allowed[0]}, {allowed[1]}]. Received: {name}={factor}"
        )
    if pair:
        return min(values), max(values)
    return max(-abs(factor), lowest), abs(factor)
