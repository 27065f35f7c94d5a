"""Max and average pooling: one number for each window and channel.

With x (N, S…, C) and windows as in :mod:`minikeras.layers.convolutional.base_conv`, where w(o) is the set of pixels
that the window at position o meets::

    max      (1)  y[n,o,c] = x[n,i,c]                         i = the pixel of w(o) with the largest x[n,i,c]
             (2)  dx[n,i,c] = Σ dy[n,o,c]                     over the windows o that i is the winner of
    average  (3)  y[n,o,c] = Σ x[n,i,c] / |w(o)|              over the pixels i of w(o)
             (4)  dx[n,i,c] = Σ dy[n,o,c] / |w(o)|            over the windows o with i in w(o)

With padding "same", a window over the edge has only the pixels inside: |w(o)| is smaller there. Of several largest
entries the first, row by row, is the winner. Forward keeps the winners, so backward only sends dy to them:

>>> x = np.array([[1.0, 5.0, 0.0, 2.0], [3.0, 4.0, 2.0, 2.0]]).reshape(1, 2, 4, 1)
>>> layer = MaxPooling2D(2, dtype="float64")
>>> layer(x, record=True).ravel()
array([5., 2.])
>>> layer.backward(np.array([10.0, 20.0]).reshape(1, 1, 2, 1))[0, :, :, 0]      # three entries are 2: the first wins
array([[ 0., 10.,  0., 20.],
       [ 0.,  0.,  0.,  0.]])
>>> layer = AveragePooling2D(2, dtype="float64")
>>> layer(x, record=True).ravel()
array([3.25, 1.5 ])
>>> layer.backward(np.array([10.0, 20.0]).reshape(1, 1, 2, 1))[0, :, :, 0]
array([[2.5, 2.5, 5. , 5. ],
       [2.5, 2.5, 5. , 5. ]])
"""

from typing import Any

import numpy as np

from ... import kernels
from ...errors import ShapeError
from ...windows import Window, choice, each_part, sizes, standard_data_format
from ..arguments import Spatial
from ..base import Shape


