"""Mistakes in convolution, pooling and batch normalization: :data:`IMAGE_MUTANTS`."""

import math
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np

from ...layers.convolutional.conv import Conv
from ...layers.normalization import BatchNormalization
from ...layers.pooling.pooling import AveragePooling, MaxPooling
from ...running import running
from .registry import IMAGE_MUTANTS, Patch, register


def _in_convolutions(change: Callable[[Any, Any, dict[str, Any], np.ndarray], Any]) -> list[Patch]:
    """Replaces each way back of a convolution by change(right, self, what was saved, dy)."""

    def wrong(right: Any) -> Any:
        return lambda self, frame, dy: change(right, self, frame, dy)

    ways = ("_backward_in_parts", "_backward_in_blocks")
    return [(Conv, way, wrong(getattr(Conv, way))) for way in ways]


def _saved(layer: Any) -> dict[str, Any]:
    """What the call saved that goes back now."""
    call = running()
    return layer._recorded[-1].saved if call is None else call.saved


@register(
    "The kernel is not flipped in dx: dz meets the taps in the order in which x met them.",
    "Code that calls its forward convolution for dx, with the kernel as it lies; symmetric kernels hide it.",
    IMAGE_MUTANTS,
)
def kernel_not_flipped() -> list[Patch]:
    def change(right: Any, self: Any, frame: Any, dy: np.ndarray) -> Any:
        w = self.kernel.value
        kept = w.copy()
        w[...] = np.flip(w, tuple(range(self.rank)))
        try:
            return right(self, frame, dy)
        finally:
            w[...] = kept

    return _in_convolutions(change)


@register(
    "The zeros around the image are forgotten on the way back, so all gradients are shifted.",
    "A padded copy made in forward and not cut off in backward; with padding 'valid' nothing is wrong.",
    IMAGE_MUTANTS,
)
def padding_lost() -> list[Patch]:
    right_geometry = Conv._geometry

    def without(self: Any, spatial: Any) -> Any:
        strides, dilation, before = right_geometry(self, spatial)
        return strides, dilation, (0,) * len(before)

    def change(right: Any, self: Any, frame: Any, dy: np.ndarray) -> Any:
        with patch.object(Conv, "_geometry", without):
            return right(self, frame, dy)

    return _in_convolutions(change)


@register(
    "The stride is ignored in dW: each dz meets the pixels of a window that moves by one.",
    "A formula for stride 1 that was never extended; the shapes fit, as dW has the kernel's.",
    IMAGE_MUTANTS,
)
def stride_ignored() -> list[Patch]:
    right_geometry = Conv._geometry

    def by_one(self: Any, spatial: Any) -> Any:
        strides, dilation, before = right_geometry(self, spatial)
        return (1,) * len(strides), dilation, before

    def change(right: Any, self: Any, frame: Any, dy: np.ndarray) -> Any:
        kept = dict(frame)
        with patch.object(Conv, "_geometry", by_one):
            right(self, kept, dy)
        wrong = self.kernel.grad.copy()
        dx = right(self, frame, dy)
        self.kernel.grad[...] = wrong
        return dx

    return _in_convolutions(change)


@register(
    "All entries that are as large as the maximum get the window's gradient, where one of them should.",
    "A mask x == max in place of the winner's index; after a relu many windows are all zeros.",
    IMAGE_MUTANTS,
)
def gradient_to_all_ties() -> list[Patch]:
    right_call, right = MaxPooling.call, MaxPooling.backward

    def call(self: Any, x: np.ndarray, training: bool = False) -> np.ndarray:
        y = right_call(self, x, training)
        self.save(x=x, y=y)
        return y

    def wrong(self: Any, dy: np.ndarray) -> np.ndarray:
        frame = _saved(self)
        x, y, shape = frame["x"], frame["y"], frame["x"].shape
        dx = right(self, dy)
        if self.strides != self.pool_size or self.data_format != "channels_last":
            return dx
        for i in np.ndindex(*self.pool_size):
            at = (slice(None), *(slice(t, o * s, s) for t, o, s in zip(i, y.shape[1:-1], self.strides, strict=True)))
            dx.reshape(shape)[at] = dy * (x[at] == y)
        return dx

    return [(MaxPooling, "call", call), (MaxPooling, "backward", wrong)]


@register(
    "The gradient of an average is sent to every pixel whole, not divided by their number.",
    "The line of max pooling, copied; the layers below learn four times as fast with a 2×2 window.",
    IMAGE_MUTANTS,
)
def average_not_divided() -> list[Patch]:
    right = AveragePooling.backward

    def wrong(self: Any, dy: np.ndarray) -> np.ndarray:
        return right(self, dy) * math.prod(self.pool_size)

    return [(AveragePooling, "backward", wrong)]


@register(
    "Batch normalization's dx is computed from dy where it should be from γ dy.",
    "γ is 1 at the start, so a test of a fresh layer sees nothing.",
    IMAGE_MUTANTS,
)
def gamma_forgotten() -> list[Patch]:
    right = BatchNormalization.backward

    def wrong(self: Any, dy: np.ndarray) -> Any:
        frame = _saved(self)
        frame["gamma"] = np.ones_like(frame["gamma"])
        return right(self, dy)

    return [(BatchNormalization, "backward", wrong)]


@register(
    "The share that x has in the batch's mean is forgotten in dx.",
    "The mean taken for a constant, or ∂L/∂μ left out of the sum; the net trains, but more slowly.",
    IMAGE_MUTANTS,
)
def share_of_the_mean_forgotten() -> list[Patch]:
    right = BatchNormalization.backward

    def wrong(self: Any, dy: np.ndarray) -> Any:
        frame = _saved(self)
        scale, batch = frame["gamma"] * frame["r"], frame["batch"]
        dx = right(self, dy)
        if dx is None or not batch:
            return dx
        axis = self.axis % dy.ndim
        mean = dy.mean(axis=tuple(i for i in range(dy.ndim) if i != axis), keepdims=True)
        return dx + mean * scale.reshape([-1 if i == axis else 1 for i in range(dy.ndim)])

    return [(BatchNormalization, "backward", wrong)]


@register(
    "The moving variance gets Σ (x − μ)² / (M − 1), where Keras divides by M.",
    "PyTorch's rule in code that is compared with Keras; no gradient shows it, only a prediction after small batches.",
    IMAGE_MUTANTS,
)
def moving_variance_unbiased() -> list[Patch]:
    right = BatchNormalization.call

    def wrong(self: Any, x: np.ndarray, training: bool = False, mask: Any = None) -> np.ndarray:
        moving = self.moving_variance.value
        before, count = moving.copy(), x.size // moving.size
        y = right(self, x, training, mask)
        moving += (moving - self.momentum * before) / (count - 1) if training and self.trainable else 0
        return y

    return [(BatchNormalization, "call", wrong)]
