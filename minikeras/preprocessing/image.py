"""Images: loading and saving, and batches of randomly changed images as in Keras's legacy module."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import config
from ..utils.image_utils import array_to_img, img_to_array, load_img, save_img, smart_resize
from .image_iterators import DirectoryIterator, Iterator, NumpyArrayIterator
from .image_transforms import apply_affine_transform, apply_brightness_shift, apply_channel_shift

__all__ = [
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "load_img",
    "save_img",
    "smart_resize",
]


class ImageDataGenerator:
    """Batches of images, each changed at random and standardized.

    The random numbers come from NumPy's global generator in Keras's order, so a seed gives Keras's images.

    Args (as in Keras):
        featurewise_center, featurewise_std_normalization, zca_whitening, zca_epsilon: standardize by what
            :meth:`fit` has found.
        samplewise_center, samplewise_std_normalization: standardize each image by itself.
        rotation_range: degrees.
        width_shift_range, height_shift_range: share of the size below 1, pixels from 1 on, or a list of pixels.
        brightness_range: (least, largest) factor.
        shear_range: degrees.
        zoom_range: (least, largest) factor, or z for (1 − z, 1 + z).
        channel_shift_range: largest shift of the values.
        fill_mode, cval: what is seen outside, as in ``scipy.ndimage``.
        horizontal_flip, vertical_flip: True mirrors half of the images.
        rescale: factor.
        preprocessing_function: called with each image first.
        data_format: "channels_last" or "channels_first".
        validation_split: share of the rows for ``subset="validation"``, the first ones.
        interpolation_order: of the spline.
        dtype: default ``floatx``.

    Raises:
        ValueError: for an argument out of range.
        MissingExtraError: when used, without Pillow (files, brightness) or SciPy (rotation, shift, shear, zoom).

    Differs from Keras: an image of ``flow`` is a copy, so ``rescale`` never changes the caller's array; there is no
    ``flow_from_dataframe``.

    >>> images = np.arange(8.0).reshape(2, 2, 2, 1)
    >>> x, y = ImageDataGenerator(rescale=0.5).flow(images, [3, 4], batch_size=2, shuffle=False)[0]
    >>> x[1].ravel(), y
    (array([2. , 2.5, 3. , 3.5], dtype=float32), array([3, 4]))
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        data_format = data_format or config.image_data_format()
        if data_format not in ("channels_last", "channels_first"):
            raise ValueError(f'`data_format` should be "channels_last" or "channels_first". Received: {data_format}')
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"`validation_split` must be strictly between 0 and 1. Received: {validation_split}")
        if isinstance(zoom_range, float | int):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        if len(zoom_range) != 2:
            raise ValueError(f"`zoom_range` should be a float or a tuple or list of two floats. Received: {zoom_range}")
        if brightness_range is not None and len(brightness_range) != 2:
            raise ValueError(f"`brightness_range` should be tuple or list of two floats. Received: {brightness_range}")
        if zca_whitening and featurewise_std_normalization:
            warnings.warn("`zca_whitening` overrides `featurewise_std_normalization`.", stacklevel=2)
            featurewise_std_normalization = False
        self.featurewise_center = featurewise_center or featurewise_std_normalization or zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range, self.zoom_range = rotation_range, shear_range, tuple(zoom_range)
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.channel_shift_range = brightness_range, channel_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format, self.dtype = data_format, dtype or config.floatx()
        self.validation_split = validation_split
        self.row_axis, self.col_axis, self.channel_axis = (1, 2, 3) if data_format == "channels_last" else (2, 3, 1)
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches of (N, H, W, C) images with their labels."""
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size,
            shuffle,
            sample_weight,
            seed,
            subset,
            ignore_class_split,
            (save_to_dir, save_prefix, save_format),
        )

    def flow_from_directory(
        self,
        directory: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of the images of a folder, one subfolder a class."""
        return DirectoryIterator(
            directory,
            self,
            target_size,
            color_mode,
            classes,
            class_mode,
            batch_size,
            shuffle,
            seed,
            follow_links,
            subset,
            interpolation,
            keep_aspect_ratio,
            (save_to_dir, save_prefix, save_format),
        )

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """The image preprocessed, rescaled, centred and scaled as the arguments say."""
        x = self.preprocessing_function(x) if self.preprocessing_function else x
        x = x * self.rescale if self.rescale else x
        x = x - x.mean(keepdims=True) if self.samplewise_center else x
        x = x / (x.std(keepdims=True) + 1e-6) if self.samplewise_std_normalization else x
        for asked, name in (
            (self.featurewise_center, "mean"),
            (self.featurewise_std_normalization, "std"),
            (self.zca_whitening, "zca_whitening_matrix"),
        ):
            if asked and getattr(self, name) is None:
                warnings.warn(f"fit(x) has to find {name!r} before images can be standardized by it.", stacklevel=2)
        x = x - self.mean if self.featurewise_center and self.mean is not None else x
        x = x / (self.std + 1e-6) if self.featurewise_std_normalization and self.std is not None else x
        if self.zca_whitening and self.zca_whitening_matrix is not None:
            x = (x.reshape(1, -1) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def get_random_transform(self, img_shape: tuple[int, ...], seed: int | None = None) -> dict[str, Any]:
        """A draw of every change, for :meth:`apply_transform`."""
        if seed is not None:
            np.random.seed(seed)

        def symmetric(largest: float) -> Any:
            return np.random.uniform(-largest, largest)

        def shift(largest: Any, size: int) -> Any:
            if not np.any(largest):
                return 0
            if np.ndim(largest) or (isinstance(largest, int) and largest > 0):
                drawn = np.random.choice(largest) * np.random.choice([-1, 1])
            else:
                drawn = symmetric(largest)
            return drawn * size if np.max(largest) < 1 else drawn

        theta = symmetric(self.rotation_range) if self.rotation_range else 0
        tx = shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = symmetric(self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if self.zoom_range == (1, 1) else np.random.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": (np.random.random() < 0.5) * self.horizontal_flip,
            "flip_vertical": (np.random.random() < 0.5) * self.vertical_flip,
            "channel_shift_intensity": symmetric(self.channel_shift_range) if self.channel_shift_range else None,
            "brightness": np.random.uniform(*self.brightness_range) if self.brightness_range is not None else None,
        }

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """The image changed as the parameters of :meth:`get_random_transform` say."""
        row, col, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        given = transform_parameters
        affine = {name: given[name] for name in ("theta", "tx", "ty", "shear", "zx", "zy") if name in given}
        x = apply_affine_transform(
            x,
            **affine,
            row_axis=row,
            col_axis=col,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if given.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given["channel_shift_intensity"], channel)
        x = np.flip(x, col) if given.get("flip_horizontal") else x
        x = np.flip(x, row) if given.get("flip_vertical") else x
        return x if given.get("brightness") is None else apply_brightness_shift(x, given["brightness"], False)

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """The image with one random draw of every change."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Finds the mean, the standard deviation and the whitening of images.

        Args (as in Keras):
            x: (N, H, W, C).
            augment: True takes randomly changed images, ``rounds`` times all of them.
            seed: of the changes.
        """
        x = np.array(x, self.dtype)
        if x.ndim != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4. Got array with shape: {x.shape}")
        if seed is not None:
            np.random.seed(seed)
        x = x * self.rescale if self.rescale else x
        if augment:
            x = np.stack([self.random_transform(image) for _ in range(rounds) for image in x])
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = x.mean(axis=axes, keepdims=True)[0]
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axis=axes, keepdims=True)[0]
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(x.reshape(len(x), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(x)) / (s + self.zca_epsilon))) @ u.T
