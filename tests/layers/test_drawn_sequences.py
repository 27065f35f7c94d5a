"""Recurrent and attention layers with options, masks and weights drawn: against the complex step and live Keras."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import layers
from minikeras.layers.within import everyone
from minikeras.structures import flat, pack
from tests.gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

from . import keras_side
from .drawing import sequences


def made(name, options, shape, masked, more, seed):
    """(layer, its call's arguments, x): weights, x and states drawn, at least one step of each row not masked."""
    rng = np.random.default_rng(seed)
    layer, x = keras_side.made(layers, name, options), rng.normal(size=shape) / 2
    y = flat(layer(*keras_side.inputs(name, x)))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    mask = rng.random(shape[:2]) < 0.6
    mask[:, 0 if more.get("use_causal_mask") else rng.integers(0, shape[1])] = True
    arguments = keras_side.call_arguments(name, mask if masked else None, more)
    if more.get("states"):
        arguments["initial_state"] = [rng.normal(size=a.shape) for a in y[1:]]
    return layer, arguments, x


def run(name, layer, given, x, seed):
    """y and u of each output, and the gradients of Σ⟨u, y⟩ with respect to x, the states and the weights."""
    y = layer(*keras_side.inputs(name, x), record=True, **given)
    rng = np.random.default_rng(seed + 1)
    u = [rng.normal(size=a.shape).astype(a.dtype) for a in flat(y)]
    dx = [a for a in flat(layer.backward(pack(y, iter(u)))) if a is not None]
    inputs = len(flat(keras_side.inputs(name, x)))
    return flat(y), u, [sum(dx[1:inputs], dx[0]), *dx[inputs:], *(p.grad.copy() for p in layer.weights)]


def check(case, seed):
    name = case[0]
    layer, arguments, x = made(*case, seed)
    _, u, gradients = run(name, layer, arguments, x, seed)
    with complex_numbers(*everyone(layer)):
        z = x.astype("complex128")
        states = [s.astype("complex128") for s in arguments.get("initial_state", ())]
        given = arguments | ({"initial_state": states} if states else {})

        def loss():
            return sum((a * b).sum() for a, b in zip(u, flat(layer(*keras_side.inputs(name, z), **given)), strict=True))

        expected = [complex_step(loss, a) for a in [z, *states, *(p.value for p in layer.weights)]]
    largest = max(np.linalg.norm(a) for a in expected)
    for gradient, wanted in zip(gradients, expected, strict=True):
        if np.linalg.norm(wanted) > 1e-12 * largest:  # that of a key's bias is 0
            assert norm_relative(gradient, wanted) < COMPLEX_STEP
        else:
            assert np.linalg.norm(gradient) < 1e-12 * max(1, largest)


@given(sequences(), st.integers(0, 1000))
@settings(max_examples=20)
def test_derivatives_are_those_of_the_complex_step(case, seed):
    check(case, seed)


@pytest.mark.slow
@given(sequences(), st.integers(0, 1000))
@settings(max_examples=500)
def test_derivatives_of_many_configurations_are_those_of_the_complex_step(case, seed):
    check(case, seed)


def drawn(number, fits=lambda *case: True):
    """Cases that fit, what minikeras gives for them, in float32 too, and all arrays."""
    cases, ours, arrays = [], [], {}

    @given(sequences())
    @settings(max_examples=3 * number, database=None)
    def draw(case):
        i = len(cases)
        if i < number and fits(*case):
            name, options, _, masked, more = case
            layer, arguments, x = made(*case, seed=i)
            y, u, gradients = run(name, layer, arguments, x, i)
            cases.append((name, options, False, more))
            ours.append(([*y, *gradients], in_float32(case, layer, arguments, x, i)))
            arrays[f"x{i}"], arrays[f"u{i}"] = x, u[0]
            arrays.update({f"u{i}_{j}": a for j, a in enumerate(u[1:])})
            arrays.update({f"s{i}_{j}": a for j, a in enumerate(arguments.get("initial_state", ()))})
            arrays.update({f"w{i}_{j}": w for j, w in enumerate(layer.get_weights())})
            if masked:
                arrays[f"m{i}"] = flat(arguments.get("mask", arguments.get("value_mask")))[-1]

    draw()
    assert len(cases) == number
    return cases, ours, arrays


def in_float32(case, layer, arguments, x, seed):
    """What the layer gives in float32."""
    name, options = case[:2]
    narrow = keras_side.made(layers, name, {**options, "dtype": "float32"})
    x = x.astype("float32")
    narrow(*keras_side.inputs(name, x))
    narrow.set_weights(layer.get_weights())
    states = [s.astype("float32") for s in arguments.get("initial_state", ())]
    y, _, gradients = run(name, narrow, arguments | ({"initial_state": states} if states else {}), x, seed)
    return [*y, *gradients]


def jax_can(name, options, shape, masked, more):
    """False where Keras on JAX is not able, or differs from Keras on TensorFlow.

    It spreads the mask of a ConvLSTM over the wrong axes, takes no values of another size than the keys, and gives the
    first states in place of zeros as the output of masked steps at the beginning.
    """
    return not (masked and ("ConvLSTM" in name or more.get("states"))) and options.get("value_dim") is None


HEADS = ("MultiHeadAttention", "GroupQueryAttention")  # on JAX, jax.nn.dot_product_attention has a float32 softmax


def compare(cases, ours, theirs, rounded=()):
    errors = [str(message) for key, message in theirs.items() if key.startswith("error")]
    assert not errors, "\n".join(errors)
    for i, (case, mine) in enumerate(zip(cases, ours, strict=True)):
        for arrays, within in zip(mine, (1e-6 if case[0] in rounded else 1e-12, 2e-5), strict=True):
            scale = max(1, *(np.abs(a).max() for a in arrays))
            for j, array in enumerate(arrays):
                np.testing.assert_allclose(
                    array, theirs[f"a{i}_{j}"], rtol=within, atol=within * scale, err_msg=f"{case}, array {j}"
                )


@pytest.mark.keras
@pytest.mark.parametrize("number", [20, pytest.param(500, marks=pytest.mark.slow)])
def test_layers_give_what_keras_gives_on_tensorflow(keras64, number):
    cases, ours, arrays = drawn(number)
    compare(cases, ours, keras_side.answers(cases, arrays))


@pytest.mark.keras
@pytest.mark.slow
def test_layers_give_what_keras_gives_on_jax(tmp_path):
    pytest.importorskip("jax")
    cases, ours, arrays = drawn(500, jax_can)
    compare(cases, ours, keras_side.answers_on("jax", cases, arrays, tmp_path), rounded=HEADS)