class Pooling(Spatial):
    """Pooling over ``rank`` axes.

    Args (as in Keras):
        pool_size: the window, one integer or one for each axis.
        strides: how far it moves; by default its size.
        padding: "valid" (only whole windows) or "same" (O = S / s, rounded up).
        data_format: "channels_last" (N, S…, C), or "channels_first" (N, C, S…).
    """

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = sizes(pool_size, self.rank, "pool_size")
        self.strides = sizes(self.pool_size if strides is None else strides, self.rank, "strides")
        self.padding = choice(padding, ("valid", "same"), "padding")
        self.data_format = standard_data_format(data_format)
        self.built = True

    @property
    def _window(self) -> Window:
        return Window(self.pool_size, self.strides, (1,) * self.rank, self.padding)

    def _positions(self, spatial: tuple[int | None, ...], shape: Any = None) -> tuple[int | None, ...]:
        positions = self._window.positions(spatial)
        if any(o is not None and o <= 0 for o in positions):
            raise ShapeError(
                f"Computed output size would be zero or negative, in layer '{self.name}'. Received: "
                f"`inputs.shape={shape or spatial}`, `pool_size={self.pool_size}`, `strides={self.strides}`, "
                f"`padding={self.padding}`."
            )
        return positions

    def _geometry(self, spatial: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """Window, strides, dilation and the pixels that are missing before the first: what the kernels take."""
        return self.pool_size, *self._window.geometry(spatial)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        spatial, channels = self._split(input_shape)
        return self._join(input_shape[0], self._positions(spatial, input_shape), channels)

    def get_config(self) -> dict[str, Any]:
        own = {"pool_size": self.pool_size, "padding": self.padding, "strides": self.strides}
        return {**super().get_config(), **own, "data_format": self.data_format}


class MaxPooling(Pooling):
    """The largest entry of each window, equations (1) and (2); NaN is larger than all numbers.

    Differs from Keras on TensorFlow: NaN goes on, where TensorFlow may leave it out; of several largest entries of a
    3-D window the first gets the gradient, where TensorFlow gives all of it to each.
    """

    quantities = {
        "y": ("y = the largest x of the window", r"y = \max_{i \in w} x_i"),
        "winner": ("which entry of the window is the largest", r"\mathrm{argmax}_{i \in w}\, x_i"),
        "dx": (
            "dx = Σ dy of the windows that it won",
            r"\d{x_i} = \sum_{o:\, i\ \mathrm{won}} \d{y_o}",
        ),
    }

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        last = self._to_last(x, "x")
        shape: Any = (len(x), *self._positions(last.shape[1:-1]), last.shape[-1])
        y, winner = self.buffer("y", shape), self.buffer("winner", shape, np.int32)
        pool, geometry = kernels.select(y.dtype).max_pool, self._geometry(last.shape[1:-1])
        each_part(last, lambda part: pool(last[part], y[part], winner[part], *geometry))  # (1)
        self.save(winner=winner, shape=last.shape)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame, dy = self.saved(), self._to_last(dy, "dy")
        dx, winner, geometry = self.buffer("dx", frame["shape"]), frame["winner"], self._geometry(frame["shape"][1:-1])
        back = kernels.select(dx.dtype).max_pool_backward
        each_part(dx, lambda part: back(dy[part], winner[part], dx[part], *geometry))  # (2)
        return self._from_last(dx, "dx_first")


class AveragePooling(Pooling):
    """The mean of each window, equations (3) and (4)."""

    quantities = {
        "y": ("y = the mean of the window", r"y = \frac{1}{|w|}\sum_{i \in w} x_i"),
        "dx": (
            "dx = Σ dy / |w|",
            r"\d{x_i} = \sum_{o:\, i \in w(o)} \frac{1}{|w|}\d{y_o}",
        ),
    }

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        last = self._to_last(x, "x")
        spatial = last.shape[1:-1]
        share = self._share(spatial)
        y = self.buffer("y", (len(x), *share.shape[:-1], last.shape[-1]))
        pool, geometry = kernels.select(y.dtype).average_pool, self._geometry(spatial)
        each_part(last, lambda part: pool(last[part], share, y[part], *geometry))  # (3)
        self.save(share=share, shape=last.shape)
        return self._from_last(y, "y_first")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame, dy = self.saved(), self._to_last(dy, "dy")
        dx, share, geometry = self.buffer("dx", frame["shape"]), frame["share"], self._geometry(frame["shape"][1:-1])
        back = kernels.select(dx.dtype).average_pool_backward
        each_part(dx, lambda part: back(dy[part], share, dx[part], *geometry))  # (4)
        return self._from_last(dx, "dx_first")

    def _share(self, spatial: tuple[int, ...]) -> np.ndarray:
        """1 / |w(o)|, (O…, 1)."""
        share = self.buffer("share", (*self._positions(spatial), 1))  # type: ignore[arg-type]
        return self._window.share(spatial, share)


class MaxPooling1D(MaxPooling):
    """The largest entry of each window of a sequence, (N, T, C) → (N, T′, C)."""

    rank = 1


class MaxPooling2D(MaxPooling):
    """The largest entry of each window of an image, (N, H, W, C) → (N, H′, W′, C).

    >>> MaxPooling2D().compute_output_shape((None, 28, None, 32))
    (None, 14, None, 32)
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """The largest entry of each window of a volume, (N, D, H, W, C) → (N, D′, H′, W′, C)."""

    rank = 3


class AveragePooling1D(AveragePooling):
    """The mean of each window of a sequence, (N, T, C) → (N, T′, C).

    >>> AveragePooling1D(3, strides=1, padding="same")(np.array([[[3.0], [6.0], [9.0]]])).ravel()
    array([4.5, 6. , 7.5], dtype=float32)
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of an image, (N, H, W, C) → (N, H′, W′, C)."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume, (N, D, H, W, C) → (N, D′, H′, W′, C)."""

    rank = 3
