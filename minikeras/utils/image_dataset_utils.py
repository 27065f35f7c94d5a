"""A dataset of the image files of a folder."""

from collections.abc import Callable
from typing import Any

from . import image_utils
from .dataset_utils import check_arguments, from_directory

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of images and labels from the files of a folder, one subfolder a class.

    Args (as in Keras):
        directory: the folder.
        labels: "inferred" from the subfolders, a list of integers in the order of the sorted paths, or None.
        label_mode: "int" (int32), "binary" (float32, (N, 1)), "categorical" (float32, (N, K)) or None.
        class_names: the subfolders to use, in the order of the labels.
        color_mode: "grayscale" (C = 1), "rgb" (3) or "rgba" (4).
        batch_size: None for single images.
        image_size: (height, width), or one integer for both.
        shuffle: True: in Keras's order of that seed.
        seed: of the shuffling and of the split.
        validation_split: share of the files, the last ones after shuffling.
        subset: "training", "validation" or "both" (a list of two datasets).
        interpolation: as in :func:`~minikeras.utils.image_utils.resize`.
        follow_links: True visits linked folders.
        crop_to_aspect_ratio: True cuts the middle out in the target's proportions first.
        pad_to_aspect_ratio: True fits the image into black.
        data_format: "channels_first" gives (N, C, H, W).
        format: without effect.
        verbose: True prints the number of files.

    Returns:
        A :class:`~minikeras.utils.dataset.Dataset` of (N, H, W, C) float32 images from 0 to 255, with the attributes
        ``class_names`` and ``file_paths``.

    Raises:
        ValueError: for an argument that doesn't fit, or no file found.
        MissingExtraError: without Pillow.

    Differs from Keras: Pillow reads the files, where Keras uses TensorFlow. JPEG pixels and grey made of colours
    differ by a few of 255 steps.
    """
    check_arguments(labels, label_mode, validation_split, subset, shuffle, seed, format)
    if color_mode not in ("rgb", "rgba", "grayscale"):
        raise ValueError(f'`color_mode` must be one of {{"rgb", "rgba", "grayscale"}}. Received: {color_mode}')
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2:
        raise ValueError(
            f"Invalid `image_size` value. Expected a tuple of 2 integers. Received: image_size={image_size}"
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`.")
    fit: Callable[[Any, tuple[int, int], str], Any] = image_utils.resize
    if crop_to_aspect_ratio:
        fit = image_utils.smart_resize
    elif pad_to_aspect_ratio:
        fit = image_utils.pad_to_aspect_ratio

    def load(path: Any) -> Any:
        pixels = image_utils.img_to_array(image_utils.load_img(str(path), color_mode), "channels_last", "uint8")
        return image_utils.img_to_array(fit(pixels, size, interpolation.lower()), data_format, "float32")

    return from_directory(
        load,
        directory,
        FORMATS,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )
