"""sparsemax and glu: by hand, by their laws, and where they cannot be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minikeras as keras
from minikeras import activations, config

from .test_activations import backends, run


@backends
def test_sparsemax_by_hand(backend):
    """τ = 0.25 in the first row, its support are two; in the second one entry takes all; then NaN and ∞."""
    z = np.array([[0.5, 1.0, -3.0], [5.0, 1.0, 4.0], [np.nan, 0.0, 1.0], [np.inf, 0.0, 1.0], [-np.inf, 1.0, 1.0]])
    with config.using(backend=backend):
        y, dz = run("sparsemax", z, np.arange(15.0).reshape(5, 3))
    np.testing.assert_array_equal(y[[0, 1, 4]], [[0.25, 0.75, 0], [1, 0, 0], [0, 0.5, 0.5]])
    np.testing.assert_array_equal(dz[[0, 1, 4]], [[-0.5, 0.5, 0], [0, 0, 0], [0, -0.5, 0.5]])
    assert np.isnan(y[2:4]).all()
    assert np.isnan(dz[2:4]).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_sparsemax_is_the_nearest_distribution(seed, n):
    """y ≥ 0 with Σ y = 1, and (z − y) · (p − y) ≤ 0 for every corner p of the simplex: so y is the projection of z."""
    z = 2 * np.random.default_rng(seed).normal(size=n)
    y = activations.sparsemax(z)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(), 1, rtol=1e-14)
    assert ((z - y) @ (np.eye(n) - y).T <= 1e-14).all()


def test_glu_halves_an_axis_and_says_where_it_cannot():
    with pytest.raises(ValueError, match="divisible by 2"):
        activations.glu(np.ones((2, 3)))
    model = keras.Sequential([keras.layers.Dense(4, activation="glu", input_shape=(3,))])
    with pytest.raises(ValueError, match="layer of its own"):
        model(np.ones((2, 3)))
