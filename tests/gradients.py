"""Independent gradients to hold the formulas against: central differences and the complex step.

Both differentiate L(θ) = ⟨u, f(θ)⟩ for a random cotangent u, so that nothing cancels by symmetry.
"""

from contextlib import ExitStack, contextmanager

import numpy as np

COMPLEX_STEP = 1e-12  # float64, norm-relative; measured 2.5e-16
CENTRAL = 1e-7  # float64, h = 1e-5; measured 3e-10
EXACT = 1e-12  # float64 against another exact formula
SINGLE = 2e-5  # float32 against float64


def norm_relative(a, b):
    """‖a − b‖ / max(‖a‖, ‖b‖), 0 if both are zero."""
    scale = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(np.asarray(a) - np.asarray(b)) / scale) if scale else 0.0


def central(loss, array, h=1e-5):
    """(L(θ + h eᵢ) − L(θ − h eᵢ)) / 2h for every entry i; ``array`` is changed and put back."""
    gradient = np.empty_like(array)
    for i in np.ndindex(array.shape):
        kept = array[i]
        array[i] = kept + h
        above = loss()
        array[i] = kept - h
        below = loss()
        array[i] = kept
        gradient[i] = (above - below) / (2 * h)
    return gradient


def complex_step(loss, array, h=1e-30):
    """Im L(θ + ih eᵢ) / h for every entry i of a complex array; no subtraction, so no rounding error."""
    gradient = np.empty(array.shape)
    for i in np.ndindex(array.shape):
        kept = array[i]
        array[i] = kept + 1j * h
        gradient[i] = loss().imag / h
        array[i] = kept
    return gradient


@contextmanager
def complex_numbers(*layers):
    """The layers in complex128, with complex copies of their parameters, inside a ``with`` block."""
    with ExitStack() as stack:
        for layer in layers:
            before = layer._dtype
            layer.dtype = "complex128"
            stack.callback(setattr, layer, "_dtype", before)
        for parameter in {id(p): p for layer in layers for p in layer.weights}.values():
            stack.callback(setattr, parameter, "value", parameter.value)
            parameter.value = parameter.value.astype("complex128")
        yield


def check_layer(layer, x, rng, methods=("complex", "central")):
    """Holds dx and every parameter's gradient of a float64 layer against both methods."""
    y = layer(x, record=True)
    u = rng.normal(size=y.shape)
    x_before, u_before = x.copy(), u.copy()
    dx = layer.backward(u)
    gradients = {"dx": dx.copy(), **{p.path: p.grad.copy() for p in layer.weights}}
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(u, u_before)
    assert dx.shape == x.shape
    if "central" in methods:
        for name, array in _arrays(layer, x):
            numeric = central(lambda: float((u * layer(x)).sum()), array)
            assert norm_relative(gradients[name], numeric) < CENTRAL, name
    if "complex" in methods:
        with complex_numbers(layer):
            z = x.astype("complex128")
            for name, array in _arrays(layer, z):
                numeric = complex_step(lambda: (u * layer(z)).sum(), array)
                assert norm_relative(gradients[name], numeric) < COMPLEX_STEP, name


def _arrays(layer, x):
    return [("dx", x), *((p.path, p.value) for p in layer.weights)]
