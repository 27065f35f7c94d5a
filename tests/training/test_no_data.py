"""No data is no loss: streams that end, and the number of batches that are taken from them."""

import itertools

import numpy as np
import pytest

from minikeras import Sequential, callbacks, layers, utils
from minikeras.errors import DataError


def data(n=12):
    rng = np.random.default_rng(1)
    return rng.normal(size=(n, 4)), rng.normal(size=(n, 2))


def model(**arguments):
    net = Sequential([layers.Dense(2, input_shape=(4,), dtype="float64")])
    net.compile("sgd", "mse", **arguments)
    return net


def batches(count, taken=None):
    x, y = data()
    for i in range(count):
        if taken is not None:
            taken.append(i)
        yield x, y


def test_a_validation_that_ends_logs_nothing_and_keeps_the_best_weights():
    x, y = data()
    net = model()
    stop = callbacks.EarlyStopping("val_loss", patience=9, restore_best_weights=True)
    with pytest.warns(UserWarning, match="validation data gave no batch"):
        history = net.fit(x, y, epochs=3, validation_data=batches(1), callbacks=[stop], verbose=0).history
    assert len(history["loss"]) == 3
    assert len(history["val_loss"]) == 1
    assert stop.best == history["val_loss"][0] > 0


def test_a_checkpoint_keeps_the_best_file_when_the_validation_ends(tmp_path):
    x, y = data()
    net = model()
    path = tmp_path / "best.npz"
    keep = callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True)
    after_one = []
    note = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: after_one.append(path.read_bytes()))
    with pytest.warns(UserWarning, match="no batch|val_loss available"):
        net.fit(x, y, epochs=3, validation_data=batches(1), callbacks=[keep, note], verbose=0)
    assert after_one[0] == after_one[2]


def test_a_training_stops_when_its_data_ends():
    net = model()
    with pytest.warns(UserWarning, match="ran out of data; interrupting training"):
        history = net.fit(batches(3), epochs=4, verbose=0)
    assert history.epoch == [0]
    assert history.history["loss"][0] > 0


def test_an_epoch_cut_short_counts_what_it_had():
    net = model()
    with pytest.warns(UserWarning, match="ran out of data"):
        history = net.fit(batches(5), epochs=4, steps_per_epoch=2, verbose=0)
    assert history.epoch == [0, 1, 2]
    assert min(history.history["loss"]) > 0


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict"])
@pytest.mark.parametrize("nothing", [lambda: iter(()), lambda: batches(0), list], ids=["iterator", "generator", "list"])
def test_nothing_is_refused(call, nothing):
    with pytest.raises(ValueError, match=r"no batch|no rows"):
        getattr(model(), call)(nothing(), verbose=0)


@pytest.mark.parametrize("name", ["steps_per_epoch", "validation_steps"])
def test_no_steps_are_refused(name):
    x, y = data()
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer"):
        model().fit(x, y, verbose=0, validation_data=(x, y), **{name: 0})


def test_an_evaluation_beyond_the_end_is_the_mean_of_what_came():
    net = model()
    whole = net.evaluate(*data(), verbose=0)
    with pytest.warns(UserWarning, match="ran out of data after 2 of 5 batches"):
        assert net.evaluate(batches(2), steps=5, verbose=0) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(
    ("use", "wanted"),
    [
        (lambda net, stream: net.fit(stream, steps_per_epoch=2, epochs=3, verbose=0), 6),
        (lambda net, stream: net.fit(*data(), validation_data=stream, validation_steps=2, epochs=3, verbose=0), 6),
        (lambda net, stream: net.evaluate(stream, steps=2, verbose=0), 2),
        (lambda net, stream: net.predict((x for x, _ in stream), steps=2, verbose=0), 2),
    ],
    ids=["fit", "validation", "evaluate", "predict"],
)
def test_as_many_batches_are_taken_as_are_used(use, wanted):
    taken = []
    use(model(), batches(20, taken))
    assert len(taken) == wanted


