"""UpSampling: an image with more pixels.

    nearest    y[i] = x[⌊i / s⌋]                        dx[j] = Σ dy[i] over the s pixels i with ⌊i / s⌋ = j
    bilinear   y = M x along each axis                  dx = Mᵀ dy along each axis

Row i of M has the two pixels around place (i + ½) / s − ½ of x, each with 1 less its distance as its weight; beyond the
outermost pixels' centres their value stays.

>>> x = np.array([0.0, 4.0]).reshape(1, 1, 2, 1)
>>> UpSampling2D((1, 2))(x).ravel()
array([0., 0., 4., 4.], dtype=float32)
>>> UpSampling2D((1, 2), interpolation="bilinear")(x).ravel()
array([0., 1., 3., 4.], dtype=float32)
"""

from typing import Any

import numpy as np

from ...errors import UnsupportedError
from ...windows import choice, sizes, standard_data_format
from ..arguments import Spatial
from ..base import Shape


class UpSampling(Spatial):
    """Each pixel ``size`` times along each of ``rank`` axes.

    Args (as in Keras):
        size: one integer or one for each axis.
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).
    """

    size: Any
    interpolation = "nearest"

    def __init__(self, size: Any = 2, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(data_format)
        self.size = sizes(size, self.rank, "size")
        self.built = True

    @property
    def _factors(self) -> tuple[int, ...]:
        return self.size

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        last = self._to_last(x, "x")
        shape = (len(x), *(n * s for n, s in zip(last.shape[1:-1], self._factors, strict=True)), last.shape[-1])
        y = self.buffer("y", shape)
        if self.interpolation == "nearest":
            self._blocks(y)[...] = np.expand_dims(last, tuple(range(2, 2 * self.rank + 1, 2)))
        else:
            mh, mw = self._matrices(last.shape)
            np.einsum("ih,jw,nhwc->nijc", mh, mw, last, out=y, optimize=True)
        self.save(shape=last.shape)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        shape = self.saved()["shape"]
        dx, last = self.buffer("dx", shape), self._to_last(dy, "dy")
        if self.interpolation == "nearest":
            self._blocks(last).sum(axis=tuple(range(2, 2 * self.rank + 1, 2)), out=dx)
        else:
            mh, mw = self._matrices(shape)
            np.einsum("ih,jw,nijc->nhwc", mh, mw, last, out=dx, optimize=True)
        return self._from_last(dx, "dx_first")

    def _blocks(self, y: np.ndarray) -> np.ndarray:
        """y (N, S·s…, C) seen as (N, S, s, …, C)."""
        split = [n for size, s in zip(y.shape[1:-1], self._factors, strict=True) for n in (size // s, s)]
        return y.reshape(len(y), *split, y.shape[-1])

    def _matrices(self, shape: tuple[int, ...]) -> list[np.ndarray]:
        return [_interpolation(n, n * s, self._dtype) for n, s in zip(shape[1:-1], self._factors, strict=True)]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, channels = self._split(input_shape)
        larger = tuple(None if n is None else n * s for n, s in zip(spatial, self._factors, strict=True))
        return self._join(input_shape[0], larger, channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}


def _interpolation(size: int, outputs: int, dtype: Any) -> np.ndarray:
    """M (outputs, size)."""
    place = np.clip((np.arange(outputs) + 0.5) * size / outputs - 0.5, 0, size - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(size))).astype(dtype)


class UpSampling1D(UpSampling):
    """Each step of a sequence ``size`` times, (N, T, C) → (N, T·size, C).

    Args (as in Keras):
        size: a positive integer.

    Raises:
        TypeError, ValueError: for anything else.
    """

    rank = 1

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Expected an integer value for `size`, got {type(size)}.")
        if size <= 0:
            raise ValueError(f"Argument `size` should be a positive integer. Received: size={size}")
        super().__init__(size, **kwargs)
        self.size = size

    @property
    def _factors(self) -> tuple[int, ...]:
        return (self.size,)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["data_format"]
        return config


class UpSampling2D(UpSampling):
    """An image with more pixels, (N, H, W, C) → (N, H·s, W·s′, C).

    Args (as in Keras): those of UpSampling, and
        interpolation: "nearest" or "bilinear".

    Raises:
        UnsupportedError: for "bicubic", "lanczos3" and "lanczos5", which Keras has.
    """

    rank = 2

    def __init__(
        self, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        words = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        self.interpolation = choice(interpolation, words, "interpolation")
        if self.interpolation not in words[:2]:
            raise UnsupportedError(
                f"UpSampling2D supports interpolation 'nearest' and 'bilinear' in minikeras. "
                f"Received: interpolation={interpolation!r}"
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "interpolation": self.interpolation}


class UpSampling3D(UpSampling):
    """A volume with more pixels, (N, D, H, W, C) → (N, D·s, H·s′, W·s″, C)."""

    rank = 3
