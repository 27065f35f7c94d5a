"""MaxNorm, NonNeg, UnitNorm, MinMaxNorm: by hand, at the edges, and beside Keras."""

import numpy as np
import pytest

from minikeras import config, constraints

W = np.array([[3.0, 0.3, 0.0], [-4.0, 0.4, 0.0]])  # columns of norm 5, 0.5 and 0


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(1.0), [[0.6, 0.3, 0], [-0.8, 0.4, 0]]),
        (
            constraints.MaxNorm(1.0, axis=1),
            [[3 / 9.09**0.5, 0.3 / 9.09**0.5, 0], [-4 / 16.16**0.5, 0.4 / 16.16**0.5, 0]],
        ),
        (constraints.NonNeg(), [[3, 0.3, 0], [0, 0.4, 0]]),
        (constraints.UnitNorm(), [[0.6, 0.6, 0], [-0.8, 0.8, 0]]),
        (constraints.UnitNorm(axis=[0, 1]), W / 25.25**0.5),
        (constraints.MinMaxNorm(1.0, 2.0), [[1.2, 0.6, 0], [-1.6, 0.8, 0]]),
        # half way: 5 → (2 + 5)/2 = 3.5 and 0.5 → 0.75
        (constraints.MinMaxNorm(1.0, 2.0, rate=0.5), [[2.1, 0.45, 0], [-2.8, 0.6, 0]]),
        (constraints.Constraint(), W),
    ],
)
def test_by_hand(constraint, expected):
    before = W.copy()
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-6)  # ε = 1e-7 in the denominators
    np.testing.assert_array_equal(W, before)


def test_epsilon_is_the_settings():
    with config.using(epsilon=1.0):
        assert constraints.UnitNorm()(np.array([3.0])).item() == 0.75


EACH = [constraints.MaxNorm(), constraints.NonNeg(), constraints.UnitNorm(), constraints.MinMaxNorm(rate=0.3)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("constraint", EACH)
def test_dtype_shape_and_nan_stay(constraint, dtype):
    w = np.array([[np.nan, -1.0], [1.0, 1.0]], dtype)
    result = constraint(w)
    assert (result.dtype, result.shape) == (np.dtype(dtype), (2, 2))
    assert np.isnan(result[0, 0])
    assert np.isfinite(result[:, 1]).all()


def test_get():
    assert constraints.get(None) is None
    for name, cls in (("max_norm", "MaxNorm"), ("NonNeg", "NonNeg"), ("unit_norm", "UnitNorm")):
        assert type(constraints.get(name)).__name__ == cls
    assert type(constraints.get(constraints.min_max_norm)).__name__ == "MinMaxNorm"
    assert constraints.get(np.abs) is np.abs
    with pytest.raises(ValueError, match=r"constraint identifier: 'maxnorm'\. Did you mean 'max_norm'"):
        constraints.get("maxnorm")
    with pytest.raises(ValueError, match="Could not interpret constraint identifier: 3"):
        constraints.get(3)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MaxNorm", {}),
        ("MaxNorm", {"max_value": 0.7, "axis": [0, 1]}),
        ("NonNeg", {}),
        ("UnitNorm", {}),
        ("UnitNorm", {"axis": 1}),
        ("MinMaxNorm", {}),
        ("MinMaxNorm", {"min_value": 0.9, "max_value": 1.1, "rate": 0.3, "axis": 1}),
    ],
)
def test_projections_and_configs_are_kerass(name, arguments):
    keras = pytest.importorskip("keras")
    mine, kerass = getattr(constraints, name)(**arguments), getattr(keras.constraints, name)(**arguments)
    w = np.random.default_rng(0).normal(size=(3, 4, 2))
    w[:, 0] = 0
    np.testing.assert_allclose(mine(w), np.asarray(kerass(w)), rtol=1e-14, atol=1e-300)
    assert constraints.serialize(mine) == keras.constraints.serialize(kerass)
    read = constraints.deserialize(keras.constraints.serialize(kerass))
    np.testing.assert_array_equal(read(w), mine(w))