def test_a_stream_that_can_begin_anew_does_so_between_epochs():
    class Restartable:
        def __iter__(self):
            return batches(4)

    assert model().fit(Restartable(), steps_per_epoch=2, epochs=5, verbose=0).epoch == [0, 1, 2, 3, 4]


class Unmeasurable:
    def __init__(self, error):
        self.error = error

    def __len__(self):
        raise self.error

    def __iter__(self):
        return batches(3)


@pytest.mark.parametrize("error", [TypeError("unknown"), NotImplementedError("unknown"), OverflowError("infinite")])
def test_a_stream_need_not_know_its_length(error):
    net, same = model(), model()
    same.set_weights(net.get_weights())
    history = net.fit(Unmeasurable(error), epochs=2, verbose=0)
    assert history.history == same.fit(list(batches(3)), epochs=2, verbose=0).history


def test_data_without_end_needs_steps():
    x, y = data()
    with pytest.raises(ValueError, match="`steps_per_epoch`"):
        model().fit(itertools.cycle([(x, y)]), verbose=0)
    with pytest.raises(ValueError, match="`validation_steps`"):
        model().fit(x, y, validation_data=itertools.cycle([(x, y)]), verbose=0)
    assert model().fit(itertools.cycle([(x, y)]), steps_per_epoch=2, epochs=2, verbose=0).epoch == [0, 1]


class Numbered(utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.asked, self.passes = [], 0

    def __len__(self):
        return 6

    def __getitem__(self, i):
        x, y = data(18)
        self.asked.append(i)
        return x[3 * i : 3 * i + 3], y[3 * i : 3 * i + 3]

    def on_epoch_end(self):
        self.passes += 1


def test_batches_by_number_train_as_arrays_do():
    net, same = model(), model()
    same.set_weights(net.get_weights())
    numbered = Numbered()
    history = net.fit(numbered, epochs=2, shuffle=False, verbose=0, validation_data=Numbered())
    x, y = data(18)
    wanted = same.fit(x, y, batch_size=3, epochs=2, shuffle=False, verbose=0, validation_data=(x, y))
    np.testing.assert_allclose(history.history["loss"], wanted.history["loss"], rtol=1e-12)
    np.testing.assert_allclose(history.history["val_loss"], wanted.history["val_loss"], rtol=1e-12)
    assert numbered.asked == 2 * list(range(6))
    assert numbered.passes == 2


def test_batches_by_number_are_shuffled_as_python_shuffles():
    import random

    utils.set_random_seed(3)
    net, numbered = model(), Numbered()
    random.seed(7)
    net.fit(numbered, epochs=2, verbose=0)
    random.seed(7)
    wanted = []
    for _ in range(2):
        order = list(range(6))
        random.shuffle(order)
        wanted += order
    assert numbered.asked == wanted


def test_an_object_without_iter_is_told_what_would_do():
    with pytest.raises(ValueError, match="PyDataset"):
        model().fit(object(), verbose=0)


def test_a_generator_cannot_be_split():
    with pytest.raises(ValueError, match="`validation_split` needs arrays"):
        model().fit(batches(2), validation_split=0.2, verbose=0)


@pytest.mark.parametrize(("freq", "wanted"), [([2, 4], 2), ((1,), 1), (3, 1), ({1, 2, 3}, 3)])
def test_validation_comes_after_the_named_epochs(freq, wanted):
    x, y = data()
    history = model().fit(x, y, validation_data=(x, y), epochs=4, validation_freq=freq, verbose=0).history
    assert len(history["val_loss"]) == wanted


@pytest.mark.parametrize("freq", [0, "two", 1.5])
def test_other_validation_frequencies_are_refused(freq):
    with pytest.raises(ValueError, match="`validation_freq`"):
        model().fit(*data(), validation_data=data(), validation_freq=freq, verbose=0)


def test_an_empty_resume_is_an_error_and_not_a_loss(tmp_path):
    with pytest.raises(DataError, match="no batch"):
        model().fit(batches(0), verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "backup")])
