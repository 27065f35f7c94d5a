"""Activations beside real Keras: values and derivatives at the edges, along axes, names and signatures."""

import inspect

import numpy as np
import pytest

from minikeras import activations, config

from .test_activations import EDGES, NAMES, WITH_PARAMS, backends, run

# Where Keras's y and Keras's dz are something else: NaN made a number, a number made NaN (0 · ∞ in a branch that is not
# taken), digits lost by cancellation, and the double derivative of celu at 0.
ODD = {
    "hard_shrink": ((np.nan,), ()),
    "soft_shrink": ((np.nan,), ()),
    "threshold": ((np.nan,), ()),
    "elu": ((), (np.nan,)),
    "celu": ((0.0,), (0.0, np.nan)),
    "squareplus": ((-50.0, -1e3, -np.inf), (-50.0, -1e3, -np.inf)),
    "hard_silu": ((), (np.inf, -np.inf)),
    "sparse_plus": ((), (np.inf, -np.inf)),
    "sparse_sigmoid": ((), (np.nan,)),
}
FLOAT32 = 2e-6  # against TensorFlow, whose exp and erf round otherwise; measured 4e-7


@pytest.mark.keras
@backends
@pytest.mark.parametrize(("name", "params"), WITH_PARAMS)
def test_values_and_derivatives_are_keras_s_at_the_edges(name, params, backend):
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    z, dy = np.array(EDGES, "float32"), np.linspace(1, 2, len(EDGES), dtype="float32")
    x = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = getattr(keras.activations, name)(x, **params)
    slope = tape.gradient(expected, x, output_gradients=tf.constant(dy)).numpy()
    with config.using(backend=backend):
        y, dz = run(name, z, dy, **params)
    odd_y, odd_dz = ODD.get(name, ((), ()))
    if params.get("threshold") and not params.get("negative_slope"):
        odd_y = (np.nan,)
    same_y, same_dz = (
        ~np.array([any(np.array_equal(v, o, equal_nan=True) for o in odd) for v in z]) for odd in (odd_y, odd_dz)
    )
    nan = np.isnan(z)
    assert np.isnan(y[nan]).all()
    np.testing.assert_allclose(y[same_y], expected.numpy()[same_y], rtol=FLOAT32, atol=FLOAT32 / 10)
    np.testing.assert_allclose(dz[same_dz], slope[same_dz], rtol=FLOAT32, atol=FLOAT32 / 10)
    zeros = same_y & (expected.numpy() == 0) & (z == 0)
    np.testing.assert_array_equal(np.signbit(y[zeros]), np.signbit(expected.numpy()[zeros]))


@pytest.mark.keras
@backends
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax", "glu"])
@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2), None])
def test_activations_along_an_axis_are_keras_s(name, axis, backend):
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    if (axis is None and name in ("sparsemax", "glu")) or (isinstance(axis, tuple) and name != "softmax"):
        axis = -2
    rng = np.random.default_rng(0)
    z = 20 * rng.normal(size=(4, 4, 6)).astype("float32")
    if name == "sparsemax":  # one entry in the support of each vector, as Keras's τ is wrong for more
        z = 2 * rng.permuted(np.arange(96, dtype="float32")).reshape(4, 4, 6)
    x = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(x)
        expected = getattr(keras.activations, name)(x, axis=axis)
    dy = rng.normal(size=expected.shape).astype("float32")
    slope = tape.gradient(expected, x, output_gradients=tf.constant(dy)).numpy()
    with config.using(backend=backend):
        y, dz = run(name, z, dy, axis=axis)
    np.testing.assert_allclose(y, expected.numpy(), rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(dz, slope, rtol=2e-5, atol=5e-5)


@pytest.mark.keras
def test_no_name_of_keras_is_missing():
    theirs = pytest.importorskip("keras").activations
    assert {name for name in dir(theirs) if not name.startswith("_")} <= set(activations.__all__)


@pytest.mark.keras
@pytest.mark.parametrize("name", [*NAMES, "glu", "threshold"])
def test_signatures_and_names_are_keras_s(name):
    keras = pytest.importorskip("keras")
    theirs, ours = getattr(keras.activations, name), getattr(activations, name)
    expected = [(p.name, p.default) for p in inspect.signature(theirs).parameters.values()]
    assert [(p.name, p.default) for p in inspect.signature(ours).parameters.values()] == expected
    assert ours.__name__ == theirs.__name__
    assert activations.serialize(ours) == keras.activations.serialize(theirs)
    assert activations.get(keras.activations.serialize(theirs)) is ours
