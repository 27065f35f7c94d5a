"""SGD: steps worked out by hand, order of the parts of a step, memory."""

import tracemalloc

import numpy as np
import pytest

from minikeras import config, constraints, optimizers
from minikeras.parameter import Parameter


def run(optimizer, w, gradients, constraint=None):
    """The weights after each step, from a list of gradients."""
    p = Parameter(np.array(w, dtype="float64"), "kernel", constraint=constraint)
    trajectory = []
    for g in gradients:
        optimizer.apply([np.array(g, dtype="float64")], [p])
        trajectory.append(p.value.copy())
    return np.array(trajectory)


@pytest.fixture(params=["numba", "numpy"])
def _backend(request):
    with config.using(backend=request.param):
        yield


# Rates and momenta are powers of two, exact in float32, so that every number below is exact.
@pytest.mark.usefixtures("_backend")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        # w: 1 − 0.5·2 = 0;  0 − 0.5·(−1) = 0.5;  0.5 − 0.5·1 = 0
        ({}, [0.0, 0.5, 0.0]),
        # v: −1;  0.25·(−1) + 0.5 = 0.25;  0.25·0.25 − 0.5 = −0.4375
        ({"momentum": 0.25}, [0.0, 0.25, -0.1875]),
        # the same v;  w: 1 + 0.25·(−1) − 1 = −0.25;  −0.25 + 0.0625 + 0.5 = 0.3125;  0.3125 − 0.109375 − 0.5
        ({"momentum": 0.25, "nesterov": True}, [-0.25, 0.3125, -0.296875]),
        # Decay first: 1 − 1·0.25·0.5 = 0.875, −1 → −0.125;  −0.109375 + 0.5 = 0.390625;  0.341796875 − 0.5
        ({"weight_decay": 0.25}, [-0.125, 0.390625, -0.158203125]),
        # g: 1, −1, 1
        ({"clipvalue": 1.0}, [0.5, 1.0, 0.5]),
        # g: 1.5, −1, 1
        ({"clipnorm": 1.5}, [0.25, 0.75, 0.25]),
        ({"global_clipnorm": 1.5}, [0.25, 0.75, 0.25]),
        # nesterov without momentum is plain; a limit of 0 is no limit
        ({"nesterov": True, "clipnorm": 0.0}, [0.0, 0.5, 0.0]),
    ],
)
def test_three_steps_by_hand(arguments, expected):
    optimizer = optimizers.SGD(learning_rate=0.5, **arguments)
    np.testing.assert_array_equal(run(optimizer, [1.0], [[2.0], [-1.0], [1.0]])[:, 0], expected)
    assert optimizer.iterations == 3


@pytest.mark.usefixtures("_backend")
def test_global_norm_spans_all_parameters_and_clipnorm_each():
    """Gradients (3, 0) and (4,): norms 3 and 4, together 5."""
    for argument, expected in (("global_clipnorm", [0.6, 0.8]), ("clipnorm", [1.0, 1.0])):
        a, b = Parameter(np.zeros(2), "a"), Parameter(np.zeros(1), "b")
        optimizers.SGD(1.0, **{argument: 1.0}).apply([np.array([3.0, 0.0]), np.array([4.0])], [a, b])
        np.testing.assert_allclose([-a.value[0], -b.value[0]], expected, rtol=1e-15)


def test_the_constraint_comes_last():
    """1 − 0.5·4 = −1 is brought back to 0, and the next step starts from there."""
    steps = run(optimizers.SGD(0.5), [1.0], [[4.0], [-1.0]], constraints.NonNeg())
    np.testing.assert_array_equal(steps[:, 0], [0.0, 0.5])


def test_clipping_comes_before_momentum_and_leaves_decay_alone():
    """g is clipped to 1; decay is 8·0.5·0.5 = 2; v = −0.5: 8 − 2 − 0.5."""
    optimizer = optimizers.SGD(0.5, momentum=0.5, weight_decay=0.5, clipvalue=1.0)
    assert run(optimizer, [8.0], [[100.0]]).item() == 5.5
    assert optimizer.momentums[0].value.item() == -0.5


