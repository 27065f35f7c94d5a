"""The engine beside real Keras: the quick part on TensorFlow; the other backends and whole runs are slow."""

import numpy as np
import pytest

import minikeras
from parity import accuracy, compare, controls, data, gradients, semantics, specs, tasks, trajectory, update
from parity.worker import BackendError, Keras, _check_device, missing

pytestmark = pytest.mark.keras
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("jax", "torch")]


def assert_passed(rows):
    assert rows
    assert not [f"{r.case}: {r.tensor} {r.dtype} {r.error:.1e}" for r in rows if not r.passed]


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_gradients(backends, backend):
    count = 5 if backend == "tensorflow" else 60
    cases = gradients.article_batches() + specs.breadth() + [specs.random_spec(seed) for seed in range(count)]
    assert_passed(gradients.check(backends(backend), cases))


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_gradients_of_200_random_models(backends, backend):
    rows = gradients.check(backends(backend), [specs.random_spec(seed) for seed in range(200)])
    assert_passed(rows)
    assert backend == "torch" or sum(row.dtype == "float64" for row in rows) > 1000


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_updates(backends, backend):
    assert_passed(update.check(backends(backend)))


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_trajectory(backends, backend):
    images = data.images(328, 50)
    rows, curves = trajectory.check(backends(backend), *images, epochs=2)
    assert_passed(rows)
    assert curves["steps"][-1] == 22
    assert all(len(values) == len(curves["steps"]) for values in curves["drift"].values())
    assert curves["promise"]["itself"]["rows reversed"] > 0


@pytest.mark.slow
def test_trajectory_of_10_000_rows_and_30_epochs(backends):
    given = trajectory.case(*data.images(10_000, 1000), 30)
    theirs = backends("tensorflow").ask("trajectory", **given, dtype="float64")
    assert_passed(trajectory.rows(trajectory.ours(given, "float64", "tensorflow"), theirs))


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.slow)])
def test_every_planted_fault_is_caught_and_the_honest_engine_is_not(backends, backend):
    found = controls.check(backends(backend))
    assert len(found) == len(controls.FAULTS) + 1
    assert not [line for line in found if not line["passed"]]


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_a_saturated_softmax_in_the_meaning_of_each_backend(backends, backend):
    rows, answers = semantics.saturated(backends(backend))
    assert_passed(rows)
    keras, *_ = answers.values()
    assert float(keras["loss"]) == pytest.approx(20.0 if backend == "tensorflow" else 16.118, abs=1e-3)


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_relu_and_leaky_relu_at_nan_and_at_the_kink(backends, backend):
    keras, ours = semantics.rectified(backends(backend)).values()
    assert (ours["relu(nan)"], ours["relu′(nan)"], ours["relu′(0)"], ours["leaky_relu′(0)"]) == ("nan", "0", "0", "0.2")
    others = {"jax": {"leaky_relu′(0)": "1"}, "torch": {"relu′(nan)": "1"}}
    assert keras == {**ours, **others.get(backend, {})}


def test_the_truth_of_single_operations():
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 40
    f = mpmath.mpf
    expected = {
        "tanh": mpmath.tanh(f(0.7)),
        "leaky_relu": f(-0.7) / 5,
        "gelu": f(0.7) * mpmath.ncdf(f(0.7)),
        "mean of squares": (f(0.1) ** 2 + f(0.7) ** 2 + f(1.3) ** 2) / 3,
        "product": f(0.1) * f(0.3) + f(0.7) * f(1.1),
    }
    for name, value in expected.items():
        assert semantics.TRUTH[name] == pytest.approx(float(value), rel=3e-16), name


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_keras_rounds_what_is_named_as_rounded_and_nothing_else(backends, backend):
    named = {*specs.ROUNDED.get(backend, ()), *(["product", "MeanSquaredError"] if backend == "torch" else [])}
    named = {"mean of squares" if name == "MeanSquaredError" else name for name in named}
    found = semantics.errors(backends(backend).ask("double", points=semantics.POINTS))
    for name, error in found.items():
        assert (error > 1e-9) if name in named else (error < 1e-15), (name, error)
    with minikeras.config.using(floatx="float64"):
        assert max(semantics.errors(tasks.double(minikeras, semantics.POINTS)).values()) < 1e-15


def test_a_missing_gpu_is_an_error_that_says_so():
    for backend in ("tensorflow", "jax"):
        if lacking := missing(backend):
            pytest.skip(lacking)
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is one")
    with pytest.raises(BackendError, match="tensorflow finds no GPU"):
        _check_device("tensorflow", "gpu")
    with pytest.raises(BackendError, match="jax finds no GPU"):  # JAX is the quicker one to start a process with
        Keras("jax", device="gpu").close()


def test_relative_error():
    assert compare.relative([3.0, 4.0], [3.0, 4.0]) == 0
    assert compare.relative([0.0, 5.0], [3.0, 4.0]) == pytest.approx(np.sqrt(10) / 5)
    assert compare.relative([np.nan], [1.0]) == np.inf
    assert compare.relative([1.0, 2.0], [1.0]) == np.inf


def test_a_tensor_that_only_one_side_has_fails():
    rows = compare.tensors("gradients", "case", {"a": np.ones(1)}, {"b": np.ones(1)}, "float64")
    assert [row.passed for row in rows] == [False, False]


def test_where_a_tensor_differs_most():
    row = compare.tensor("gradients", "case", "t", np.array([[1.0, 2.5]]), np.array([[1.0, 2.0]]), "float64")
    assert (row.passed, row.largest, row.index, row.values) == (False, 0.5, (0, 1), (2.5, 2.0))


def test_float32_digits_lost_by_both_sides_are_forgiven_and_by_one_are_not():
    truth, theirs = np.array([1e-7]), np.array([1.4e-7], "float32")
    for ours, passed in ((1.5e-7, True), (5e-7, False)):
        row = compare.tensor("gradients", "c", "t", np.array([ours], "float32"), theirs, "float32", truth)
        assert row.passed == passed


def test_random_models_are_reproducible_and_varied():
    drawn = [specs.random_spec(seed) for seed in range(200)]
    assert drawn[:5] == [specs.random_spec(seed) for seed in range(5)]
    assert {spec.rows for spec in drawn} >= {1, 7, 32}
    assert len({spec.loss["$"] for spec in drawn}) == 6
    assert {len(spec.layers) for spec in drawn} >= {1, 2, 3, 4, 5}
    for spec in drawn[:20]:
        assert specs.build(minikeras, spec).count_params() > 0


def test_equivalence_needs_close_means_and_narrow_intervals():
    scipy = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.88, 0.001, 10), rng.normal(0.8805, 0.001, 10)
    found = accuracy.equivalence(a, b)
    expected = scipy.ttest_rel(a, b).confidence_interval(0.9)
    np.testing.assert_allclose(found["interval"], expected, atol=1e-7)
    assert found["equivalent"]
    assert not accuracy.equivalence(a, b + 0.004)["equivalent"]
    assert not accuracy.equivalence(rng.normal(0.88, 0.02, 10), b)["equivalent"]
