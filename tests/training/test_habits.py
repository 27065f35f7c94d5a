"""What programs written for Keras do: shapes, labels, copies, and what a callback does in a running fit."""

import warnings

import numpy as np
import pytest

import minikeras
from minikeras import Input, InputLayer, Sequential, callbacks, layers, metrics, models, random, utils
from minikeras.errors import DataError


def data(n=30, k=3):
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, 4)), np.arange(n) % k


def classifier(**arguments):
    net = Sequential([layers.Dense(3, "softmax", input_shape=(4,), dtype="float64")])
    net.compile("sgd", arguments.pop("loss", "sparse_categorical_crossentropy"), **arguments)
    return net


# One number a row.


def line():
    net = Sequential([Input((1,), dtype="float64"), layers.Dense(1, dtype="float64")])
    net.set_weights([np.array([[0.5]]), np.array([0.25])])
    net.compile("sgd", "mse", metrics=["mae"])
    return net


def test_x_of_one_axis_trains_as_a_column():
    x, y = np.linspace(-1, 4, 6), 2 * np.linspace(-1, 4, 6) - 1
    flat, column = line(), line()
    for net, form in ((flat, x), (column, x[:, None])):
        net.fit(form, y, epochs=3, shuffle=False, verbose=0, validation_data=(form, y))
        net.fit(iter([(form, y)]), verbose=0)
        net.train_on_batch(form, y)
    np.testing.assert_array_equal(flat.get_weights()[0], column.get_weights()[0])
    assert flat.evaluate(x, y, verbose=0) == column.evaluate(x[:, None], y, verbose=0)
    assert flat.predict(x, verbose=0).shape == flat(x).shape == (6, 1)
    assert flat.test_on_batch(x, y) == column.test_on_batch(x[:, None], y)
    assert flat.compute_gradients(x, y)[0] == column.compute_gradients(x[:, None], y)[0]


def test_an_axis_of_one_too_many_goes():
    x, y = data()
    net = classifier()
    assert net.evaluate(x[..., None], y, verbose=0) == net.evaluate(x, y, verbose=0)


# Shapes as people write them.


def test_older_names_of_an_input_s_shape():
    assert Sequential([layers.Dense(2, input_dim=4)]).input_shape == (None, 4)
    assert InputLayer(input_shape=(4,)).batch_shape == (None, 4)
    assert InputLayer(batch_input_shape=(8, 4)).batch_shape == (8, 4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(2, input_shape=784),
        lambda: Input(784),
        lambda: Input(shape=784),
        lambda: InputLayer(batch_shape=784),
        lambda: layers.Dense(2, batch_input_shape=784),
        lambda: layers.Dense(2, input_shape=("784",)),
        lambda: Input("784"),
    ],
)
def test_a_shape_that_is_none_is_named(make):
    with pytest.raises(ValueError, match=r"shape` must be a tuple of integers or None.* Received: .*784"):
        make()


def test_clone_model_has_the_layers_and_not_the_weights():
    net = classifier()
    clone = models.clone_model(net)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in net.layers]
    assert not np.array_equal(clone.get_weights()[0], net.get_weights()[0])


# Words as labels.

WORDS = np.array(["cat", "dog", "owl"] * 10)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"])
@pytest.mark.parametrize("y", [WORDS, WORDS.astype(object), WORDS.astype("S"), WORDS.tolist()])
def test_labels_that_are_words_are_named(loss, y):
    x, _ = data()
    net = classifier(loss=loss)
    before = net.get_weights()
    for call in (net.fit, net.evaluate):
        with pytest.raises(DataError, match=r"y must be .* such as b?'cat'\. If these labels are words, np\.unique"):
            call(x, y, verbose=0)
    for call in (net.train_on_batch, net.test_on_batch, net.compute_gradients):
        with pytest.raises(DataError, match="y must be"):
            call(x, y)
    with pytest.raises(DataError, match="y must be"):
        net.fit(iter([(x, y)]), verbose=0)
    with pytest.raises(ValueError, match="numbers"):
        net.fit(x, y, class_weight={0: 1.0}, verbose=0)
    np.testing.assert_array_equal(net.get_weights()[0], before[0])


