"""Activations as objects: Keras's values and derivatives at the edges, axes, laws, names and configs."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import activations, config

from .gradients import CENTRAL, COMPLEX_STEP, central, complex_step

NAMES = [
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "softplus",
    "softsign",
    "exponential",
    "relu6",
    "celu",
    "mish",
    "log_sigmoid",
    "tanh_shrink",
    "squareplus",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "hard_shrink",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "softmax",
    "log_softmax",
]
EDGES = [
    0.0,
    -0.0,
    0.7,
    -0.7,
    1.0,
    -1.0,
    2.0,
    3.0,
    6.0,
    7.0,
    -3.0,
    50.0,
    -50.0,
    1e3,
    -1e3,
    np.nan,
    np.inf,
    -np.inf,
]
RELUS = [
    {"max_value": 6},
    {"max_value": 6.0, "negative_slope": 0.5},
    {"max_value": 3.0},
    {"max_value": 0.0},
    {"threshold": 1.0},
    {"threshold": 1.0, "max_value": 3.0},
    {"threshold": 1.0, "max_value": 6},
    {"threshold": 7.0, "max_value": 3.0},
    {"threshold": -1.0},
    {"threshold": -1.0, "max_value": 3.0},
    {"threshold": -1.0, "negative_slope": 0.5},
    {"negative_slope": 0.5},
    {"negative_slope": 1.5},
    {"negative_slope": 0.5, "max_value": 3.0},
    {"negative_slope": 0.5, "threshold": 1.0},
    {"negative_slope": 0.5, "threshold": 1.0, "max_value": 3.0},
]
WITH_PARAMS = [
    *((name, {}) for name in NAMES[:-3]),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.5}),
    ("elu", {"alpha": 2.0}),
    ("gelu", {"approximate": True}),
    ("celu", {"alpha": 0.5}),
    ("squareplus", {"b": 0.5}),
    ("hard_shrink", {"threshold": 0.7}),
    ("soft_shrink", {"threshold": 2.0}),
    ("threshold", {"threshold": 1.0, "default_value": -2.0}),
    *(("relu", params) for params in RELUS),
]
backends = pytest.mark.parametrize("backend", ["numpy", "numba"])


def run(name, z, dy, **params):
    activation = activations.get(name)
    y, dz = np.empty(activation.output_shape(z.shape, **params), z.dtype), np.empty_like(z)
    activation.forward(z, y, **params)
    activation.backward(dy, z, y, dz, **params)
    return y, dz


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@backends
def test_no_warnings_at_the_extremes(name, dtype, backend):
    z = np.array([[*EDGES, 1e20, -1e20, 1e38, -1e38, 1e-45, -1e-45]], dtype)
    with config.using(backend=backend), warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        for chosen in (z, z[:, np.isfinite(z[0])]):
            y, dz = run(name, chosen, np.ones_like(chosen))
    assert not np.isnan(y).any(), "finite z have a finite or infinite y"
    assert not np.isnan(dz[:, np.isfinite(y[0])]).any()


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["softmax", "log_softmax", "sparsemax", "glu"]),
    st.sampled_from([-1, 0, 1, (0, 2), None]),
)
@settings(max_examples=30, deadline=None)
def test_backward_along_any_axis(seed, name, axis):
    rng = np.random.default_rng(seed)
    activation = activations.get(name)
    if name == "glu":
        axis = 0
    z = rng.normal(size=(2, 3, 2))
    u = rng.normal(size=activation.output_shape(z.shape, axis=axis))
    _, dz = run(name, z, u, axis=axis)
    scale = np.linalg.norm(u)
    by_complex_step = complex_step(lambda: (u * activation(c, axis=axis)).sum(), c := z + 0j)
    assert np.linalg.norm(dz - by_complex_step) < COMPLEX_STEP * scale
    by_differences = central(lambda: float((u * activation(z, axis=axis)).sum()), z)
    assert np.linalg.norm(dz - by_differences) < CENTRAL * scale


@given(st.integers(0, 2**32 - 1), st.floats(-500, 500))
def test_softmax_does_not_see_a_shift(seed, shift):
    z = np.random.default_rng(seed).normal(size=(3, 4))
    np.testing.assert_allclose(activations.softmax(z + shift), activations.softmax(z), rtol=1e-12)
    np.testing.assert_allclose(activations.log_softmax(z + shift), activations.log_softmax(z), rtol=1e-11)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 300))
def test_softmax_laws(seed, spread):
    """Rows of y sum to 1; a shift of z moves nothing, so rows of dz sum to 0."""
    rng = np.random.default_rng(seed)
    z, dy = spread * rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    y, dz = run("softmax", z, dy)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(dz.sum(axis=-1), 0, atol=1e-14)
    log_y, log_dz = run("log_softmax", z, dy)
    np.testing.assert_allclose(np.exp(log_y), y, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(log_dz.sum(axis=-1), 0, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_backward_is_linear_in_dy(name):
    rng = np.random.default_rng(0)
    z, a, b = rng.normal(size=(3, 4, 5))
    (_, da), (_, db), (_, both) = run(name, z, a), run(name, z, b), run(name, z, 2 * a - 3 * b)
    np.testing.assert_allclose(both, 2 * da - 3 * db, rtol=1e-12, atol=1e-14)


@backends
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_with_bias_is_add_bias_then_the_activation(name, dtype, backend):
    rng = np.random.default_rng(0)
    activation = activations.get(name)
    z, dy = rng.normal(size=(2, 4, 5)).astype(dtype)
    b = rng.normal(size=5).astype(dtype)
    y, dz, db, zb = np.empty_like(z), np.empty_like(z), np.empty_like(b), z.copy()
    with config.using(backend=backend):
        activation.forward_bias(zb, b, y)
        activation.backward_bias(dy, zb, y, dz, db)
        expected_y, expected_dz = run(name, z + b, dy)
    np.testing.assert_array_equal(zb, z + b)
    np.testing.assert_array_equal(y, expected_y)
    np.testing.assert_array_equal(dz, expected_dz)
    np.testing.assert_allclose(db, dz.sum(axis=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_calling_allocates_and_keeps_the_dtype(name):
    activation = activations.get(name)
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    assert activation(x).dtype == np.float64
    assert activation(x.astype("float32")).dtype == np.float32
    assert activation([[1, -2]]).dtype == np.float32
    assert not np.shares_memory(activation(x), x)
    np.testing.assert_array_equal(activation(x.T), activation(np.ascontiguousarray(x.T)))
    with config.using(floatx="float64"):
        assert activation([[1, -2]]).dtype == np.float64


def test_parameters_by_position_and_by_name():
    x = np.array([-2.0, 10.0])
    np.testing.assert_array_equal(activations.relu(x, 0.5, 6.0), [-1, 6])
    np.testing.assert_array_equal(activations.relu(x, max_value=6.0, negative_slope=0.5), [-1, 6])
    assert activations.sigmoid(0.0) == 0.5


def test_relu6_is_relu_with_a_max_value():
    z = np.random.default_rng(0).normal(size=(3, 4)) * 6
    (y, dz), (expected, slope) = run("relu6", z, np.ones_like(z)), run("relu", z, np.ones_like(z), max_value=6.0)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(dz, slope)


def test_celu_has_derivative_1_at_0():
    for alpha in (0.5, 1.0, 3.0):
        assert run("celu", np.zeros(1), np.ones(1), alpha=alpha)[1] == 1


def test_celu_needs_an_alpha():
    with pytest.raises(ValueError, match="alpha"):
        activations.celu(np.ones(2), alpha=0.0)


def test_get():
    for name in NAMES:
        activation = getattr(activations, name)
        assert activations.get(name) is activations.get(activation) is activation
        assert activations.deserialize(activations.serialize(activation)) is activation
    assert activations.get("swish") is activations.swish is activations.silu
    assert activations.get(None) is activations.linear
    wrapped = {
        "module": "builtins",
        "class_name": "function",
        "config": "relu",
        "registered_name": "function",
    }
    assert activations.get(wrapped) is activations.relu


@pytest.mark.parametrize("bad", ["rleu", 3, {"class_name": "function"}])
def test_what_get_cannot_interpret(bad):
    with pytest.raises(ValueError, match="activation function"):
        activations.get(bad)


def test_get_suggests_the_nearest_name():
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        activations.get("rleu")


def test_a_plain_function_goes_back_by_the_chain_rule():
    cube = activations.get(lambda z: z * z * z)
    z, dy, y, dz = np.array([-1.5, 2.0]), np.array([3.0, 5.0]), np.empty(2), np.empty(2)
    cube.forward(z, y)
    cube.backward(dy, z, y, dz)
    np.testing.assert_allclose(y, z**3, rtol=1e-15)
    np.testing.assert_allclose(dz, 3 * z**2 * dy, rtol=1e-15)


class Sine(activations.Activation):
    """A custom activation: y = a sin z."""

    def forward(self, z, y, a=1.0):
        y[...] = a * np.sin(z)

    def backward(self, dy, z, y, dz, a=1.0):
        dz[...] = a * np.cos(z) * dy


def test_a_custom_activation():
    sine = Sine("sine")
    assert activations.get(sine) is sine
    assert sine(np.array([np.pi / 2]), a=3.0) == 3
    written = activations.serialize(sine)
    assert (written["class_name"], written["config"]) == ("function", "sine")
    assert activations.deserialize(written, custom_objects={"sine": sine}) is sine
    with pytest.raises(ValueError, match="sine"):
        activations.deserialize(written)
    z, b, dy = np.zeros((2, 3)), np.array([0.0, np.pi / 2, np.pi]), np.ones((2, 3))
    y, dz, db = np.empty((2, 3)), np.empty((2, 3)), np.empty(3)
    sine.forward_bias(z, b, y)
    sine.backward_bias(dy, z, y, dz, db)
    np.testing.assert_allclose(y[0], [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(db, [2, 0, -2], atol=1e-15)
