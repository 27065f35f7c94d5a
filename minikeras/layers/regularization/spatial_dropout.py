"""SpatialDropout1D, SpatialDropout2D, SpatialDropout3D: dropout of whole channels.

y = x ⊙ m / (1 − rate) as for :class:`~minikeras.layers.Dropout`, with one m for all pixels of a channel.

Source: Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.

>>> import numpy as np
>>> y = SpatialDropout1D(0.5, seed=3)(np.ones((1, 2, 4)), training=True)
>>> bool((y[:, 0] == y[:, 1]).all())
True
"""

from typing import Any

from ...errors import ShapeError
from ...windows import standard_data_format
from .dropout import Dropout


class _SpatialDropout(Dropout):
    """Dropout with a mask that has one entry for each sample and channel.

    Args (as in Keras):
        rate: probability of zero, in [0, 1].
        seed: an integer, or None for the next default seed.
    """

    rank: int
    data_format = "channels_last"

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype)

    def check_input(self, shape: tuple[int, ...]) -> None:
        if len(shape) != self.rank + 2:
            raise ShapeError(
                f'Input 0 of layer "{self.name}" is incompatible with the layer: expected ndim={self.rank + 2}, '
                f"found ndim={len(shape)}. Full shape received: {shape}"
            )

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        ones = (1,) * self.rank
        return (*shape[:2], *ones) if self.data_format == "channels_first" else (shape[0], *ones, shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of a sequence (N, T, C)."""

    rank = 1


class _WithFormat(_SpatialDropout):
    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(rate, seed, name, dtype)
        self.data_format = standard_data_format(data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout2D(_WithFormat):
    """Dropout of whole channels of an image (N, H, W, C), or (N, C, H, W) with ``data_format="channels_first"``."""

    rank = 2


class SpatialDropout3D(_WithFormat):
    """Dropout of whole channels of a volume (N, D, H, W, C), or (N, C, D, H, W)."""

    rank = 3
