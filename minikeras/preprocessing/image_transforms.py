"""Changes of one image: affine maps, and shifts of its values."""

from typing import Any

import numpy as np

from ..errors import require
from ..utils.image_utils import array_to_img, img_to_array


def apply_affine_transform(
    x: np.ndarray,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """An image rotated, shifted, sheared and zoomed about its middle.

    out(p) = x(A·(p − c) + c + t),   A = rotation·shear·zoom, t = rotation·(tx, ty), c the middle

    Args (as in Keras):
        x: an image with three axes.
        theta, shear: degrees.
        tx, ty: pixels down and to the right.
        zx, zy: factors.
        row_axis, col_axis, channel_axis: which axis is which.
        fill_mode, cval, order: as in ``scipy.ndimage.affine_transform``.

    Raises:
        ValueError: for other axes.
        MissingExtraError: without SciPy, if there is something to do.
    """
    if x.ndim != 3 or {row_axis, col_axis, channel_axis} != {0, 1, 2}:
        raise ValueError(
            "Input must be an image with a row, a column and a channel axis. Received: shape "
            f"{x.shape}, row_axis={row_axis}, col_axis={col_axis}, channel_axis={channel_axis}"
        )
    if (theta, tx, ty, shear, zx, zy) == (0, 0, 0, 0, 1, 1):
        return x
    ndimage = require("scipy.ndimage", "images")
    turn, slant = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.array([[1, -np.sin(slant)], [0, np.cos(slant)]]) @ np.diag([zx, zy])
    planes = np.moveaxis(x, (channel_axis, row_axis, col_axis), (0, 1, 2))
    middle = np.array(planes.shape[1:]) / 2 - 0.5
    offset = middle - matrix @ middle + rotation @ np.array([tx, ty])
    out = [ndimage.affine_transform(p, matrix, offset, order=order, mode=fill_mode, cval=cval) for p in planes]
    return np.moveaxis(np.stack(out), (0, 1, 2), (channel_axis, row_axis, col_axis))


def apply_channel_shift(x: np.ndarray, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """Every value shifted, and kept between the least and the largest of the image.

    >>> apply_channel_shift(np.array([[[0.0, 1.0, 4.0]]]), 2)
    array([[[2., 3., 4.]]])
    """
    return np.clip(x + intensity, x.min(), x.max())


def apply_brightness_shift(x: np.ndarray, brightness: float, scale: bool = True) -> Any:
    """The image made brighter (a factor above 1) or darker by Pillow.

    Raises:
        MissingExtraError: without Pillow.
    """
    enhance = require("PIL.ImageEnhance", "images")
    low, high = x.min(), x.max()
    stretched = bool(low < 0 or high > 255)
    image = array_to_img(x, scale=stretched or scale)
    out = img_to_array(enhance.Brightness(image).enhance(brightness))
    return out / 255 * (high - low) + low if stretched and not scale else out
