"""Images under affine maps of their pixels' places, as TensorFlow's ImageProjectiveTransformV3 computes them."""

from typing import Any

import numpy as np

from ....errors import UnsupportedError

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


def check_modes(fill_mode: str, interpolation: str) -> None:
    """Refuses an unknown fill mode or interpolation.

    Raises:
        UnsupportedError: for either.
    """
    if fill_mode not in FILL_MODES:
        raise UnsupportedError(f"Unknown `fill_mode` {fill_mode}. Expected of one {FILL_MODES}.")
    if interpolation not in INTERPOLATIONS:
        raise UnsupportedError(f"Unknown `interpolation` {interpolation}. Expected of one {INTERPOLATIONS}.")


def affine_transform(
    images: np.ndarray, matrices: np.ndarray, interpolation: str, fill_mode: str, fill_value: float
) -> np.ndarray:
    """Pixel (x, y) of an output is its image at the place

        u = a₀·x + a₁·y + a₂,    v = b₀·x + b₁·y + b₂

    Args:
        images: (N, H, W, C).
        matrices: (N, 6) float32, rows (a₀, a₁, a₂, b₀, b₁, b₂).
        interpolation: "nearest" is the pixel at the rounded place; "bilinear" the mean of the four around it, each
            with the product of 1 less its distances along both axes as its weight, in float32 as by TensorFlow.
        fill_mode: what is outside: "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d), "nearest"
            (the outermost pixel), or "constant".
        fill_value: the constant.

    >>> x = np.arange(3.0).reshape(1, 1, 3, 1)
    >>> right = np.array([[1, 0, -0.5, 0, 1, 0]], np.float32)
    >>> affine_transform(x, right, "bilinear", "constant", 0.0).ravel()
    array([0. , 0.5, 1.5])
    """
    height, width = images.shape[1:3]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    a0, a1, a2, b0, b1, b2 = matrices.astype(np.float32).T[:, :, None, None]
    u = _inside(a0 * x + a1 * y + a2, width, fill_mode)  # (N, H, W)
    v = _inside(b0 * x + b1 * y + b2, height, fill_mode)
    rows = np.arange(len(images))[:, None, None]
    pixels = images if interpolation == "nearest" else images.astype(np.float32, copy=False)

    def read(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        within = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        found = pixels[rows, np.clip(i, 0, height - 1).astype(np.intp), np.clip(j, 0, width - 1).astype(np.intp)]
        return np.where(within[..., None], found, pixels.dtype.type(fill_value))

    if interpolation == "nearest":
        return read(_rounded(v), _rounded(u))
    top, left = np.floor(v), np.floor(u)
    q, p = ((v - top)[..., None], (u - left)[..., None])
    above = (1 - p) * read(top, left) + p * read(top, left + 1)
    below = (1 - p) * read(top + 1, left) + p * read(top + 1, left + 1)
    return ((1 - q) * above + q * below).astype(images.dtype, copy=False)


def _rounded(places: np.ndarray) -> np.ndarray:
    """To the next integer, halves away from zero."""
    return np.copysign(np.floor(np.abs(places) + np.float32(0.5)), places)


def _inside(places: np.ndarray, n: int, fill_mode: str) -> Any:
    """Places along an axis of n pixels, brought inside."""
    if fill_mode == "constant":
        return places
    if fill_mode == "reflect":
        places = np.mod(places, np.float32(2 * n))
        places = np.where(places < n, places, 2 * n - 1 - places)
    elif fill_mode == "wrap":  # one pixel less than a period lies between the outermost ones
        turns = np.where(places < 0, np.trunc(-places / max(n - 1, 1)) + 1, -np.trunc(places / max(n - 1, 1)))
        outside = (places < 0) | (places > n - 1)
        places = np.where(outside, places + n * turns.astype(np.float32), places)
    return np.clip(places, 0, n - 1)
