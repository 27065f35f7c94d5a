"""Where recorded calls are kept: with the step that made them, or with the model for ``backward``."""

from threading import Thread

import numpy as np
import pytest

from minikeras import Model, Sequential, callbacks, layers
from minikeras.errors import NotRecordedError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)).astype("float32"), RNG.normal(size=(6, 2)).astype("float32")


class Subclassed(Model):
    def __init__(self, *stack):
        super().__init__()
        self.stack = list(stack)

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x


def functional(*stack):
    x = y = layers.Input((3,))
    for layer in stack:
        y = layer(y)
    return Model(x, y)


@pytest.fixture(params=[lambda *stack: Sequential(stack), Subclassed, functional], ids=["stack", "subclass", "graph"])
def model(request):
    model = request.param(layers.Dense(3, use_bias=False), layers.Dense(2, use_bias=False))
    model.compile("sgd", "mse")
    model.train_on_batch(X, Y)
    return model


@pytest.mark.parametrize(
    "run",
    [
        lambda model: model.train_on_batch(X, Y),
        lambda model: model.test_on_batch(X, Y),
        lambda model: model.fit(X, Y, batch_size=2, verbose=0),
        lambda model: model.compute_gradients(X, Y),
    ],
    ids=["train_on_batch", "test_on_batch", "fit", "compute_gradients"],
)
def test_a_step_keeps_its_calls_to_itself(model, run):
    run(model)
    assert not model._recorded
    with pytest.raises(NotRecordedError):
        model.backward(Y)


def test_fit_leaves_the_recorded_call_of_another_thread(model):
    """Made between two steps: dW = hᵀ dy is of that call's h."""
    x, dy, hidden = X[:4] + 1, Y[:4], []

    def in_another_thread(batch, logs):
        if batch == 1:
            hidden.append(model.weights[0].value.copy())
            other = Thread(target=lambda: model(x, record=True))
            other.start()
            other.join()

    model.fit(
        X, Y, batch_size=2, verbose=0, callbacks=[callbacks.LambdaCallback(on_train_batch_begin=in_another_thread)]
    )
    assert len(model._recorded) == 1
    model.backward(dy)
    np.testing.assert_allclose(model.weights[1].grad, (x @ hidden[0]).T @ dy, rtol=1e-5, atol=1e-5)
    assert not model._recorded
