"""Images of another size, as ``tf.image.resize`` makes them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ....windows import standard_data_format


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
    if standard_data_format(data_format) == "channels_first":
        return np.moveaxis(smart_resize(np.moveaxis(x, -3, -1), size, interpolation), -1, -3)
    top, left, height, width = middle(x.shape[-3], x.shape[-2], *size)
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


def middle(height: int, width: int, target_height: int, target_width: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of the largest part in the middle that has the target's proportions."""
    h = max(min(height, int(width * target_height / target_width)), 1)
    w = max(min(width, int(height * target_width / target_height)), 1)
    return (height - h) // 2, (width - w) // 2, h, w
