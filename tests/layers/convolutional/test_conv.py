"""Convolutions by hand, by SciPy, and what they refuse."""

import numpy as np
import pytest
from scipy import signal

from minikeras import layers
from minikeras.errors import ShapeError


def test_an_image_of_three_by_three_by_hand():
    """Two filters on two channels, "same": the middle and one corner, worked by hand."""
    layer = layers.Conv2D(1, 3, padding="same", dtype="float64")
    layer.build((None, 3, 3, 1))
    w = np.arange(1.0, 10.0).reshape(3, 3, 1, 1)
    layer.set_weights([w, [0.0]])
    x = np.zeros((1, 3, 3, 1))
    x[0, 0, 0] = 1
    y = layer(x, record=True)
    np.testing.assert_array_equal(y[0, :, :, 0], [[5, 4, 0], [2, 1, 0], [0, 0, 0]])  # the tap that meets the corner
    dy = np.zeros_like(y)
    dy[0, 1, 1] = 10
    np.testing.assert_array_equal(layer.backward(dy)[0, :, :, 0], 10 * w[:, :, 0, 0])
    np.testing.assert_array_equal(layer.kernel.grad[:, :, 0, 0], [[10, 0, 0], [0, 0, 0], [0, 0, 0]])


def test_a_convolution_is_a_sum_of_correlations():
    rng = np.random.default_rng(0)
    layer = layers.Conv2D(2, (2, 3), use_bias=False, dtype="float64")
    x = rng.normal(size=(1, 5, 6, 3))
    y = layer(x)
    for k in range(2):
        parts = [signal.correlate2d(x[0, :, :, c], layer.kernel.value[:, :, c, k], "valid") for c in range(3)]
        np.testing.assert_allclose(y[0, :, :, k], sum(parts), rtol=1e-12)


def test_a_transposed_convolution_is_the_adjoint_of_the_convolution():
    rng = np.random.default_rng(0)
    conv = layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False, dtype="float64")
    back = layers.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False, dtype="float64")
    x, y = rng.normal(size=(2, 6, 8, 3)), rng.normal(size=(2, 3, 4, 2))
    conv(x), back(y)
    back.kernel.assign(conv.kernel.value)
    np.testing.assert_allclose((conv(x) * y).sum(), (x * back(y)).sum(), rtol=1e-12)


def test_a_causal_output_does_not_see_later_inputs():
    layer = layers.Conv1D(2, 3, padding="causal", dilation_rate=2, dtype="float64")
    x = np.random.default_rng(0).normal(size=(1, 9, 2))
    y, changed = layer(x), x.copy()
    changed[:, 5:] += 1
    np.testing.assert_array_equal(layer(changed)[:, :5], y[:, :5])


def test_nan_reaches_every_output_that_meets_it():
    x = np.zeros((1, 4, 1), "float32")
    x[0, 1] = np.nan
    np.testing.assert_array_equal(np.isnan(layers.Conv1D(1, 2)(x)).ravel(), [True, True, False])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 0}, "Invalid value for argument `filters`"),
        ({"groups": 0}, "number of groups must be a positive integer"),
        ({"groups": 3}, "evenly divisible by the number of groups"),
        ({"kernel_size": 0}, "`kernel_size` argument must be a tuple of 2 integers"),
        ({"kernel_size": (1, 2, 3)}, "`kernel_size` argument must be a tuple of 2 integers"),
        ({"strides": 2, "dilation_rate": 2}, "not supported in conjunction"),
        ({"padding": "causal"}, "`padding` argument must be one of"),
        ({"data_format": "first"}, "`data_format` argument must be one of"),
    ],
)
def test_arguments_that_keras_refuses_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        layers.Conv2D(**{"filters": 4, "kernel_size": 3, **options})


def test_inputs_that_do_not_fit_name_the_layer_and_the_shapes():
    layer = layers.Conv2D(2, 3, name="c")
    with pytest.raises(ShapeError, match=r"\"c\".*expected ndim=4, found ndim=3"):
        layer.build((None, 5, 5))
    with pytest.raises(ShapeError, match=r"output size would be zero or negative.*'c'"):
        layer.build((None, 2, 5, 1))
    layer.build((None, 5, 5, 2))
    with pytest.raises(ShapeError, match=r"\"c\".*expected axis -1.*value 2.*\(1, 5, 5, 3\)"):
        layer(np.ones((1, 5, 5, 3)))
    with pytest.raises(ValueError, match="input channels must be evenly divisible"):
        layers.Conv2D(2, 3, groups=2).build((None, 5, 5, 3))
    with pytest.raises(ValueError, match="strictly less than `strides`"):
        layers.Conv2DTranspose(2, 3, strides=2, output_padding=2)
