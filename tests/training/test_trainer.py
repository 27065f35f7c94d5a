"""fit, evaluate, predict: against real Keras, and at the edges."""

import signal
import tracemalloc

import numpy as np
import pytest

import minikeras
from minikeras import Sequential, callbacks, config, layers
from minikeras.errors import DataError, NotCompiledError, ShapeError


def data(n=70, d=6, k=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, d)), rng.integers(0, k, n)


def network(library, weights=None, dtype="float64", metrics=("accuracy",), **compile_arguments):
    model = library.Sequential(
        [
            library.layers.Input((6,), dtype=dtype),
            library.layers.Dense(5, activation="relu", dtype=dtype),
            library.layers.Dense(3, activation="softmax", dtype=dtype),
        ]
    )
    if weights is not None:
        model.set_weights(weights)
    arguments = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", **compile_arguments}
    model.compile(metrics=list(metrics), **arguments)
    return model


CASES = {
    "plain": {},
    "class_weight": {"class_weight": {0: 1.0, 1: 3.0}},
    "sample_weight": {"sample_weight": np.linspace(0, 2, 70)},
    "validation_split": {"validation_split": 0.3},
    "validation_freq": {"validation_data": data(20, seed=1), "validation_freq": 2},
    "weighted_validation": {"validation_data": (*data(20, seed=1), np.linspace(0.5, 2, 20))},
    "steps_per_epoch": {"steps_per_epoch": 2},
    "initial_epoch": {"initial_epoch": 2},
}


