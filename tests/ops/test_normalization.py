"""Normalization of ``ops``: dtypes, symbols, errors."""

import numpy as np
import pytest

from minikeras import Input, ops
from minikeras.errors import ShapeError


def test_half_precision_is_computed_in_single_and_given_back():
    x = np.array([[300.0, 200.0, -100.0]], "float16")  # the squares do not fit into float16
    layer, rms = ops.layer_normalization(x), ops.rms_normalization(x)
    assert layer.dtype == rms.dtype == np.float16
    np.testing.assert_allclose(rms.astype("float64"), x / np.sqrt(140000 / 3), rtol=1e-3)
    np.testing.assert_allclose(layer.astype("float64"), (x - 400 / 3) / np.sqrt(260000 / 9), rtol=1e-3)


def test_symbols_have_the_shape_of_x():
    x, vector = Input((3, 4)), np.ones(4, "float32")
    symbols = ops.layer_normalization(x, vector), ops.rms_normalization(x, scale=vector)
    assert all(symbol.shape == (None, 3, 4) for symbol in symbols)
    assert ops.batch_normalization(x, vector, vector, -1).shape == (None, 3, 4)


@pytest.mark.parametrize("name", ["mean", "variance", "offset", "scale"])
def test_a_vector_of_another_length_is_named(name):
    vectors = dict.fromkeys(("mean", "variance", "offset", "scale"), np.ones(3)) | {name: np.ones(2)}
    with pytest.raises(ShapeError, match=name):
        ops.batch_normalization(np.ones((2, 3)), axis=1, **vectors)


def test_a_missing_array_is_named():
    with pytest.raises(TypeError, match="'x'"):
        ops.rms_normalization(scale=np.ones(3))