def test_weights_and_inputs_that_are_words_are_named():
    x, y = data()
    with pytest.raises(DataError, match="sample_weight must be an array of numbers"):
        classifier().fit(x, y, sample_weight=WORDS, verbose=0)
    with pytest.raises(DataError, match="x must be an array of numbers"):
        classifier().fit(x.astype(str), y, verbose=0)
    with pytest.raises(DataError, match=r"dtype=object.*x\.astype\('float32'\) converts them"):  # a mixed data frame
        classifier().predict(x.astype(object), verbose=0)


# In a running fit.


class Largest(metrics.Metric):
    """A user's metric whose state is a list."""

    def __init__(self, name):
        super().__init__(name=name)
        self.reset_state()

    def reset_state(self):
        self.seen = []

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.append(float(np.max(y_pred)))

    def result(self):
        return max(self.seen, default=0.0)


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_begin", "on_train_batch_end"])
@pytest.mark.parametrize("call", ["evaluate", "test_on_batch"])
def test_a_callback_that_evaluates_leaves_the_epoch_s_numbers(hook, call):
    x, y = data()
    net = classifier(metrics=["accuracy", Largest(name="largest")])
    same = classifier(metrics=["accuracy", Largest(name="largest")])
    same.set_weights(net.get_weights())
    arguments = {"verbose": 0} if call == "evaluate" else {}
    look = callbacks.LambdaCallback(**{hook: lambda *_, **__: getattr(net, call)(10 * x[:7], y[:7], **arguments)})
    silent = callbacks.LambdaCallback(**{hook: lambda *_, **__: None})
    fit = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0}
    assert net.fit(x, y, callbacks=[look], **fit).history == same.fit(x, y, callbacks=[silent], **fit).history


def test_train_on_batch_in_a_fit_leaves_the_epoch_s_numbers():
    x, y = data(8)
    net = classifier()
    wanted = net.evaluate(x, y, verbose=0)
    step = callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: net.train_on_batch(x[:3], y[:3]))
    history = net.fit(x, y, verbose=0, callbacks=[step]).history
    assert history["loss"][0] == pytest.approx(wanted, rel=1e-12)


def test_a_fit_within_itself_is_refused():
    x, y = data()
    net = classifier()
    again = callbacks.LambdaCallback(on_epoch_begin=lambda *_, **__: net.fit(x, y, verbose=0))
    with pytest.raises(RuntimeError, match="is running already"):
        net.fit(x, y, verbose=0, callbacks=[again])
    net.fit(x, y, verbose=0)


class Scores(callbacks.Callback):
    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = self.values[epoch]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_nan_is_never_the_best(mode, tmp_path):
    sign = 1 if mode == "min" else -1
    values = [float("nan")] + [sign * v for v in (3.0, 2.0, 1.0, float("nan"), 2.5)]
    stop = callbacks.EarlyStopping("score", mode=mode, patience=9, restore_best_weights=True)
    plateau = callbacks.ReduceLROnPlateau("score", mode=mode, patience=3)
    path = tmp_path / "{epoch}.npz"
    keep = callbacks.ModelCheckpoint(path, "score", save_best_only=True, save_weights_only=True, mode=mode)
    x, y = data()
    net = classifier()
    history = net.fit(x, y, epochs=6, verbose=0, callbacks=[Scores(values), stop, plateau, keep]).history
    assert (stop.best, stop.best_epoch) == (sign * 1.0, 3)
    assert plateau.best == keep.best == sign * 1.0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2.npz", "3.npz", "4.npz"]
    assert len(set(history["learning_rate"])) == 1


def test_nothing_but_nan_stops():
    x, y = data()
    stop = callbacks.EarlyStopping("score", mode="min", patience=2)
    history = classifier().fit(x, y, epochs=9, verbose=0, callbacks=[Scores([float("nan")] * 9), stop])
    assert history.epoch == [0, 1]


def distance(y_true, y_pred):
    return abs(y_true - y_pred)


def test_a_user_s_metric_gets_targets_in_the_outputs_shape():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 1)), rng.normal(size=6)
    net = line()
    net.compile("sgd", "mse", metrics=[distance], weighted_metrics=[metrics.MeanMetricWrapper(distance, "weighted")])
    scores = net.evaluate(x, y, verbose=0, return_dict=True, sample_weight=np.ones(6))
    wanted = np.mean([abs(t - (0.5 * v + 0.25)) for t, (v,) in zip(y, x, strict=True)])
    assert scores["distance"] == pytest.approx(wanted, rel=1e-6)
    assert scores["weighted"] == pytest.approx(wanted, rel=1e-6)
    alone = metrics.MeanMetricWrapper(distance)
    assert alone(y, net(x)) == pytest.approx(wanted, rel=1e-6)


