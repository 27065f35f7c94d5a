"""Images between files, Pillow and arrays; and their resizing, from the layers of that name."""

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .. import config
from ..errors import require
from ..layers.preprocessing.image_preprocessing.interpolation import middle, resize, smart_resize

__all__ = [
    "array_to_img",
    "img_to_array",
    "load_img",
    "pad_to_aspect_ratio",
    "resize",
    "save_img",
    "smart_resize",
]

_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Pillow's image of a file.

    Args (as in Keras):
        path: of the file, or a ``BytesIO``.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: (height, width) to resize to, with Pillow.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: True cuts the middle out in the target's proportions first.

    Raises:
        MissingExtraError: without Pillow.
        TypeError, ValueError: for an argument of another kind.
    """
    pil = require("PIL.Image", "images")
    if not isinstance(path, str | bytes | os.PathLike | io.BytesIO):
        raise TypeError(f"path should be path-like or io.BytesIO, not {type(path)}")
    if color_mode not in _MODES:
        raise ValueError(f'color_mode must be "grayscale", "rgb", or "rgba". Received: {color_mode!r}')
    image = pil.open(path if isinstance(path, io.BytesIO) else io.BytesIO(Path(os.fsdecode(path)).read_bytes()))
    if image.mode not in _MODES[color_mode]:
        image = image.convert(_MODES[color_mode][0])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    methods = {name.lower(): member for name, member in pil.Resampling.__members__.items()}
    if interpolation not in methods:
        raise ValueError(
            f"Invalid interpolation method {interpolation} specified. Supported methods are {', '.join(methods)}"
        )
    height, width = target_size
    box = None
    if keep_aspect_ratio:
        top, left, h, w = middle(image.size[1], image.size[0], height, width)
        box = (left, top, left + w, top + h)
    return image.resize((width, height), methods[interpolation], box=box)


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """(H, W, C) array of an image; C is 1 for grey.

    Args (as in Keras):
        img: Pillow's image, or an array of two or three axes.
        data_format: "channels_first" gives (C, H, W).
        dtype: default ``floatx``.

    >>> img_to_array(np.zeros((4, 5))).shape
    (4, 5, 1)
    """
    x = np.array(img, dtype or config.floatx())
    if x.ndim not in (2, 3):
        raise ValueError(f"Unsupported image shape: {x.shape}")
    x = x[..., None] if x.ndim == 2 else x
    return x.transpose(2, 0, 1) if _channels_first(data_format) else x


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """Pillow's image of an array.

    Args (as in Keras):
        x: (H, W, C) with 1, 3 or 4 channels.
        data_format: "channels_first" for (C, H, W).
        scale: True stretches the values to 0 … 255; False takes them as they are.
        dtype: of the arithmetic; default ``floatx``.

    Raises:
        ValueError: for another shape.
        MissingExtraError: without Pillow.
    """
    pil = require("PIL.Image", "images")
    x = np.asarray(x, dtype or config.floatx())
    if x.ndim != 3:
        raise ValueError(f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}")
    if _channels_first(data_format):
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - x.min()
        top = x.max()
        x = (x / top if top else x) * 255
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"Unsupported channel number: {x.shape[2]}")
    if x.shape[2] > 1:
        return pil.fromarray(x.astype(np.uint8))
    return pil.fromarray(x[..., 0].astype(np.int32 if x.max() > 255 else np.uint8))


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Writes an array as an image file.

    Args (as in Keras):
        path: of the file, or a file object.
        x, data_format, scale: as in :func:`array_to_img`.
        file_format: "png", "jpeg", …; by default the ending of the path.
        **kwargs: passed to Pillow's ``save``.
    """
    if file_format is None and isinstance(path, str | os.PathLike):
        file_format = Path(path).suffix[1:]
    file_format = (file_format or "").lower().replace("jpg", "jpeg") or None
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warnings.warn("The JPEG format does not support RGBA images, converting to RGB.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


def pad_to_aspect_ratio(x: Any, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """An image resized without distortion into the middle of black, as ``tf.image.resize_with_pad``."""
    height, width = x.shape[:2]
    ratio = max(height / size[0], width / size[1])
    inner = (max(int(height / ratio), 1), max(int(width / ratio), 1))
    out = np.zeros((*size, x.shape[2]), np.float32)
    top, left = int((size[0] - height / ratio) / 2), int((size[1] - width / ratio) / 2)
    out[top : top + inner[0], left : left + inner[1]] = resize(x, inner, interpolation)
    return out


def _channels_first(data_format: str | None) -> bool:
    data_format = data_format or config.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return data_format == "channels_first"
