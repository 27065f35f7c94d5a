"""Kernels of the loss heads: by hand, by the complex step, at the edges, twins."""

import numpy as np
import pytest

from minikeras import kernels
from minikeras.kernels import compiled, reference

from ..gradients import CENTRAL, COMPLEX_STEP, central, complex_step, norm_relative

N, K = 4, 3
NAMES = ["softmax_crossentropy", "softmax_crossentropy_dense", "sigmoid_crossentropy"]
TWINS = [reference, compiled]


def targets_of(name, rng):
    return rng.integers(0, K, N) if name == "softmax_crossentropy" else rng.random((N, K))


def run(module, name, z, targets, weights):
    """p, losses, dz; the inputs must stay as they are."""
    given = [z.copy(), targets.copy(), weights.copy()]
    p, losses, dz = np.empty_like(z), np.empty(len(z), z.dtype), np.empty_like(z)
    getattr(module, name)(z, targets, weights, p, losses, dz)
    for before, after in zip(given, (z, targets, weights), strict=True):
        np.testing.assert_array_equal(before, after)
    return p, losses, dz


@pytest.mark.parametrize("module", TWINS)
def test_by_hand(module):
    z, w = np.log([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0]]), np.array([1.0, 0.5])
    p, losses, dz = run(module, "softmax_crossentropy", z, np.array([1, 0]), w)
    np.testing.assert_allclose(p, [[0.25, 0.5, 0.25], [0.375, 0.125, 0.5]])
    np.testing.assert_allclose(losses, [0.6931, 0.9808], atol=5e-5)  # log 2, log 8/3
    np.testing.assert_allclose(dz, [[0.25, -0.5, 0.25], [-0.3125, 0.0625, 0.25]])

    t = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 1.0]])  # a row may sum to anything
    _, losses, dz = run(module, "softmax_crossentropy_dense", z, t, w)
    np.testing.assert_allclose(losses, [1.0397, 2.7726], atol=5e-5)  # (log 4 + log 2) / 2, log 8 + log 2
    np.testing.assert_allclose(dz, [[-0.25, 0.0, 0.25], [0.375, -0.375, 0.0]])

    p, losses, dz = run(module, "sigmoid_crossentropy", np.log([[3.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([2.0]))
    np.testing.assert_allclose(p, [[0.75, 0.5]])
    np.testing.assert_allclose(losses, [0.4904], atol=5e-5)  # (log 4/3 + log 2) / 2
    np.testing.assert_allclose(dz, [[-0.25, 0.5]])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_dz_by_complex_step_and_differences(name, seed):
    rng = np.random.default_rng(seed)
    z, targets, w = 3 * rng.normal(size=(N, K)), targets_of(name, rng), rng.random(N)
    dz = run(reference, name, z, targets, w)[2]
    c = z.astype(complex)
    assert norm_relative(dz, complex_step(lambda: w @ run(reference, name, c, targets, w)[1], c)) < COMPLEX_STEP
    assert norm_relative(dz, central(lambda: w @ run(compiled, name, z, targets, w)[1], z)) < CENTRAL


@pytest.mark.parametrize("module", TWINS)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "uint64"])
def test_labels_of_any_integer_type(module, dtype):
    rng = np.random.default_rng(0)
    z, labels, w = rng.normal(size=(N, K)), rng.integers(0, K, N), rng.random(N)
    for a, b in zip(
        run(module, "softmax_crossentropy", z, labels.astype(dtype), w),
        run(module, "softmax_crossentropy", z, labels, w),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("module", TWINS)
def test_logits_whose_exponentials_overflow(module):
    z, w = np.array([[1e4, -1e4, 0.0]]), np.ones(1)
    for name, targets, loss, dz in [
        ("softmax_crossentropy", np.array([1]), 2e4, [1, -1, 0]),
        ("softmax_crossentropy_dense", np.array([[0.0, 1.0, 0.0]]), 2e4, [1, -1, 0]),
        ("sigmoid_crossentropy", np.array([[0.0, 1.0, 0.0]]), (2e4 + np.log(2)) / 3, [1 / 3, -1 / 3, 0.5 / 3]),
    ]:
        _, losses, gradient = run(module, name, z, targets, w)
        np.testing.assert_allclose(losses, [loss], rtol=1e-15)
        np.testing.assert_allclose(gradient, [dz], atol=1e-15)


@pytest.mark.parametrize("module", TWINS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("position", range(K))
@pytest.mark.filterwarnings("ignore:invalid value")
def test_nan_stays_in_its_row(module, name, position):
    rng = np.random.default_rng(1)
    z, targets, w = rng.normal(size=(N, K)), targets_of(name, rng), np.ones(N)
    z[2, position] = np.nan
    _, losses, dz = run(module, name, z, targets, w)
    np.testing.assert_array_equal(np.isnan(losses), [False, False, True, False])
    assert np.isnan(dz[2, position])
    assert np.isfinite(dz[[0, 1, 3]]).all()


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_linear_in_the_weights_and_shifts_change_nothing(name):
    rng = np.random.default_rng(2)
    z, targets, w = rng.normal(size=(N, K)), targets_of(name, rng), rng.random(N)
    p, losses, dz = run(compiled, name, z, targets, w)
    np.testing.assert_allclose(run(compiled, name, z, targets, 2 * w)[2], 2 * dz, rtol=1e-15)
    assert not run(compiled, name, z, targets, np.zeros(N))[2].any()
    if name != "sigmoid_crossentropy":
        shifted = run(compiled, name, z + 50, targets, w)
        np.testing.assert_allclose(shifted[0], p, rtol=1e-12)
        np.testing.assert_allclose(shifted[1], losses, rtol=1e-12)
        np.testing.assert_allclose(dz.sum(axis=1), 0, atol=1e-15)


def test_select_gives_the_compiled_twin():
    for name in NAMES:
        assert getattr(kernels.select(np.dtype("float32")), name) is getattr(compiled, name)
