"""Recurrent and attention layers with options, masks and weights drawn: against the complex step and live Keras."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import layers
from minikeras.layers.within import everyone
from minikeras.structures import flat
from tests.gradients import COMPLEX_STEP, complex_numbers, complex_step, norm_relative

from . import keras_side
from .drawing import sequences


def made(name, options, shape, masked, seed):
    """(layer, its call's arguments, x): weights and x drawn, at least one step of each row not masked."""
    rng = np.random.default_rng(seed)
    layer, x = keras_side.made(layers, name, options), rng.normal(size=shape)
    layer(*keras_side.inputs(name, x))
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    mask = rng.random(shape[:2]) < 0.6
    mask[:, rng.integers(0, shape[1])] = True
    return layer, {} if not masked else {"value_mask" if "Attention" in name else "mask": mask}, x


def run(name, layer, given, x, seed):
    """y, u, and the gradients of ⟨u, y⟩ with respect to x and the weights."""
    y = layer(*keras_side.inputs(name, x), record=True, **given)
    u = np.random.default_rng(seed + 1).normal(size=y.shape)
    dx = [a for a in flat(layer.backward(u)) if a is not None]
    return y, u, [sum(dx[1:], dx[0]), *(p.grad.copy() for p in layer.weights)]


def check(case, seed):
    name = case[0]
    layer, arguments, x = made(*case, seed)
    _, u, gradients = run(name, layer, arguments, x, seed)
    with complex_numbers(*everyone(layer)):
        z = x.astype("complex128")

        def loss():
            return (u * layer(*keras_side.inputs(name, z), **arguments)).sum()

        expected = [complex_step(loss, a) for a in [z, *(p.value for p in layer.weights)]]
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


def drawn(number):
    cases, ours, arrays = [], [], {}

    @given(sequences())
    @settings(max_examples=2 * number, database=None)
    def draw(case):
        i = len(cases)
        if i < number:
            layer, arguments, x = made(*case, seed=i)
            y, u, gradients = run(case[0], layer, arguments, x, i)
            cases.append((*case[:2], False))
            ours.append([y, *gradients])
            arrays.update({f"x{i}": x, f"u{i}": u}, **{f"m{i}": mask for mask in arguments.values()})
            arrays.update({f"w{i}_{j}": w for j, w in enumerate(layer.get_weights())})

    draw()
    assert len(cases) == number
    return cases, ours, arrays


def compare(cases, ours, theirs):
    errors = [str(message) for key, message in theirs.items() if key.startswith("error")]
    assert not errors, "\n".join(errors)
    for i, (case, mine) in enumerate(zip(cases, ours, strict=True)):
        scale = max(1, *(np.abs(a).max() for a in mine))
        for j, array in enumerate(mine):
            np.testing.assert_allclose(
                array, theirs[f"a{i}_{j}"], rtol=1e-12, atol=1e-12 * scale, err_msg=f"{case}, array {j}"
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
    cases, ours, arrays = drawn(500)
    compare(cases, ours, keras_side.answers_on("jax", cases, arrays, tmp_path))