def test_a_schedule_is_asked_before_its_step_is_counted():
    schedule = optimizers.schedules.PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25])
    optimizer = optimizers.SGD(schedule)
    np.testing.assert_array_equal(run(optimizer, [0.0], [[1.0]] * 3)[:, 0], [-1.0, -1.5, -1.75])
    assert optimizer.learning_rate == 0.25


def test_a_function_gives_the_rate():
    rates = iter([1.0, 0.5])
    steps = run(optimizers.SGD(lambda: next(rates)), [0.0], [[1.0]] * 2)
    np.testing.assert_array_equal(steps[:, 0], [-1.0, -1.5])


@pytest.mark.parametrize("clip", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_nan_is_kept_and_infinity_ends_in_nan_or_the_limit(clip):
    optimizer = optimizers.SGD(1.0, **{clip: 1.0})
    assert np.isnan(run(optimizer, [0.0, 0.0], [[np.nan, 1.0]])[0, 0])
    w = run(optimizers.SGD(1.0, **{clip: 1.0}), [0.0, 0.0], [[np.inf, 1.0]])[0]
    # As in Keras: a norm of infinity divides finite entries to 0 one by one, but spoils a global factor.
    expected = {"clipnorm": [np.nan, 0.0], "clipvalue": [-1.0, -1.0], "global_clipnorm": [np.nan, np.nan]}
    np.testing.assert_array_equal(w, expected[clip])


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm"])
def test_zero_gradient_has_a_norm_too(clip):
    assert run(optimizers.SGD(1.0, **{clip: 1.0}), [3.0], [[0.0]]).item() == 3.0


@pytest.mark.parametrize("arguments", [{}, {"clipvalue": 0.1}, {"clipnorm": 0.1}, {"global_clipnorm": 0.1}])
def test_gradients_are_not_written_to_and_the_array_stays_the_same(arguments):
    p, g = Parameter(np.ones((2, 3)), "kernel"), np.full((2, 3), 5.0)
    value = p.value
    optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1, **arguments).apply([g], [p])
    assert p.value is value
    np.testing.assert_array_equal(g, 5.0)
    assert (p.value != 1).all()


@pytest.mark.parametrize("order", ["F", "sliced"])
def test_gradients_in_any_memory_layout(order):
    g = np.arange(6.0).reshape(2, 3)
    g = np.asfortranarray(g) if order == "F" else np.repeat(g, 2, axis=1)[:, ::2]
    p = Parameter(np.zeros((2, 3)), "kernel")
    optimizers.SGD(1.0).apply([g], [p])
    np.testing.assert_array_equal(p.value, -np.arange(6.0).reshape(2, 3))


def test_parameters_in_another_memory_layout_are_refused():
    with pytest.raises(ValueError, match="dense/kernel must be C-contiguous"):
        optimizers.SGD().build([Parameter(np.zeros((2, 3), order="F"), "kernel", path="dense/kernel")])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_stay(dtype):
    p = Parameter(np.ones(2, dtype), "w")
    optimizer = optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0, weight_decay=0.1)
    optimizer.apply([np.ones(2, dtype)], [p])
    assert p.value.dtype == optimizer.momentums[0].dtype == dtype


def peak_of_a_later_step(optimizer, grads, parameters):
    """Bytes allocated at most at one time during the third step."""
    optimizer.apply(grads, parameters)
    tracemalloc.start()
    try:
        optimizer.apply(grads, parameters)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        optimizer.apply(grads, parameters)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "arguments", [{}, {"momentum": 0.9}, {"clipvalue": 0.5}, {"clipnorm": 1.0, "weight_decay": 0.1}]
)
def test_no_arrays_are_allocated_after_the_first_step(arguments):
    parameters = [
        Parameter(np.zeros((784, 300), "float32"), "kernel"),
        Parameter(np.zeros(300, "float32"), "bias"),
    ]
    grads = [np.ones_like(p.value) for p in parameters]
    optimizer = optimizers.SGD(0.01, **arguments)
    with config.using(backend="numba"):  # the reference kernels read like the equations, and allocate
        assert peak_of_a_later_step(optimizer, grads, parameters) < 4096
