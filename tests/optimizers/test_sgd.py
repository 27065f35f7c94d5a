"""SGD by hand, its state and its errors."""

import tracemalloc

import numpy as np
import pytest

from minikeras import Parameter, optimizers
from minikeras.errors import UnsupportedError
from minikeras.optimizers import SGD


def one(value=1.0):
    return Parameter(np.array([value]), "w", "layer/w")


def test_plain_momentum_and_nesterov_by_hand():
    g = np.array([2.0])
    w = one()
    SGD(0.1).apply([g], [w])
    assert w.value == pytest.approx(0.8)  # 1 − 0.1·2
    w, sgd = one(), SGD(0.1, momentum=0.9)
    sgd.apply([g], [w])
    sgd.apply([g], [w])
    assert w.value == pytest.approx(0.42)  # v = −0.2, then −0.38
    w, sgd = one(), SGD(0.1, momentum=0.9, nesterov=True)
    sgd.apply([g], [w])
    assert w.value == pytest.approx(0.62)  # 1 + 0.9·(−0.2) − 0.2
    assert [v.path for v in sgd.variables] == [f"{sgd.name}/iteration", f"{sgd.name}/learning_rate", f"{sgd.name}/layer_w_momentum"]


def test_gradients_are_left_alone_and_none_skips():
    a, b, g = one(), one(), np.array([5.0])
    SGD(0.1, clipnorm=1.0).apply([g, None], [a, b])
    assert (g.item(), b.value.item()) == (5.0, 1.0)
    assert a.value == pytest.approx(0.9)


def test_a_plain_step_allocates_nothing():
    w = Parameter(np.ones((300, 100), "float32"))
    g, sgd = np.ones_like(w.value), SGD()
    parameters, grads = [w], [g]
    sgd.apply(grads, parameters)
    tracemalloc.start()
    sgd.apply(grads, parameters)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000


def test_learning_rate_is_settable_unless_scheduled():
    sgd = SGD(0.1)
    sgd.learning_rate = 0.5
    assert sgd.learning_rate == np.float32(0.5)
    scheduled = SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
    with pytest.raises(TypeError, match="not settable"):
        scheduled.learning_rate = 0.5


def test_errors():
    with pytest.raises(ValueError, match="Only one of"):
        SGD(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(ValueError, match="`momentum` must be a float"):
        SGD(momentum=2.0)
    with pytest.raises(UnsupportedError, match="use_ema"):
        SGD(use_ema=True)
    with pytest.raises(ValueError, match="must already be built"):
        SGD().apply([np.ones(1)])
    sgd = SGD()
    sgd.build([one()])
    with pytest.raises(ValueError, match="Unknown variable"):
        sgd.apply([np.ones(1)], [one()])
    with pytest.raises(ValueError, match="decay_steps"):
        optimizers.schedules.CosineDecay(0.1, 0)
    with pytest.raises(ValueError, match="1 less"):
        optimizers.schedules.PiecewiseConstantDecay([1], [0.1])


def test_exclude_from_weight_decay():
    w, b = Parameter(np.ones(1), "kernel", "a/kernel"), Parameter(np.ones(1), "bias", "a/bias")
    sgd = SGD(0.1, weight_decay=0.5)
    sgd.exclude_from_weight_decay(var_names=["bias"])
    sgd.apply([np.zeros(1), np.zeros(1)], [w, b])
    assert (w.value.item(), b.value.item()) == (pytest.approx(0.95), 1.0)
