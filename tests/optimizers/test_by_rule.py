"""Optimizers that update all parameters in one call, and what keeps them from it."""

import copy

import numpy as np
import pytest

from minikeras.optimizers import SGD, Adam
from minikeras.parameter import Parameter

RNG = np.random.default_rng(3)


def parameters(*dtypes):
    return [Parameter(RNG.standard_normal((20, 30)).astype(dtype), f"p{i}") for i, dtype in enumerate(dtypes)]


def gradients(variables):
    return [RNG.standard_normal(p.shape).astype(p.dtype) for p in variables]


def test_parameters_of_several_dtypes_are_each_updated_in_their_own():
    variables = parameters("float64", "float32", "float32")
    before, g = [p.numpy() for p in variables], gradients(variables)
    SGD(0.1).apply(g, variables)
    for p, w, dw in zip(variables, before, g, strict=True):
        step = p.dtype.type(np.float32(0.1)) * dw
        np.testing.assert_array_max_ulp(p.value, w - step, 0 if p.dtype == "float32" else 1)


def test_a_missing_gradient_leaves_the_others_their_own_slots():
    variables = parameters("float64", "float64", "float64")
    optimizer = SGD(0.5, momentum=0.5)
    first, second = gradients(variables), gradients(variables)
    optimizer.apply(first, variables)
    velocities = [v.numpy() for v in optimizer.momentums]
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([second[0], None, second[2]], variables)
    wanted = [0.5 * velocities[0] - 0.5 * second[0], velocities[1], 0.5 * velocities[2] - 0.5 * second[2]]
    for v, expected in zip(optimizer.momentums, wanted, strict=True):
        np.testing.assert_allclose(v.value, expected, rtol=1e-12)


def test_an_update_step_of_a_subclass_or_an_object_is_asked_for_each_parameter():
    class Half(SGD):
        def update_step(self, gradient, parameter, learning_rate):
            super().update_step(gradient / 2, parameter, learning_rate)

    variables = parameters("float64", "float64")
    before, g = [p.numpy() for p in variables], gradients(variables)
    optimizer = Half(0.5)
    optimizer.apply(g, variables)
    for p, w, dw in zip(variables, before, g, strict=True):
        np.testing.assert_allclose(p.value, w - 0.25 * dw, rtol=1e-12)
    optimizer.update_step = lambda gradient, parameter, learning_rate: parameter.assign(gradient)
    optimizer.apply(g, variables)
    for p, dw in zip(variables, g, strict=True):
        np.testing.assert_array_equal(p.value, dw)


def test_an_array_that_was_replaced_is_the_one_that_is_updated():
    variables = parameters("float64", "float64")
    optimizer, g = SGD(0.5), gradients(variables)
    optimizer.apply(g, variables)
    old = variables[0].value
    variables[0].value = old + 1
    kept = old.copy()
    optimizer.apply(g, variables)
    np.testing.assert_array_equal(old, kept)
    np.testing.assert_allclose(variables[0].value, kept + 1 - 0.5 * g[0], rtol=1e-12)


@pytest.mark.parametrize("cls", [SGD, Adam])
def test_a_copy_takes_no_addresses_along(cls):
    variables = parameters("float64", "float64")
    optimizer = cls(0.5)
    optimizer.apply(gradients(variables), variables)
    assert optimizer._together is not None
    assert copy.deepcopy(optimizer)._together is None
