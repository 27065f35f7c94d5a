"""The product that is cut into pieces, beside one without BLAS."""

import numpy as np
import pytest

from minikeras.kernels import compiled
from minikeras.kernels.compiled.dense import TALL, WORTH


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("m", "k", "n"), [(TALL + 3, 40, 50), (50, TALL + 3, 41)])
@pytest.mark.parametrize("transposed", [False, True])
def test_the_pieces_of_a_large_product_are_the_whole(m, k, n, dtype, transposed):
    """Four pieces of its rows, or two of its columns; neither number divides evenly."""
    assert m * k * n >= WORTH
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
    expected = np.einsum("mk,kn->mn", a, b, dtype="float64")
    if transposed:
        a, b = np.asfortranarray(a), np.asfortranarray(b)
    out = np.full((m, n), np.nan, dtype)
    compiled.matmul(a, b, out)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-3 if dtype == "float32" else 1e-11)
