"""GroupNormalization: the channels of each group get mean 0 and variance 1 over the pixels of a sample.

With C channels in G groups, and sums over the pixels and the C/G channels of one sample's group, that is (1) and (2) of
:mod:`.layer_normalization` for N·G rows; γ and β have one entry for each channel.

>>> from minikeras.layers import GroupNormalization
>>> GroupNormalization(2, epsilon=0.0, dtype="float64")(np.array([[1.0, 3.0, 10.0, 30.0]]))
array([[-1.,  1., -1.,  1.]])
"""

from typing import Any

import numpy as np

from ... import kernels
from ..base import Shape
from .base import Normalization, back_from_rows, rows_first


class GroupNormalization(Normalization):
    """Group normalization.

    Args (as in Keras):
        groups: G, which divides the number of channels; −1 is as many groups as channels, instance normalization.
        axis: of the channels.
        epsilon: ε, added to the variance.
        center, scale: whether there are β and γ.
        beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint.

    Raises:
        ValueError: for groups that do not fit.

    Source: Wu & He, "Group normalization", ECCV 2018.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        arguments = dict(locals())
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                f"Received an invalid value for argument `groups`, expected a positive integer (or `-1` for instance "
                f"normalization). Received: groups={groups}"
            )
        super().__init__(**kwargs)
        self.groups, self.axis, self.epsilon, self.center, self.scale = groups, axis, epsilon, center, scale
        self._set_roles(arguments)

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        channels = input_shape[self.axis]
        if channels is not None:
            self.groups = channels if self.groups == -1 else self.groups
            if channels < self.groups:
                raise ValueError(
                    f"Number of groups ({self.groups}) cannot be more than the number of channels ({channels})."
                )
            if channels % self.groups:
                raise ValueError(
                    f"Number of groups ({self.groups}) must be a multiple of the number of channels ({channels})."
                )
        self._add_scale_and_center(input_shape)
        self.mark_built(input_shape)

    def _grouped(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shape with the channels as (G, C/G), and its axes that are summed over."""
        (axis,) = self._axes(len(shape))
        split = (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :])
        return split, tuple(i for i in range(1, len(split)) if i != axis)

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        run, (split, axes) = kernels.select(x.dtype), self._grouped(x.shape)
        a = rows_first(x.reshape(split), axes)
        mean, variance = self.buffer("mean", (a.shape[1],)), self.buffer("variance", (a.shape[1],))
        run.moments(a, mean, variance)
        r = 1 / np.sqrt(variance + self.epsilon)
        rows = self.buffer("h", a.shape)
        run.normalize(a, mean, r, rows)
        h = back_from_rows(rows, split, axes).reshape(x.shape)
        self.save(h=h, rows=rows, r=r)
        return self._scale_and_center(h)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        frame = self.saved()
        split, axes = self._grouped(dy.shape)
        dh = self._scale_and_center_backward(dy, frame["h"]).reshape(split)
        dx = self.buffer("dx", frame["rows"].shape)
        kernels.select(dx.dtype).normalize_backward(rows_first(dh, axes), frame["rows"], frame["r"], dx)
        return back_from_rows(dx, split, axes).reshape(dy.shape)

    def get_config(self) -> dict[str, Any]:
        own = {"groups": self.groups, "axis": self.axis, "epsilon": self.epsilon}
        return {**super().get_config(), **own, **self._scale_config()}
