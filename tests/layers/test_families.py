"""Every convolution, pooling, normalization and reshaping layer: derivatives, both kernels, shapes, configs."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import config, layers
from minikeras.layers.within import kept
from tests.gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

from .drawing import convolutions, made, normalizations, poolings, regularizations, reshapings

CASES = st.one_of(convolutions(), poolings(), normalizations(), regularizations(), reshapings())


def forward_backward(layer, x, u, training=False):
    y = layer(x, training=training, record=True)
    dx = layer.backward(u)
    return y, [dx.copy(), *(p.grad.copy() for p in layer.weights if p.trainable)]


def check(case, seed, training=False):
    """Each derivative of ⟨u, f⟩ against the complex step, which runs the reference kernels."""
    layer, x = made(*case, seed)
    u = np.random.default_rng(seed + 1).normal(size=layer(x).shape)
    before = x.copy(), u.copy()
    with kept(layer):
        y, gradients = forward_backward(layer, x, u, training)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(u, before[1])

    def output():
        with kept(layer):
            return layer(z, training=training)

    def loss():
        return (u * output()).sum()

    with complex_numbers(layer):
        z = x.astype("complex128")
        assert norm_relative(y, output().real) < COMPLEX_STEP
        arrays = [z, *(p.value for p in layer.weights if p.trainable)]
        for gradient, array in zip(gradients, arrays, strict=True):
            assert norm_relative(gradient, complex_step(loss, array)) < COMPLEX_STEP


@given(CASES, st.integers(0, 1000))
@settings(max_examples=60)
def test_derivatives_are_those_of_the_complex_step(case, seed):
    check(case, seed)


@given(normalizations(), st.integers(0, 1000))
@settings(max_examples=15)
def test_derivatives_in_training_are_those_of_the_complex_step(case, seed):
    check(case, seed, training=True)


@pytest.mark.slow
@given(CASES, st.integers(0, 1000), st.booleans())
@settings(max_examples=600)
def test_derivatives_of_many_configurations_are_those_of_the_complex_step(case, seed, training):
    check(case, seed, training)


@given(CASES, st.integers(0, 1000))
@settings(max_examples=40)
def test_both_kernels_agree(case, seed):
    layer, x = made(*case, seed)
    u = np.random.default_rng(seed + 1).normal(size=layer(x).shape)
    results = []
    for backend in ("numba", "numpy"):
        with config.using(backend=backend):
            y, gradients = forward_backward(layer, x, u)
            results.append([y, *gradients])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@given(CASES)
@settings(max_examples=60)
def test_the_output_has_the_shape_that_was_computed_and_unknown_sizes_stay_unknown(case):
    name, options, shape = case
    layer, x = made(*case)
    assert layer.compute_output_shape(shape) == layer(x).shape
    assert layer.compute_output_shape((None, *shape[1:])) == (None, *layer(x).shape[1:])
    if hasattr(layer, "rank"):
        first = 2 if options.get("data_format") == "channels_first" else 1
        unknown = list(shape)
        unknown[first] = None
        result = layer.compute_output_shape(tuple(unknown))
        if not name.startswith(("Global", "Adaptive")):
            assert result[first] is None
            assert result[:first] + result[first + 1 :] == layer(x).shape[:first] + layer(x).shape[first + 1 :]


@given(CASES)
@settings(max_examples=40)
def test_a_config_through_json_makes_the_same_layer(case):
    layer, x = made(*case)
    tree = json.loads(json.dumps(layers.serialize(layer)))
    again = layers.deserialize(tree)
    again(x)
    again.set_weights(layer.get_weights())
    assert json.dumps(layers.serialize(again)) == json.dumps(layers.serialize(layer))
    np.testing.assert_array_equal(again(x), layer(x))


@given(convolutions(), st.integers(0, 100))
@settings(max_examples=15)
def test_results_do_not_depend_on_the_number_of_threads(case, seed):
    from minikeras import threads, windows

    layer, x = made(*case, seed)
    x = np.concatenate([x, -x, 2 * x])
    u = np.random.default_rng(seed).normal(size=layer(x).shape)
    runs, before = [], (threads.workers, windows.BLOCK)
    try:
        windows.BLOCK = 1
        for number in (1, 3):
            threads.workers = lambda number=number: number
            y, gradients = forward_backward(layer, x, u)
            runs.append([a.tobytes() for a in (y, *gradients)])
    finally:
        threads.workers, windows.BLOCK = before
    assert runs[0] == runs[1]


def test_a_frozen_layer_leaves_its_gradients_alone_and_an_unread_dx_is_not_made():
    layer, x = made("Conv2D", {"filters": 2, "kernel_size": 2}, (2, 3, 3, 1))
    layer.trainable = False
    layer(x, record=True)
    layer.backward(np.ones((2, 2, 2, 2)))
    np.testing.assert_array_equal(layer.kernel.grad, 0)


def test_every_alias_is_the_class_that_keras_means():
    assert layers.Convolution2D is layers.Conv2D
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.GlobalAvgPool1D is layers.GlobalAveragePooling1D
    assert layers.SeparableConvolution1D is layers.SeparableConv1D
    assert layers.Convolution3DTranspose is layers.Conv3DTranspose
