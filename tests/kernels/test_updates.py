"""Optimizer updates: the compiled kernels beside the reference, bit for bit."""

import numpy as np
import pytest

from minikeras.kernels import compiled, reference
from minikeras.kernels.compiled.jit import WORTH

LARGE = (2, WORTH + 3)  # the cores share it out
SHAPES = [(), (1,), (7,), (3, 5), (2, 1, 3), LARGE]


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


NUMBERS = [0.3, 0.9, 0.2, 0.7, 0.1, 0.4, 0.6, 0.8]
#: kernel: how many arrays it takes, how many numbers, further arguments.
TWINS = {
    "lion": (3, 5, ()),
    "muon_momentum": (3, 2, (True,)),
    "moving_average": (2, 2, ()),
    "adamax": (4, 5, ()),
    "nadam": (4, 9, ()),
    "lamb_direction": (4, 5, ()),
    "schedule_free_adamw": (4, 8, ()),
    "adagrad": (3, 2, ()),
    "adadelta": (4, 4, ()),
    "ftrl": (4, 5, ()),
    "adafactor_entrywise": (3, 3, ()),
}


def both(name, arrays, further):
    results = []
    for kernels in (reference, compiled):
        copies = [None if a is None else a.copy() for a in arrays]
        with np.errstate(invalid="ignore"):
            getattr(kernels, name)(*copies, *further)
        results.append([a for a in copies if a is not None])
    assert any(not np.array_equal(a, b) for a, b in zip(results[0], [a for a in arrays if a is not None], strict=True))
    for mine, theirs in zip(*results, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=4e-6 if mine.dtype == np.float32 else 1e-14)


def positive(shape, dtype, count, seed=0):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.uniform(0.1, 2, size=shape), dtype) for _ in range(count)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TWINS)
def test_twins_of_all_rules_agree(name, dtype):
    f = np.dtype(dtype).type
    arrays, numbers, further = TWINS[name]
    for shape in ((), (3, 5), LARGE):
        some = positive(shape, dtype, arrays)
        some[0] *= f(-1)
        both(name, some, (*map(f, (NUMBERS + NUMBERS)[:numbers]), *further))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("absent", [(), (3,), (2,), (2, 3)])
def test_twins_of_rules_with_a_slot_that_may_be_absent_agree(absent, dtype):
    f = np.dtype(dtype).type
    adam, rmsprop = positive((4, 3), dtype, 5), positive((4, 3), dtype, 5, 1)
    rmsprop[3] *= f(0.01)
    for i in absent:
        rmsprop[i] = None
    both("rmsprop", rmsprop, [f(x) for x in (0.3, 0.9, 0.1, 0.5, 1.0)])
    if 3 in absent:
        adam[3] = None
    both("adam", adam, [f(x) for x in (0.3, 0.9, 0.1, 0.5)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_twins_of_the_factored_rule_agree(dtype):
    f = np.dtype(dtype).type
    shapes = (2, 3, 5), (2, 3), (2, 5), (2, 3, 5), (2, 3, 5)
    both(
        "adafactor_factored",
        [positive(s, dtype, 1, i)[0] for i, s in enumerate(shapes)],
        [f(x) for x in (0.7, 0.3, 0.1)],
    )


@pytest.mark.parametrize("kernels", [reference, compiled])
def test_maxima_keep_nan(kernels):
    nan = np.array([np.nan, 1.0])
    w, m, u = np.ones(2), np.zeros(2), np.zeros(2)
    kernels.adamax(w, m, u, nan, 0.1, 0.1, 0.9, 0.1, 0.1)
    np.testing.assert_array_equal(np.isnan(u), [True, False])
    w, m, v, v_hat = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(2)
    for g in (nan, np.ones(2)):
        kernels.adam(w, m, v, v_hat, g, 0.1, 0.1, 0.1, 0.1)
    np.testing.assert_array_equal(np.isnan(v_hat), [True, False])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernels", [reference, compiled])
def test_a_mean_of_gradients_that_stay_zero_ends_at_zero(kernels, dtype):
    """Without ever being a subnormal number: those make the step of a net with dead units twice as long."""
    tiny = np.finfo(dtype).tiny
    f = np.dtype(dtype).type
    start, zero = np.array([2, -1.5, 0.5, np.nan, 4], dtype) * tiny, np.zeros(5, dtype)
    halved = np.array([1, 0, 0, np.nan, 2], dtype) * tiny
    updates = {
        "sgd_momentum": lambda mean: kernels.sgd_momentum(zero.copy(), mean, zero, f(0.1), f(0.5), False),
        "adam": lambda mean: kernels.adam(zero.copy(), mean, zero + 1, None, zero, f(0.1), f(0.5), f(0.1), f(1e-7)),
        "rmsprop": lambda mean: kernels.rmsprop(
            zero.copy(), mean, None, None, zero, f(0.1), f(0.5), f(0.5), f(0), f(1e-7)
        ),
    }
    for name, update in updates.items():
        mean = start.copy() if name != "rmsprop" else np.abs(start)
        update(mean)
        np.testing.assert_array_equal(mean, halved, err_msg=name)
