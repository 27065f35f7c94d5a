"""Activation kernels: values by other means, derivatives by two numeric ways, compiled twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minikeras.kernels import compiled, reference

from ..gradients import CENTRAL, COMPLEX_STEP, central, complex_step

PARAMS = {
    "linear": [()],
    "relu": [()],
    "leaky_relu": [(0.2,), (0.0,)],
    "relu_general": [(0.0, 6.0, 0.0), (0.5, 3.0, 1.0), (0.25, np.inf, -1.0), (0.0, 2.0, -1.0)],
    "elu": [(1.0,), (0.3,)],
    "selu": [()],
    "gelu": [()],
    "gelu_tanh": [()],
    "silu": [()],
    "sigmoid": [()],
    "tanh": [()],
    "softplus": [()],
    "softsign": [()],
    "exponential": [()],
    "celu": [(1.0,), (0.4,), (-2.0,)],
    "squareplus": [(4,), (0.3,)],
    "mish": [()],
    "tanh_shrink": [()],
    "log_sigmoid": [()],
    "hard_sigmoid": [()],
    "hard_silu": [()],
    "hard_tanh": [()],
    "hard_shrink": [(0.5,), (2.0,)],
    "soft_shrink": [(0.5,), (2.0,)],
    "threshold": [(1.0, -3.0), (-1.0, 6.0)],
    "sparse_plus": [()],
    "sparse_sigmoid": [()],
}
CASES = [(name, params) for name, choices in PARAMS.items() for params in choices]
KINKS = np.array([-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0])
EXTREMES = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-30, -1e-30, 90.0, -90.0, 1e4, -1e4, 1e20, -1e20]
ULPS = 16  # twins may differ by this many units of the last place of the larger of y and 1; measured 6

each_kernel = pytest.mark.parametrize(("name", "params"), CASES)
seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)


def forward(kernels, name, z, params):
    y = np.full_like(z, 7)
    getattr(kernels, name)(z, y, *params)
    return y


def backward(kernels, name, dy, z, y, params):
    dz = np.full_like(dy, 7)
    getattr(kernels, f"{name}_backward")(dy, z, y, dz, *params)
    return dz


@each_kernel
@given(seed=seeds, shape=shapes, dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=20, deadline=None)
def test_compiled_equals_reference(name, params, seed, shape, dtype):
    rng = np.random.default_rng(seed)
    z, dy = (3 * rng.normal(size=(2, *shape))).astype(dtype)
    y = forward(reference, name, z, params)
    assert_close_twins(forward(compiled, name, z, params), y)
    assert_close_twins(backward(compiled, name, dy, z, y, params), backward(reference, name, dy, z, y, params), dy)


def assert_close_twins(a, b, scale=1.0):
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    error = np.abs(a - b) / np.maximum(np.abs(b), np.maximum(np.abs(scale), 1))
    assert error.max(initial=0) <= ULPS * np.finfo(a.dtype).eps


@each_kernel
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_equals_reference_at_the_edges(name, params, dtype):
    z = np.concatenate([EXTREMES, KINKS]).astype(dtype)
    dy = np.linspace(1, 2, z.size).astype(dtype)
    y = forward(reference, name, z, params)
    dz = backward(reference, name, dy, z, y, params)
    for a, b in ((forward(compiled, name, z, params), y), (backward(compiled, name, dy, z, y, params), dz)):
        np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-37)
        np.testing.assert_array_equal(np.signbit(a[~np.isnan(a)]), np.signbit(b[~np.isnan(b)]))


@each_kernel
def test_compiled_reads_arrays_of_any_layout(name, params):
    rng = np.random.default_rng(0)
    z, dy = rng.normal(size=(2, 4, 6))
    y = forward(reference, name, z, params)
    np.testing.assert_allclose(forward(compiled, name, z.T, params), y.T, rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(
        backward(compiled, name, dy[:, ::-1], z[:, ::-1], y[:, ::-1], params),
        backward(reference, name, dy, z, y, params)[:, ::-1],
        rtol=1e-12,
    )


@each_kernel
@given(seed=seeds, shape=hnp.array_shapes(max_dims=2, max_side=4))
@settings(max_examples=20, deadline=None)
def test_backward_against_two_numeric_derivatives(name, params, seed, shape):
    rng = np.random.default_rng(seed)
    z, u = 3 * rng.normal(size=shape), rng.normal(size=shape)
    z[np.abs(z[..., None] - KINKS).min(axis=-1) < 1e-3] += 0.01
    dz = backward(reference, name, u, z, forward(reference, name, z, params), params)
    by_complex_step = complex_step(lambda: (u * forward(reference, name, c, params)).sum(), c := z + 0j)
    by_differences = central(lambda: float((u * forward(reference, name, z, params)).sum()), z)
    scale = max(np.linalg.norm(dz), np.linalg.norm(u))  # where f saturates, 1 − y² has lost digits
    assert np.linalg.norm(dz - by_complex_step) < COMPLEX_STEP * scale
    assert np.linalg.norm(dz - by_differences) < CENTRAL * scale


@each_kernel
def test_arguments_are_left_alone(name, params):
    rng = np.random.default_rng(0)
    for kernels in (reference, compiled):
        z, dy = rng.normal(size=(2, 3, 4))
        y = forward(kernels, name, z, params)
        kept = z.copy(), dy.copy(), y.copy()
        backward(kernels, name, dy, z, y, params)
        for array, copy in zip((z, dy, y), kept, strict=True):
            np.testing.assert_array_equal(array, copy)


WIDE = np.concatenate([np.linspace(-40, 40, 401), [-300.0, 300.0, 1e-12, -1e-12]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gelu", WIDE * special.ndtr(WIDE)),
        ("silu", WIDE * special.expit(WIDE)),
        ("sigmoid", special.expit(WIDE)),
        ("softplus", np.logaddexp(WIDE, 0)),
        ("softsign", WIDE / (1 + np.abs(WIDE))),
        ("mish", WIDE * np.tanh(np.logaddexp(WIDE, 0))),
        ("log_sigmoid", -np.logaddexp(-WIDE, 0)),
        ("gelu_tanh", WIDE * special.expit(2 * np.sqrt(2 / np.pi) * (WIDE + 0.044715 * WIDE**3))),
    ],
)
def test_values_against_scipy_far_out(name, expected):
    """Relative, so that a value that cancelled to 0 in a tail is seen."""
    for kernels in (reference, compiled):
        np.testing.assert_allclose(forward(kernels, name, WIDE, ()), expected, rtol=1e-12, atol=1e-300)


def test_gelu_tanh_is_the_formula_with_tanh():
    z = np.linspace(-4, 4, 81)
    expected = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    np.testing.assert_allclose(forward(reference, "gelu_tanh", z, ()), expected, rtol=1e-11, atol=1e-15)


def test_selu_keeps_mean_0_and_variance_1():
    """What its two constants are for: ∫ selu φ = 0 and ∫ selu² φ = 1, by quadrature."""
    z, w = np.polynomial.hermite_e.hermegauss(150)
    y, w = forward(reference, "selu", z, ()), w / np.sqrt(2 * np.pi)
    assert abs((w * y).sum()) < 2e-3
    assert abs((w * y * y).sum() - 1) < 2e-3


def test_known_numbers():
    """By hand, such as σ(ln 3) = 3/4 with σ′ = 3/16, and tanh(ln 2) = 3/5 with tanh′ = 16/25."""
    cases = [
        ("sigmoid", (), np.log(3.0), 3 / 4, 3 / 16),
        ("tanh", (), np.log(2.0), 3 / 5, 16 / 25),
        ("elu", (1.0,), -np.log(2.0), -1 / 2, 1 / 2),
        ("softsign", (), -3.0, -3 / 4, 1 / 16),
        ("softplus", (), 0.0, np.log(2.0), 1 / 2),
    ]
    for kernels in (reference, compiled):
        for name, params, z, value, slope in cases:
            z = np.array([z])
            y = forward(kernels, name, z, params)
            np.testing.assert_allclose(y, [value], rtol=1e-14)
            np.testing.assert_allclose(backward(kernels, name, np.ones(1), z, y, params), [slope], rtol=1e-14)


@pytest.mark.parametrize("kernels", [reference, compiled])
def test_relu_at_its_edges(kernels):
    z = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 2.0, -2.0])
    dy = np.full(7, 5.0)
    y = forward(kernels, "relu", z, ())
    np.testing.assert_array_equal(y, [np.nan, np.inf, 0, 0, 0, 2, 0])
    assert not np.signbit(y[1:]).any()
    np.testing.assert_array_equal(backward(kernels, "relu", dy, z, y, ()), [0, 5, 0, 0, 0, 5, 0])


@pytest.mark.parametrize("kernels", [reference, compiled])
def test_bias_relu_is_add_bias_then_relu(kernels):
    z = np.array([[np.nan, 1.0, -1.0], [0.5, -0.5, 0.0]])
    b = np.array([0.0, -1.0, 3.0])
    expected = z + b
    y, dz, db = np.empty((2, 3)), np.empty((2, 3)), np.empty(3)
    kernels.bias_relu(z, b, y)
    np.testing.assert_array_equal(z, expected)
    np.testing.assert_array_equal(y, [[np.nan, 0, 2], [0.5, 0, 3]])
    assert not np.signbit(y).any()
    kernels.relu_backward_bias(np.arange(6.0).reshape(2, 3), y, dz, db)
    np.testing.assert_array_equal(dz, [[0, 0, 2], [3, 0, 5]])
    np.testing.assert_array_equal(db, [3, 0, 7])


SOFTMAXES = ["softmax", "log_softmax", "sparsemax"]


@pytest.mark.parametrize("name", SOFTMAXES)
@given(seed=seeds, n=st.integers(0, 5), k=st.integers(1, 6), dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=30, deadline=None)
def test_softmax_compiled_equals_reference(name, seed, n, k, dtype):
    rng = np.random.default_rng(seed)
    z, dy = (5 * rng.normal(size=(2, n, k))).astype(dtype)
    outputs = []
    for kernels in (reference, compiled):
        y, dz = np.empty_like(z), np.empty_like(z)
        getattr(kernels, name)(z, y)
        getattr(kernels, f"{name}_backward")(dy, y, dz)
        outputs.append((y, dz))
    for a, b in zip(*outputs, strict=True):
        assert_close_twins(a, b, 8 * k)


@pytest.mark.parametrize("name", SOFTMAXES)
@given(seed=seeds, n=st.integers(1, 3), k=st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_softmax_backward_against_two_numeric_derivatives(name, seed, n, k):
    rng = np.random.default_rng(seed)
    z, u = 2 * rng.normal(size=(n, k)), rng.normal(size=(n, k))
    f = getattr(reference, name)

    def loss(z):
        y = np.empty_like(z)
        f(z, y)
        return (u * y).sum()

    y, dz = np.empty_like(z), np.empty_like(z)
    f(z, y)
    getattr(reference, f"{name}_backward")(u, y, dz)
    scale = np.linalg.norm(u)
    assert np.linalg.norm(dz - complex_step(lambda: loss(c), c := z + 0j)) < COMPLEX_STEP * scale
    assert np.linalg.norm(dz - central(lambda: loss(z), z)) < CENTRAL * scale


@pytest.mark.parametrize("kernels", [reference, compiled])
@pytest.mark.parametrize("row", [[np.nan, 0, 1], [np.inf, 0, 1], [0, np.nan, 1], [-np.inf] * 3])
def test_softmax_of_nonsense_is_nan_throughout(kernels, row):
    for name in SOFTMAXES:
        y = np.empty((1, 3))
        getattr(kernels, name)(np.array([row], float), y)
        assert np.isnan(y).all()


@pytest.mark.parametrize("kernels", [reference, compiled])
def test_softmax_of_large_logits(kernels):
    z, y = np.array([[1000.0, -1000.0, 0.0], [-np.inf, 0.0, 0.0]]), np.empty((2, 3))
    kernels.softmax(z, y)
    np.testing.assert_array_equal(y, [[1, 0, 0], [0, 0.5, 0.5]])
    kernels.log_softmax(z, y)
    np.testing.assert_allclose(y, [[0, -2000, -1000], [-np.inf, -np.log(2), -np.log(2)]], rtol=1e-15)


@given(seed=seeds, shape=shapes, rate=st.floats(0, 0.9), dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=20, deadline=None)
def test_dropout_compiled_equals_reference(seed, shape, rate, dtype):
    rng = np.random.default_rng(seed)
    x, keep = rng.normal(size=shape).astype(dtype), rng.random(shape) >= rate
    outputs = [np.empty_like(x), np.empty_like(x)]
    for kernels, y in zip((reference, compiled), outputs, strict=True):
        kernels.dropout(x, keep, 1 / (1 - rate), y)
    np.testing.assert_array_equal(*outputs)
    np.testing.assert_allclose(outputs[0], np.where(keep, x / (1 - rate), 0), rtol=1e-6)
