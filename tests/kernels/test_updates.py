"""Optimizer updates: the compiled kernels beside the reference, bit for bit."""

import numpy as np
import pytest

from minikeras.kernels import compiled, reference

SHAPES = [(), (1,), (7,), (3, 5), (2, 1, 3)]


def operands(shape, dtype):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.normal(size=shape), dtype) for _ in range(3)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "weight_decay"])
def test_twins_agree(name, shape, dtype):
    f = np.dtype(dtype).type
    results = []
    for kernels in (reference, compiled):
        w, v, g = operands(shape, dtype)
        before = g.copy()
        if name == "sgd":
            kernels.sgd(w, g, f(0.3))
        elif name == "weight_decay":
            kernels.weight_decay(w, f(0.3), f(0.7))
        else:
            kernels.sgd_momentum(w, v, g, f(0.3), f(0.9), name == "nesterov")
        np.testing.assert_array_equal(g, before)
        assert w.dtype == v.dtype == dtype
        results.append((w, v))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.parametrize("kernels", [reference, compiled])
def test_nan_and_infinity_spread(kernels):
    w, v, g = np.array([1.0, np.nan, 1.0]), np.zeros(3), np.array([np.nan, 1.0, np.inf])
    kernels.sgd_momentum(w, v, g, 0.5, 0.5, False)
    np.testing.assert_array_equal(w, [np.nan, np.nan, -np.inf])
    w = np.array([np.nan, 1.0])
    kernels.weight_decay(w, 0.5, 0.5)
    np.testing.assert_array_equal(w, [np.nan, 0.75])
