"""What reshaping layers refuse; their values are held against Keras with those of all families."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.errors import ShapeError, UnsupportedError


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Reshape((-2, 3)), ValueError, "must be a non-negative integer"),
        (lambda: layers.Reshape((-1, -1)), ValueError, "at most one unknown dimension"),
        (lambda: layers.Permute((1, 3)), ValueError, "consecutive and start from 1"),
        (lambda: layers.RepeatVector(0), ValueError, "positive integer"),
        (lambda: layers.RepeatVector(1.5), TypeError, "Expected an integer"),
        (lambda: layers.UpSampling1D(1.5), TypeError, "Expected an integer"),
        (lambda: layers.UpSampling2D(interpolation="bicubic"), UnsupportedError, "bicubic"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "should have 2 elements"),
        (lambda: layers.ZeroPadding1D(-1), ValueError, "`padding` argument"),
        (lambda: layers.Cropping2D(-1), ValueError, "cannot be negative"),
        (lambda: layers.Flatten("first"), ValueError, "`data_format`"),
        (lambda: layers.Reshape((5,))(np.ones((2, 6))), ShapeError, "total size of the tensor must be unchanged"),
        (lambda: layers.Cropping1D(2)(np.ones((1, 4, 1))), ShapeError, "smaller than the corresponding"),
        (lambda: layers.Permute((2, 1))(np.ones((1, 4))), ShapeError, "expected ndim=3, found ndim=2"),
        (lambda: layers.RepeatVector(2)(np.ones((1, 4, 1))), ShapeError, "expected ndim=2"),
    ],
)
def test_what_keras_refuses_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_reshape_with_an_unknown_size_stays_unknown():
    assert layers.Reshape((-1, 2)).compute_output_shape((None, None, 4)) == (None, None, 2)
    assert layers.Reshape((-1, 2)).compute_output_shape((None, 3, 4)) == (None, 6, 2)
