"""Initializers, regularizers and constraints against live Keras: names in every form, values, gradients."""

import inspect

import numpy as np
import pytest

from minikeras import constraints, initializers, regularizers

pytestmark = pytest.mark.keras


def public(module):
    return {name for name in dir(module) if not name.startswith("_") and not inspect.ismodule(getattr(module, name))}


def test_no_name_of_keras_is_missing():
    keras = pytest.importorskip("keras")
    for ours, theirs in (
        (initializers, keras.initializers),
        (regularizers, keras.regularizers),
        (constraints, keras.constraints),
    ):
        assert not {name for name in public(theirs) if not hasattr(ours, name)}


def test_every_form_of_a_name_means_keras_s_class():
    from keras.src import initializers as theirs

    for name, cls in theirs.ALL_OBJECTS_DICT.items():
        ours = initializers.get(name)
        assert type(ours).__name__ == cls.__name__, name
        if cls.__name__ != "Constant":  # which Keras cannot make from its bare name
            assert ours.get_config() == theirs.get(name).get_config(), name


def test_stft_is_keras_s():
    keras = pytest.importorskip("keras")
    for options in (
        {},
        {"side": "imag", "scaling": "spectrum"},
        {"window": "hamming", "periodic": True, "scaling": None},
        {"window": None},
        {"window": np.linspace(0, 1, 8)},
    ):
        expected = keras.initializers.STFT(**options)((8, 1, 5)).numpy()
        np.testing.assert_allclose(initializers.STFT(**options)((8, 1, 5)), expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_orthogonal_regularizer_is_keras_s(mode):
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    w = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    x = tf.Variable(w)
    theirs = keras.regularizers.OrthogonalRegularizer(0.3, mode)
    with tf.GradientTape() as tape:
        penalty = theirs(x)
    ours, grad = regularizers.OrthogonalRegularizer(0.3, mode), np.zeros_like(w)
    ours.add_gradient(w, grad)
    assert ours(w) == pytest.approx(float(penalty), rel=1e-6)
    np.testing.assert_allclose(grad, tape.gradient(penalty, x).numpy(), rtol=1e-5, atol=1e-7)
    assert regularizers.serialize(ours) == keras.regularizers.serialize(theirs)
