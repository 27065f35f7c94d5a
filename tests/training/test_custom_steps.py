"""A custom train_step in the form of Keras's guide, beside the built-in one; losses and metrics by name."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import GradientTape, Input, Model, layers, ops

RNG = np.random.default_rng(2)
X, Y, KIND = RNG.normal(size=(10, 4)), RNG.normal(size=(10, 2)), RNG.integers(0, 3, 10)
FIT = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}


class Guide(Model):
    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


def one(cls):
    x = Input((4,), dtype="float64")
    model = cls(x, layers.Dense(2, dtype="float64")(x))
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae", "accuracy"])
    return model


def test_a_custom_train_step_sees_the_compiled_metrics_from_the_first_batch_on():
    ours, usual = one(Guide), one(Model)
    usual.set_weights(ours.get_weights())
    assert [metric.name for metric in ours.metrics] == ["loss", "compile_metrics"]
    custom = ours.fit(X[:8], Y[:8], **FIT).history  # batches of one size: the custom step counts each loss once
    built_in = usual.fit(X[:8], Y[:8], **FIT).history
    assert set(custom) == {"accuracy", "mae", "loss"}
    for name, values in built_in.items():
        np.testing.assert_allclose(custom[name], values, rtol=1e-12)
    assert ours.evaluate(X, Y, verbose=0) == pytest.approx(usual.evaluate(X, Y, verbose=0), rel=1e-12)


def two(loss, metrics=None):
    x = Input((4,))
    model = Model(x, [layers.Dense(2, name="a")(x), layers.Dense(3, "softmax", name="b")(x)])
    model.compile("sgd", loss, metrics=metrics)
    return model


def test_a_missing_loss_of_an_output_is_named():
    with pytest.raises(ValueError, match=r"Expected keys \['a', 'b'\] in loss dict.*\['b'\].*None"):
        two({"b": "sparse_categorical_crossentropy"}).fit(X, {"b": KIND}, **FIT)
    without = {"a": None, "b": "sparse_categorical_crossentropy"}
    assert list(two(without).fit(X, [Y, KIND], **FIT).history) == ["loss"]


def test_metrics_that_are_functions_have_keras_s_names():
    def meanError(y, p):
        return ops.mean(ops.abs(y - p), axis=-1)

    x = Input((4,))
    model = Model(x, layers.Dense(2)(x))
    model.compile("sgd", "mse", metrics=[meanError, lambda y, p: ops.mean(y - p, axis=-1)])
    assert set(model.fit(X, Y, **FIT).history) == {"mean_error", "lambda", "loss"}
