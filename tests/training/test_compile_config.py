"""The config of compile, steps_per_execution, and the settings that limit epochs and steps."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import config, layers

X = np.arange(40.0).reshape(10, 4) / 40
Y = {"a": X[:, :1], "b": np.arange(10) % 2}


def two_outputs():
    x = keras.Input((4,))
    model = keras.Model(x, {"a": layers.Dense(1)(x), "b": layers.Dense(2, "softmax")(x)})
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        {"a": "mse", "b": keras.losses.SparseCategoricalCrossentropy()},
        loss_weights={"a": 0.5, "b": 2.0},
        metrics={"a": ["mae"], "b": ["accuracy"]},
        weighted_metrics={"b": [keras.metrics.SparseCategoricalAccuracy()]},
        steps_per_execution=3,
    )
    return model


def test_the_config_of_compile_compiles_another_model_in_the_same_way():
    first, second = two_outputs(), two_outputs()
    second.set_weights(first.get_weights())
    second.compile()
    second.compile_from_config(first.get_compile_config())
    assert second.get_compile_config() == first.get_compile_config()
    assert second.steps_per_execution == 3
    histories = [model.fit(X, Y, shuffle=False, verbose=0).history for model in (first, second)]
    assert histories[0] == histories[1]
    assert "sparse_categorical_accuracy" not in histories[0]  # under the name of its output only
    assert list(first.get_metrics_result()) == sorted(histories[0])
    first.reset_metrics()
    assert first.get_metrics_result()["loss"] == 0


def test_a_file_keeps_what_several_outputs_were_compiled_with(tmp_path):
    model = two_outputs()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.get_compile_config() == model.get_compile_config()
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_a_model_that_was_not_compiled_has_no_such_config():
    assert keras.Sequential([keras.Input((4,)), layers.Dense(1)]).get_compile_config() == {}


def test_a_compile_of_a_users_own_is_not_called_from_a_config():
    class Mine(keras.Model):
        def compile(self, speed):
            super().compile("sgd", "mse")

    model = Mine()
    with pytest.warns(UserWarning, match="compile"):
        model.compile_from_config(two_outputs().get_compile_config())
    assert not model.compiled


class Heard(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(("begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        assert logs["loss"] > 0
        self.calls.append(("end", batch))

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append(("test", batch))


def test_callbacks_hear_of_whole_executions():
    heard, model = Heard(), two_outputs()
    model.fit(X, Y, batch_size=2, validation_data=(X, Y), callbacks=[heard], verbose=0)
    assert heard.calls == [("begin", 0), ("end", 2), ("begin", 3), ("end", 5), ("test", 2), ("test", 5)]


@pytest.mark.parametrize("wrong", [0, -1, 1.5])
def test_an_execution_has_at_least_one_step(wrong):
    with pytest.raises(ValueError, match="steps_per_execution"):
        keras.Sequential([layers.Dense(1)]).compile(steps_per_execution=wrong)


@pytest.fixture
def limits():
    yield
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def test_epochs_and_steps_are_limited_with_a_warning(limits):
    model, heard = two_outputs(), Heard()
    model.compile("sgd", {"a": "mse", "b": "sparse_categorical_crossentropy"})
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(1)
    with pytest.warns(UserWarning, match="Limiting") as warned:
        history = model.fit(X, Y, batch_size=5, epochs=5, validation_data=(X, Y), callbacks=[heard], verbose=0)
    assert {str(w.message) for w in warned} == {"Limiting epochs to 2", "Limiting steps_per_epoch to 1"}
    assert history.epoch == [0, 1]
    assert heard.calls == [("begin", 0), ("end", 0), ("test", 0)] * 2
    with pytest.warns(UserWarning, match="Limiting"):
        assert model.predict(X, batch_size=4, verbose=0)["a"].shape == (4, 1)


def test_scalar_losses_count_the_rows_of_models_with_several_inputs():
    x, z = keras.Input((4,)), keras.Input((4,))
    model = keras.Model([x, z], layers.Dense(1)(layers.add([x, z])))
    model.compile("sgd", lambda t, y: keras.ops.mean(keras.ops.square(t - y)))
    whole = model.evaluate([X, X], Y["a"], batch_size=10, verbose=0)
    assert model.evaluate([X, X], Y["a"], batch_size=4, verbose=0) == pytest.approx(whole, rel=1e-6)
