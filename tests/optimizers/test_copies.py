"""Copies of models and optimizers: each trains on by itself, as the original would have."""

import copy
import pickle

import numpy as np
import pytest

import minikeras as k
from minikeras.parameter import Parameter
from minikeras.workspace import Workspace

WAYS = {"deepcopy": copy.deepcopy, "pickle": lambda thing: pickle.loads(pickle.dumps(thing))}


@pytest.fixture(params=WAYS)
def copied(request):
    return WAYS[request.param]


def data():
    rng = np.random.default_rng(4)
    return rng.normal(size=(40, 5)).astype("float32"), rng.normal(size=(40, 2)).astype("float32")


def trained(**arguments):
    k.utils.set_random_seed(11)
    model = k.Sequential([k.layers.Input((5,)), k.layers.Dense(6, activation="tanh"), k.layers.Dense(2)])
    model.compile(k.optimizers.SGD(0.05, **arguments), "mse")
    model.fit(*data(), epochs=2, batch_size=7, shuffle=False, verbose=0)
    return model


def onward(model):
    model.fit(*data(), epochs=2, batch_size=7, shuffle=False, verbose=0)
    return model.get_weights()


def test_a_copy_trains_on_with_its_velocities(copied):
    wanted = onward(trained(momentum=0.9))
    original = trained(momentum=0.9)
    for got in (onward(copied(original)), onward(original)):  # the copy's steps leave the original alone
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_copy_keeps_the_exclusions_from_weight_decay(copied):
    def model():
        m = trained(weight_decay=0.1)
        m.optimizer.exclude_from_weight_decay(var_list=[m.layers[0].kernel])
        return m

    for a, b in zip(onward(copied(model())), onward(model()), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_copied_optimizer_knows_the_copied_parameters_only(copied):
    rng = np.random.default_rng(8)
    w = Parameter(rng.normal(size=3), "w")
    optimizer = k.optimizers.SGD(0.5, momentum=0.5)
    optimizer.apply([np.ones(3)], [w])
    other, v = copied((optimizer, w))
    before = v.value.copy()
    other.apply([np.ones(3)], [v])  # by hand: velocity −0.5, then −0.25 − 0.5
    np.testing.assert_allclose(v.value, before - 0.75, rtol=1e-6)
    with pytest.raises(ValueError, match="Unknown variable"):
        other.apply([np.ones(3)], [w])


def test_a_copy_made_in_the_middle_of_fit_shares_no_memory_between_its_outputs(copied):
    copies = []
    callback = k.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: copies.append(copied(model)))
    model = trained(momentum=0.9)
    model.fit(*data(), batch_size=20, shuffle=False, verbose=0, callbacks=[callback])
    first, second = (copies[0].predict(x, verbose=0) for x in np.split(data()[0], 2))
    assert not np.array_equal(first, second)
    for a, b in zip(copies[-1].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_copy_of_a_workspace_is_empty(copied):
    workspace = Workspace()
    workspace["y", (1000,), "float64"]
    other = copied(workspace)
    assert len(pickle.dumps(other)) < 100