def test_rows_are_not_appended_under_another_header(tmp_path):
    x, y = data()
    path = tmp_path / "log.csv"
    net = classifier()
    net.fit(x, y, verbose=0, callbacks=[callbacks.CSVLogger(path)])
    before = path.read_text()
    other = classifier(metrics=["accuracy"])
    with pytest.raises(ValueError, match=r"no column for \['accuracy'\]"):
        other.fit(x, y, verbose=0, callbacks=[callbacks.CSVLogger(path, append=True)])
    with pytest.raises(ValueError, match="no column for"):
        net.fit(x, y, verbose=0, callbacks=[callbacks.CSVLogger(path, separator=";", append=True)])
    assert path.read_text() == before


def test_rows_are_appended_in_the_header_s_columns(tmp_path):
    x, y = data()
    path = tmp_path / "log.csv"
    path.write_text("epoch,val_loss,loss,accuracy\n")
    history = classifier().fit(x, y, verbose=0, callbacks=[callbacks.CSVLogger(path, append=True)]).history
    assert path.read_text().splitlines()[1] == f"0,NA,{history['loss'][0]},NA"


@pytest.mark.parametrize(
    "top",
    [
        [layers.Dense(1, "softmax")],
        [layers.Dense(1), layers.Softmax()],
        [layers.Dense(1), layers.Activation("softmax")],
    ],
)
def test_a_softmax_over_one_unit_warns(top):
    x, y = data(k=2)
    net = Sequential([Input((4,)), *top])
    net.compile("sgd", "binary_crossentropy")
    with pytest.warns(UserWarning, match="softmax over one unit"):
        net.fit(x, y, verbose=0)


def test_a_softmax_over_two_units_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier().fit(*data(), verbose=0)


# shuffle="batch".


@pytest.mark.parametrize("stream", ["tensorflow", "jax"])
def test_shuffle_batch_mixes_rows_within_their_batches(stream):
    x, y = data(30)
    seen = []

    class Watch(layers.Layer):
        def call(self, x, training=False):
            if training:
                seen.append(x[:, 0].copy())
            return x

        def backward(self, dy):
            return dy

    net = Sequential(
        [Input((4,), dtype="float64"), Watch(dtype="float64"), layers.Dense(3, "softmax", dtype="float64")]
    )
    net.compile("sgd", "sparse_categorical_crossentropy")
    utils.set_random_seed(11, stream)
    random.on_compile(net)
    net.fit(x, y, batch_size=8, epochs=2, shuffle="batch", verbose=0)
    utils.set_random_seed(11, stream)
    random.on_compile(net)
    for epoch in range(2):
        for k in range(4):
            rows = 8 * k + random.batch_order(8, k, min(8, 30 - 8 * k), net)
            np.testing.assert_array_equal(seen[4 * epoch + k], x[rows, 0])


def test_another_shuffle_is_refused():
    with pytest.raises(ValueError, match="`shuffle` must be True, False or 'batch'"):
        classifier().fit(*data(), shuffle="batches", verbose=0)


@pytest.mark.keras
def test_shuffle_batch_trains_as_keras_does(keras64):
    x, y = data(70)
    weights = classifier().get_weights()
    histories = []
    for library in (keras64, minikeras):
        library.utils.set_random_seed(42)
        net = library.Sequential([library.layers.Input((4,)), library.layers.Dense(3, "softmax", dtype="float64")])
        net.set_weights(weights)
        net.compile("sgd", "sparse_categorical_crossentropy")
        histories.append(net.fit(x, y, batch_size=16, epochs=2, shuffle="batch", verbose=0).history["loss"])
    np.testing.assert_allclose(histories[1], histories[0], rtol=1e-6)


def test_texts_are_told_to_become_numbers_first():
    with pytest.raises(DataError, match=r"vectorize\(x\)"):
        classifier().predict(np.array(["a text", "another"]), verbose=0)
