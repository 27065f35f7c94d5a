"""Convolution and pooling of ``ops``: order of the axes, symbols, threads, errors."""

import numpy as np
import pytest

from minikeras import GradientTape, Input, ops
from minikeras.errors import ShapeError

RNG = np.random.default_rng(8)
W, V = RNG.normal(size=(3, 2, 2, 4)), RNG.normal(size=(1, 1, 8, 3))
CALLS = {
    "conv": lambda x, **kw: ops.conv(x, W, 2, "same", **kw),
    "conv_transpose": lambda x, **kw: ops.conv_transpose(x, np.moveaxis(W, 2, 3), 2, "same", **kw),
    "depthwise_conv": lambda x, **kw: ops.depthwise_conv(x, W, **kw),
    "separable_conv": lambda x, **kw: ops.separable_conv(x, W, V, **kw),
    "max_pool": lambda x, **kw: ops.max_pool(x, (2, 3), 1, "same", **kw),
    "adaptive_average_pool": lambda x, **kw: ops.adaptive_average_pool(x, (2, 3), **kw),
    "adaptive_max_pool": lambda x, **kw: ops.adaptive_max_pool(x, 4, **kw),
    "average_pool": lambda x, **kw: ops.average_pool(x, 2, **kw),
}


@pytest.mark.parametrize("name", CALLS)
def test_channels_first_is_channels_last_with_the_axes_moved(name):
    x = RNG.normal(size=(3, 6, 5, 2))

    def run(x, **kw):
        with GradientTape() as tape:
            x = ops.convert_to_tensor(x)
            tape.watch(x)
            y = CALLS[name](x, **kw)
            loss = ops.sum(y * y)
        return y.numpy(), tape.gradient(loss, x).numpy()

    for last, first in zip(run(x), run(np.moveaxis(x, -1, 1), data_format="channels_first"), strict=True):
        np.testing.assert_allclose(np.moveaxis(first, 1, -1), last, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CALLS)
def test_a_symbol_has_the_shape_of_the_array(name):
    symbol = CALLS[name](Input((6, 5, 2)))
    assert symbol.shape == (None, *CALLS[name](np.ones((1, 6, 5, 2), "float32")).shape[1:])


def test_blocks_of_images_are_the_images_one_by_one():
    x, w, dz = RNG.normal(size=(9, 40, 40, 8)), RNG.normal(size=(3, 3, 8, 4)), RNG.normal(size=(9, 38, 38, 4))

    def run(x, dz):
        with GradientTape() as tape:
            x, kernel = ops.convert_to_tensor(x), ops.convert_to_tensor(w)
            tape.watch([x, kernel])
            y = ops.conv(x, kernel)
        return y.numpy(), *(g.numpy() for g in tape.gradient(y, [x, kernel], dz))

    y, dx, dw = run(x, dz)
    one_by_one = [run(x[n : n + 1], dz[n : n + 1]) for n in range(9)]
    np.testing.assert_allclose(y, np.concatenate([y for y, _, _ in one_by_one]), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dx, np.concatenate([dx for _, dx, _ in one_by_one]), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dw, sum(dw for _, _, dw in one_by_one), rtol=1e-12)


def test_nan_survives_pooling_and_the_dtype_is_kept():
    x = np.ones((1, 4, 1), "float32")
    x[0, 1] = np.nan
    for y in (ops.max_pool(x, 2), ops.average_pool(x, 2)):
        assert y.dtype == np.float32
        np.testing.assert_array_equal(np.isnan(y).ravel(), [True, False])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 2, 4))), "3 channels"),
        (lambda: ops.conv(np.ones((1, 5, 4)), np.ones((2, 2, 3))), "K a multiple of G"),
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((2, 2, 3, 4))), "3, 4 or 5 axes"),
        (lambda: ops.conv(np.ones((1, 2, 3)), np.ones((3, 3, 4))), "zero or negative"),
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((3, 3, 4)), padding="causal"), "padding"),
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((3, 3, 4)), strides=0), "strides"),
        (lambda: ops.conv(np.ones((1, 5, 3)), np.ones((3, 3, 4)), data_format="NCHW"), "data_format"),
        (lambda: ops.conv_transpose(np.ones((1, 5, 3)), np.ones((3, 3, 4))), "3 channels"),
        (lambda: ops.conv_transpose(np.ones((1, 5, 3)), np.ones((3, 4, 3)), 2, output_padding=2), "output_padding"),
        (lambda: ops.depthwise_conv(np.ones((1, 5, 3)), np.ones((3, 4, 1))), "3 channels"),
        (lambda: ops.max_pool(np.ones((1, 5)), 2), "3, 4 or 5 axes"),
        (lambda: ops.average_pool(np.ones((1, 5, 3)), 6), "zero or negative"),
        (lambda: ops.max_pool(np.ones((1, 5, 3)), 0), "pool_size"),
        (lambda: ops.adaptive_max_pool(np.ones((1, 5, 3)), 0), "output_size"),
        (lambda: ops.adaptive_average_pool(np.ones((1, 5)), 2), "3, 4 or 5 axes"),
    ],
)
def test_what_does_not_fit_is_named(wrong, message):
    with pytest.raises(ShapeError if " " in message else ValueError, match=message):
        wrong()
