"""Images between files, Pillow and arrays, and resizing as ``tf.image.resize`` does it."""

import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import config
from ..errors import require

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
        top, left, h, w = _middle(image.size[1], image.size[0], height, width)
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


def smart_resize(
    x: Any, size: tuple[int, int], interpolation: str = "bilinear", data_format: str = "channels_last"
) -> np.ndarray:
    """Images resized without distortion: the middle is cut out in the target's proportions first.

    Args (as in Keras):
        x: (H, W, C) or (N, H, W, C).
        size: (height, width).
        interpolation: as in :func:`resize`.
        data_format: "channels_first" for (…, C, H, W).

    >>> smart_resize(np.ones((340, 500, 3)), (200, 200)).shape
    (200, 200, 3)
    """
    x = np.asarray(x)
    if len(size) != 2:
        raise ValueError(f"Expected `size` to be a tuple of 2 integers, but got: {size}.")
    if x.ndim not in (3, 4):
        raise ValueError(
            "Expected an image array with shape `(height, width, channels)`, or `(batch_size, height, width, "
            f"channels)`, but got input with incorrect rank, of shape {x.shape}."
        )
    if _channels_first(data_format):
        return np.moveaxis(smart_resize(np.moveaxis(x, -3, -1), size, interpolation), -1, -3)
    top, left, height, width = _middle(x.shape[-3], x.shape[-2], *size)
    return resize(x[..., top : top + height, left : left + width, :], size, interpolation)


def resize(x: Any, size: tuple[int, int], interpolation: str = "bilinear") -> np.ndarray:
    """Images of another size, as ``tf.image.resize`` without antialiasing.

    out[i, j] = Σ_h Σ_w V[i, h]·x[h, w]·H[j, w],   each row of V and H: the kernel around (i + ½)·in/out − ½, sum 1

    Args:
        x: (…, H, W, C).
        size: (height, width).
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or
            "mitchellcubic".

    Returns:
        float32, or x's dtype for "nearest".

    Differs from Keras: TensorFlow reads the bicubic kernel from a table of 1,024 steps; of 255, that is up to 0.2.

    >>> resize(np.arange(4.0).reshape(1, 4, 1), (1, 2)).ravel()
    array([0.5, 2.5], dtype=float32)
    """
    x = np.asarray(x)
    if interpolation == "nearest":
        rows, columns = (
            np.minimum((np.arange(n) + 0.5) * old / n, old - 1).astype(int)
            for n, old in zip(size, x.shape[-3:-1], strict=True)
        )
        return x[..., rows[:, None], columns, :]
    if interpolation not in (*_KERNELS, "area"):
        raise ValueError(
            f"Argument `interpolation` should be one of {('nearest', 'area', *_KERNELS)}. "
            f"Received: interpolation={interpolation}"
        )
    vertical, horizontal = (_weights(old, n, interpolation) for n, old in zip(size, x.shape[-3:-1], strict=True))
    wide = np.einsum("jw,...hwc->...hjc", horizontal, x.astype(np.float32))
    return np.einsum("ih,...hjc->...ijc", vertical, wide).astype(np.float32)


def pad_to_aspect_ratio(x: Any, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """An image resized without distortion into the middle of black, as ``tf.image.resize_with_pad``."""
    height, width = x.shape[:2]
    ratio = max(height / size[0], width / size[1])
    inner = (max(int(height / ratio), 1), max(int(width / ratio), 1))
    out = np.zeros((*size, x.shape[2]), np.float32)
    top, left = int((size[0] - height / ratio) / 2), int((size[1] - width / ratio) / 2)
    out[top : top + inner[0], left : left + inner[1]] = resize(x, inner, interpolation)
    return out


def _cubic(b: float, c: float) -> Callable[[np.ndarray], np.ndarray]:
    """The cubic kernels of Mitchell and Netravali, 1988; B = 0, C = ½ is Keys's."""

    def kernel(d: np.ndarray) -> np.ndarray:
        near = ((12 - 9 * b - 6 * c) * d**3 + (-18 + 12 * b + 6 * c) * d**2 + 6 - 2 * b) / 6
        far = ((-b - 6 * c) * d**3 + (6 * b + 30 * c) * d**2 + (-12 * b - 48 * c) * d + 8 * b + 24 * c) / 6
        return np.where(d < 1, near, np.where(d < 2, far, 0))

    return kernel


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda d: np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0)


_KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bilinear": lambda d: np.maximum(1 - d, 0),
    "bicubic": _cubic(0, 0.5),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "gaussian": lambda d: np.where(d < 1.5, np.exp(-2 * d**2), 0),
    "mitchellcubic": _cubic(1 / 3, 1 / 3),
}


def _weights(old: int, new: int, interpolation: str) -> np.ndarray:
    """(new, old) weights of the old pixels in the new ones."""
    scale = old / new
    if interpolation == "area":
        start = np.arange(new)[:, None] * scale
        pixel = np.arange(old)
        weights = np.clip(np.minimum(start + scale, pixel + 1) - np.maximum(start, pixel), 0, None)
    else:
        centres = np.clip((np.arange(new) + 0.5) * scale, 0.5 if interpolation == "bilinear" else 0, old)
        if interpolation == "bilinear":
            centres = np.minimum(centres, old - 0.5)
        weights = _KERNELS[interpolation](np.abs(centres[:, None] - np.arange(old) - 0.5))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _middle(height: int, width: int, target_height: int, target_width: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of the largest part in the middle that has the target's proportions."""
    h = max(min(height, int(width * target_height / target_width)), 1)
    w = max(min(width, int(height * target_width / target_height)), 1)
    return (height - h) // 2, (width - w) // 2, h, w


def _channels_first(data_format: str | None) -> bool:
    data_format = data_format or config.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return data_format == "channels_first"