@pytest.mark.keras
@pytest.mark.parametrize("case", CASES)
def test_history_and_weights_are_keras_own(keras64, case):
    weights = network(minikeras).get_weights()
    results = []
    for library in (keras64, minikeras):
        model = network(library, weights)
        x, y = data()
        history = model.fit(x, y, batch_size=16, epochs=4, shuffle=False, verbose=0, **CASES[case])
        results.append((history, model, model.evaluate(x, y, verbose=0)))
    (theirs, their_model, their_scores), (ours, our_model, our_scores) = results
    assert list(ours.history) == list(theirs.history)
    assert ours.epoch == theirs.epoch
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=1e-12, err_msg=name)
    for a, b in zip(our_model.get_weights(), their_model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(our_scores, their_scores, rtol=1e-12)


def test_iterables_of_batches_train_as_arrays_do():
    x, y = data(64)
    arrays = network(minikeras)
    weights = arrays.get_weights()
    arrays.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    batches = [(x[i : i + 16], y[i : i + 16]) for i in range(0, 64, 16)]
    iterable = network(minikeras, weights)
    iterable.fit(batches, epochs=2, verbose=0)
    generator = network(minikeras, weights)
    generator.fit((b for _ in range(2) for b in batches), epochs=2, steps_per_epoch=4, verbose=0)
    for other in (iterable, generator):
        for a, b in zip(arrays.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_on_batch():
    x, y = data()
    model = network(minikeras)
    loss, accuracy = model.test_on_batch(x, y)
    assert model.train_on_batch(x, y, return_dict=True) == {"accuracy": accuracy, "loss": loss}
    assert model.test_on_batch(x, y)[0] < loss
    np.testing.assert_array_equal(model.predict_on_batch(x), model(x))
    np.testing.assert_allclose(model.predict(x, verbose=0), model(x), rtol=1e-12)


def test_unfused_training_agrees_with_fused():
    x, y = data()
    fused = network(minikeras)
    unfused = network(minikeras, fused.get_weights(), fused=False)
    for model in (fused, unfused):
        model.fit(x, y, epochs=3, shuffle=False, verbose=0)
    for a, b in zip(fused.get_weights(), unfused.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_a_step_allocates_no_arrays():
    x, y = data(64, 784)
    x, y = x.astype("float32"), y.astype("uint8")
    model = Sequential(
        [
            layers.Dense(300, activation="relu", input_shape=(784,)),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    model._prepare(x, training=True)
    xb, yb = x[:32], y[:32]
    model.train_step((xb, yb))
    tracemalloc.start()
    for _ in range(5):
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        model.train_step((xb, yb))
        peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 10_000


def test_what_a_user_holds_is_never_overwritten():
    x, y = data()
    held = []

    class Holder(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            held.append(self.model(x[:16]))
            held.append(held[-1].copy())

    model = network(minikeras)
    model.fit(x, y, batch_size=16, verbose=0, callbacks=[Holder()])
    for kept, copy in zip(held[::2], held[1::2], strict=True):
        np.testing.assert_array_equal(kept, copy)
    _, gradients = model.compute_gradients(x, y)
    copies = {path: g.copy() for path, g in gradients.items()}
    model.fit(x, y, verbose=0)
    for path, g in gradients.items():
        np.testing.assert_array_equal(g, copies[path])


def test_an_error_in_fit_leaves_the_model_usable():
    x, y = data()

    class Failing(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise RuntimeError("full disk")

    model = network(minikeras)
    same = network(minikeras, model.get_weights())
    with pytest.raises(RuntimeError, match="full disk"):
        model.fit(x, y, batch_size=16, shuffle=False, verbose=0, callbacks=[Failing()])
    for start in (0, 16, 32):
        same.train_on_batch(x[start : start + 16], y[start : start + 16])
    for a, b in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.fit(x, y, verbose=0)


@pytest.fixture
def _ctrl_c():
    """Python's own handler, even where the tests run in a background shell that ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_stops_between_two_steps():
    x, y = data()

    class Interrupt(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 1:
                signal.raise_signal(signal.SIGINT)

    model = network(minikeras)
    same = network(minikeras, model.get_weights())
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=16, shuffle=False, verbose=0, callbacks=[Interrupt()])
    for start in (0, 16):
        same.train_on_batch(x[start : start + 16], y[start : start + 16])
    for a, b in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_fit_before_compile():
    model = Sequential([layers.Dense(3)])
    for call in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(NotCompiledError, match=r"must call `compile\(\)`"):
            call(*data())


def test_wrong_features_change_nothing():
    model = network(minikeras)
    before = model.get_weights()
    with pytest.raises(ShapeError, match=r"expected axis -1 .* value 6, but received input with shape \(70, 5\)"):
        model.fit(np.ones((70, 5)), np.zeros(70, int), verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_lengths_that_differ():
    x, y = data()
    with pytest.raises(DataError, match="'x' sizes: 70 'y' sizes: 69"):
        network(minikeras).fit(x, y[:-1])
    with pytest.raises(DataError, match="'sample_weight' sizes: 3"):
        network(minikeras).fit(x, y, sample_weight=np.ones(3))


def test_no_rows():
    with pytest.raises(DataError, match="no rows"):
        network(minikeras).fit(np.ones((0, 6)), np.ones(0, int))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full(70, 3), "3"),
        (np.full(70, -1), "-1"),
        (np.eye(3)[np.zeros(70, int)], "one-hot"),
    ],
)
def test_labels_that_cannot_be(y, message):
    model = network(minikeras)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(data()[0], y, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_in_x_is_named(value):
    x, y = data()
    x[5, 2] = value
    with pytest.warns(RuntimeWarning, match=rf"{value} at index \(5, 2\)"):
        network(minikeras).fit(x, y, verbose=0)
    with pytest.raises(DataError, match=rf"{value} at index \(5, 2\)"):
        network(minikeras, nonfinite="raise").fit(x, y, verbose=0)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'sgd'"):
        network(minikeras, optimizer="sgdd")
    with pytest.raises(ValueError, match="Did you mean 'sparse_categorical_crossentropy'"):
        network(minikeras, loss="sparse_categorical_crossentropi")
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        layers.Dense(1, activation="rellu")


def test_integer_images_are_cast_batch_by_batch():
    """uint8 pixels train like the same numbers in the model's dtype."""
    x, y = np.random.default_rng(0).integers(0, 255, (40, 6), dtype=np.uint8), data(40)[1]
    a = network(minikeras)
    b = network(minikeras, a.get_weights())
    a.fit(x, y, shuffle=False, verbose=0)
    b.fit(x.astype("float64"), y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(a.get_weights()[0], b.get_weights()[0])


def test_numpy_backend_trains_to_the_same_weights():
    x, y = data()
    a = network(minikeras)
    b = network(minikeras, a.get_weights())
    a.fit(x, y, shuffle=False, verbose=0)
    with config.using(backend="numpy"):
        b.fit(x, y, shuffle=False, verbose=0)
    for left, right in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-15)


def test_after_fit_a_user_gets_dx_of_the_lowest_layer_too():
    model = Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.ones((5, 4), np.float32)
    model.fit(x, np.zeros(5, int), verbose=0)
    y = model(x, record=True)
    assert model.backward(np.ones_like(y)).shape == (5, 4)


def test_a_layer_that_is_frozen_after_a_training_stays_as_it_is():
    rng = np.random.default_rng(0)
    model = Sequential([layers.Input((4,)), layers.Dense(3, "relu"), layers.Dense(2)])
    x, y = rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
    for _ in range(2):
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0)
        assert len(model.trainable_weights) == (4 if model.layers[0].trainable else 2)
        model.layers[0].trainable = False
        kept = model.layers[0].get_weights()
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    for before, after in zip(kept, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(after, before)
