"""Tensors: they behave as arrays, their NumPy functions are recorded, and no gradient is lost without an error."""

import copy
import pickle

import numpy as np
import pytest

from minikeras import GradientTape, Variable, layers, ops
from minikeras.tensor import Tensor

X = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.fixture
def live():
    with GradientTape() as tape:
        x = ops.convert_to_tensor(X)
        tape.watch(x)
        yield x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.exp(x) + np.sum(x, axis=0),
        lambda x: np.concatenate([x, np.ones((2, 1))], axis=1),
        lambda x: np.where(x > 2.5, x, 0.0).mean(),
        lambda x: np.add.reduce(x, 1),
        lambda x: np.maximum(x, 2.5).T.reshape(4)[1:],
        lambda x: x.sum(axis=1) + x.mean() * x.max() - x.std(),
        lambda x: np.tensordot(x, x, axes=1).flatten().clip(0, 20),
        lambda x: list(x)[1] @ np.ones(2),
        lambda x: 1 / (np.ones(2) * x) + np.float64(2) * x,
    ],
)
def test_numpy_functions_of_a_recorded_array_are_differentiated(function):
    def total(x):
        return float(np.sum(np.asarray(function(x))))

    with GradientTape() as tape:
        x = ops.convert_to_tensor(X)
        tape.watch(x)
        y = function(x)
    found = np.asarray(tape.gradient(y, x))
    for i in np.ndindex(X.shape):
        step = np.zeros_like(X)
        step[i] = 1e-6
        assert found[i] == pytest.approx((total(X + step) - total(X - step)) / 2e-6, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: np.nextafter(x, 0.5), "nextafter"),
        (lambda x: np.fft.fft(x), "fft"),
        (lambda x: np.interp(x, [0, 1], [0, 1]), "interp"),
        (lambda x: np.add.accumulate(x), "add"),
        (lambda x: x.searchsorted(1.0), "searchsorted"),
        (lambda x: ops.exp(x.view()), "NumPy method"),
        (lambda x: np.sum(x, where=X > 1), "sum"),
    ],
)
def test_a_function_without_a_derivative_is_named(live, function, name):
    with pytest.raises(TypeError, match=f"(?s){name}.*no derivative"):
        function(live)


def test_assignment_into_a_recorded_array_is_refused(live):
    with pytest.raises(TypeError, match="in place"):
        live[0, 0] = 5.0
    with pytest.raises(TypeError, match="in place"):
        np.add(X, X, out=live)
    other = live
    other += 1  # a new array
    assert float(live[0, 0]) == 1.0
    assert float(other[0, 0]) == 2.0


def test_arrays_that_nothing_depends_on_are_just_computed_with():
    x = ops.convert_to_tensor(X)
    np.testing.assert_allclose(np.fft.fft(x), np.fft.fft(X))
    np.testing.assert_allclose(np.heaviside(x, 0.5), np.heaviside(X, 0.5))
    x[0, 0] = 7.0
    assert float(x[0, 0]) == 7.0
    with GradientTape():
        assert isinstance(np.sort(x), np.ndarray)


def test_a_tensor_behaves_as_an_array():
    x = ops.convert_to_tensor(X)
    assert x.sum(dtype=np.int64) == 10
    with pytest.raises(AssertionError, match="Mismatched elements: 4 / 4"):
        np.testing.assert_allclose(x, X + 1)
    assert repr(x) == repr(X)
    assert f"{x.sum():.1f}" == "10.0"
    assert (len(x), x.shape, x.ndim, x.size, x.tolist()) == (2, (2, 2), 2, 4, X.tolist())
    assert [float(row.sum()) for row in x] == [3.0, 7.0]
    assert bool((x == X).all())
    assert type(x.numpy()) is np.ndarray
    for same in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert isinstance(same, Tensor)
        np.testing.assert_array_equal(same, X)


def test_a_layer_gives_users_tensors_and_predict_plain_arrays():
    layer = layers.Dense(2)
    assert isinstance(layer(X), Tensor)
    assert isinstance(layer(ops.convert_to_tensor(X)), Tensor)


def test_a_parameter_calculates_with_its_value():
    v = Variable("ones", shape=(2, 2), dtype="float64")
    v.assign_add(X)
    v.assign_sub([[1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(2 * v + X @ v, 2 * X + X @ X)
    np.testing.assert_array_equal(np.exp(v), np.exp(X))
    assert {v: 1}[v] == 1


def test_symbols_have_no_numbers():
    from minikeras import KerasTensor

    symbol = KerasTensor((None, 2))
    with pytest.raises(TypeError, match="symbol"):
        bool(symbol)
    with pytest.raises(TypeError, match="symbol"):
        np.asarray(symbol)


def test_more_than_250_functions_of_keras_are_there():
    names = [name for name in dir(ops) if not name.startswith("_") and callable(getattr(ops, name))]
    assert len(names) >= 300
    with pytest.raises(AttributeError, match="no 'svd'"):
        _ = ops.svd
