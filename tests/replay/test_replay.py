"""``fit`` with a program and without: the same run."""

import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minikeras import Sequential, callbacks, config, layers, losses, optimizers, threads, utils
from minikeras.kernels.compiled.blas import products
from minikeras.replay.program import Program
from minikeras.replay.replay import Replay

pytestmark = pytest.mark.skipif(products(np.dtype("float32")) is None, reason="BLAS is not found")

X = np.random.default_rng(0).random((330, 6, 6)).astype("float32")
Y = np.random.default_rng(1).integers(0, 4, 330)


@pytest.fixture
def ran(monkeypatch):
    """Lets a program run however short the training is; a list of how many steps it took each time."""
    steps = []
    run = Program.run

    def noted(self, workers, rows, labels):
        steps.append(len(rows))
        run(self, workers, rows, labels)

    monkeypatch.setattr(Program, "run", noted)
    monkeypatch.setattr(Replay, "WORTH", 0.0)
    return steps


def network(*stack, seed=3, optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=("accuracy",), **options):
    utils.set_random_seed(seed)
    stack = stack or (layers.Dense(64, "relu"), layers.Dense(40, "relu"), layers.Dense(4, "softmax"))
    model = Sequential([layers.Flatten(), *stack])
    model.compile(optimizer, loss=loss, metrics=list(metrics), **options)
    return model


def everything(model, history):
    momentums = [v.value for v in model.optimizer.variables]
    return history.history, [w.tobytes() for w in (*model.get_weights(), *momentums)]


def fit(by_layers=False, prepare=lambda model: None, arguments=None, **options):
    model = network(**options)
    prepare(model)
    with pytest.MonkeyPatch.context() as patch:
        if by_layers:
            patch.setattr(Replay, "suits", staticmethod(lambda *_: False))
        history = model.fit(X, Y, verbose=0, **({"epochs": 3, "batch_size": 16} | (arguments or {})))
    return model, history


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"arguments": {"batch_size": 33}},  # divides the rows: the last step is still the layers'
        {"arguments": {"batch_size": 1, "epochs": 1}},
        {"arguments": {"validation_data": (X[:50], Y[:50]), "validation_batch_size": 50}},
        {"arguments": {"steps_per_epoch": 14, "epochs": 4}},  # an epoch begins in the middle of the rows
        {
            "arguments": {
                "steps_per_epoch": 14,  # the second epoch has 7 steps of the first pass
                "epochs": 5,
                "callbacks": [callbacks.LearningRateScheduler(lambda epoch, rate: rate / (1 + epoch))],
            }
        },
        {"optimizer": {"class_name": "SGD", "config": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}}},
        {"metrics": ("accuracy", "sparse_top_k_categorical_accuracy", losses.sparse_categorical_crossentropy)},
        {"optimizer": "adam"},
        {"optimizer": "rmsprop"},
        {"optimizer": "adam", "arguments": {"callbacks": [callbacks.LearningRateScheduler(lambda e, rate: rate / 2)]}},
        {"metrics": ()},
        {"loss": losses.SparseCategoricalCrossentropy(reduction="sum")},
        {"arguments": {"callbacks": [callbacks.LearningRateScheduler(lambda epoch, rate: rate / (1 + epoch))]}},
    ],
)
def test_the_same_run_to_the_byte(ran, options):
    mine, theirs = fit(**options), fit(by_layers=True, **options)
    assert sum(ran) > 10
    assert everything(*mine) == everything(*theirs)
    for p, q in zip(mine[0].weights, theirs[0].weights, strict=True):
        assert p.grad.tobytes() == q.grad.tobytes()  # of the last step


def test_labels_of_any_kind(ran):
    expected = everything(*fit())
    for y in (Y.astype("uint8"), Y.astype("float32"), Y[:, None]):
        model = network()
        assert everything(model, model.fit(X, y, epochs=3, batch_size=16, verbose=0)) == expected
    assert sum(ran) > 40


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float64", ">f4", "longdouble"])
def test_data_of_any_dtype(ran, dtype):
    """Half precision and other byte orders are not for Numba; NumPy casts them, and the layers take all steps."""
    x = (X * 4).astype(dtype)
    expected, model = network(), network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Replay, "suits", staticmethod(lambda *_: False))
        expected.fit(x.astype("float32"), Y, epochs=2, batch_size=16, verbose=0)
    model.fit(x, Y, epochs=2, batch_size=16, verbose=0)
    for a, b in zip(model.get_weights(), expected.get_weights(), strict=True):
        assert a.tobytes() == b.tobytes()
    assert (sum(ran) > 0) == (dtype in ("bool", "uint8", "int64", "float64"))


@pytest.mark.parametrize(
    ("why", "options"),
    [
        (
            "a batch's callback",
            {"arguments": {"callbacks": [callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]}},
        ),
        ("sample weights", {"arguments": {"sample_weight": np.ones(330)}}),
        ("class weights", {"arguments": {"class_weight": {0: 2.0}}}),
        ("no shuffling", {"arguments": {"shuffle": False}}),
        ("a schedule", {"optimizer": optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))}),
        ("amsgrad", {"optimizer": optimizers.Adam(amsgrad=True)}),
        ("momentum of RMSprop", {"optimizer": optimizers.RMSprop(momentum=0.5)}),
        ("centered", {"optimizer": optimizers.RMSprop(centered=True)}),
        ("weight decay", {"optimizer": optimizers.SGD(0.1, weight_decay=0.01)}),
        ("clipping", {"optimizer": optimizers.SGD(0.1, clipnorm=0.1)}),
        ("unfused", {"fused": False}),
        ("asked to be eager", {"run_eagerly": True}),
        ("an ignored class", {"loss": losses.SparseCategoricalCrossentropy(ignore_class=2)}),
    ],
)
def test_where_a_program_would_not_do_the_layers_take_all_steps(ran, capsys, why, options):
    model, _ = fit(**options)
    assert sum(ran) == 0, why
    assert model.optimizer.iterations == 3 * 21


class Doubled(layers.Dense):
    def call(self, x, training=False):
        return super().call(2 * x)


class Square(type(layers.Dense(1).activation)):
    def forward(self, z, y):
        y[...] = z * z

    def backward(self, dy, z, y, dz):
        dz[...] = 2 * z * dy


@pytest.mark.parametrize(
    "hidden",
    [
        lambda: Doubled(40, "relu"),
        lambda: layers.Dropout(0.5),
        lambda: layers.Dense(40, Square("square")),
        lambda: layers.Dense(40, "relu", kernel_regularizer="l2"),
        lambda: layers.Dense(40, "relu", kernel_constraint="non_neg"),
    ],
)
def test_layers_that_do_more_than_their_kernels(ran, hidden):
    model = network(hidden(), layers.Dense(4, "softmax"))
    model.fit(X, Y, epochs=2, batch_size=16, verbose=0)
    assert sum(ran) == 0


class Counted(layers.Dense):
    calls = 0

    def call(self, x, training=False):
        Counted.calls += 1
        return super().call(x, training)


def test_a_layer_of_ones_own_is_called_at_every_step(ran):
    Counted.calls = 0
    network(Counted(40, "relu"), layers.Dense(4, "softmax")).fit(X, Y, epochs=2, batch_size=33, verbose=0)
    assert Counted.calls >= 2 * 10
    assert sum(ran) == 0


def doubled(backward):
    def mistaken(self, dy):
        dx = backward(self, dy)
        self.bias.grad[...] *= 2
        return dx

    return mistaken


def added_to_those_of_the_step_before(backward):
    """Shows in the second step only."""

    def mistaken(self, dy):
        before = self.bias.grad.copy()
        dx = backward(self, dy)
        self.bias.grad[...] += before
        return dx

    return mistaken


@pytest.mark.parametrize("mistake", [doubled, added_to_those_of_the_step_before])
def test_a_step_that_was_tampered_with_is_noticed(ran, monkeypatch, mistake):
    """The calls are all known, but something happens beside them: trying it shows that."""
    right = everything(*fit())
    ran.clear()
    monkeypatch.setattr(layers.Dense, "backward", mistake(layers.Dense.backward))
    mine = everything(*fit())
    assert set(ran) == {1}  # trials
    assert mine == everything(*fit(by_layers=True))
    assert mine != right


def test_what_need_not_repeat_is_cut_in_two_and_close_to_the_layers(ran, monkeypatch):
    """float64 products of other sizes are rounded differently; the run is the same but for that."""
    init = Replay.__init__
    monkeypatch.setattr(Replay, "__init__", lambda self, m, batches, exact, cores: init(self, m, batches, False, cores))

    def run(by_layers):
        with config.using(floatx="float64"):
            utils.set_random_seed(3)  # layers draw their initializers' seeds when they are made
            model = network(layers.Dense(300, "relu"), layers.Dense(100, "relu"), layers.Dense(4, "softmax"))
            with pytest.MonkeyPatch.context() as patch:
                if by_layers:
                    patch.setattr(Replay, "suits", staticmethod(lambda *_: False))
                model.fit(X, Y, epochs=2, batch_size=33, verbose=0)
            return [a for p in model.weights for a in (p.value, p.grad)]

    for a, b in zip(run(False), run(True), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
    assert sum(ran) > 8


def test_a_run_goes_on_where_it_was_saved(ran, tmp_path):
    expected = everything(*fit(arguments={"epochs": 4}))
    backup = tmp_path / "backup"
    stop = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: (_ for _ in ()).throw(RuntimeError) if epoch else 0
    )
    with pytest.raises(RuntimeError):
        fit(arguments={"epochs": 4, "callbacks": [stop, callbacks.BackupAndRestore(backup)]})
    model, history = fit(arguments={"epochs": 4, "callbacks": [callbacks.BackupAndRestore(backup)]})
    assert everything(model, history)[1] == expected[1]


def test_ctrl_c_leaves_a_completed_step(ran, monkeypatch):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    by_program = Replay._by_program

    def interrupted(self, left):
        taken = by_program(self, left)
        if taken:
            signal.raise_signal(signal.SIGINT)
        return taken

    monkeypatch.setattr(Replay, "_by_program", interrupted)
    model = network()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, epochs=3, batch_size=16, verbose=0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert model.optimizer.iterations == 2 + ran[-1]  # two by the layers; trials do not count
    assert np.isfinite(model.get_weights()[0]).all()


def test_other_threads_wait_while_a_program_changes_the_weights(ran, monkeypatch):
    run, free = Program.run, []

    def is_free():
        acquired = model.lock.acquire(blocking=False)
        if acquired:
            model.lock.release()
        return acquired

    def watched(self, workers, rows, labels):
        with ThreadPoolExecutor(1) as other:
            free.append(other.submit(is_free).result())
        run(self, workers, rows, labels)

    monkeypatch.setattr(Program, "run", watched)
    model = network()
    model.fit(X, Y, epochs=2, batch_size=16, verbose=0)
    assert free
    assert not any(free)


def test_the_second_thread_goes_when_fit_ends(ran):
    import threading

    def ours():
        return [t for t in threading.enumerate() if t.name.startswith("minikeras")]

    before = len(ours())
    fit()
    for thread in ours()[before:]:
        thread.join(5)
    assert len(ours()) == before


def test_blas_has_its_threads_back(ran):
    before = threads.most()
    fit()
    assert threads.most() == before


def test_who_listens_changes_no_bit_of_large_products_either(ran):
    """BLAS would use all threads for them, a program one: so all of a run that may be a program uses one."""
    rng = np.random.default_rng(2)
    x, y = rng.random((9000, 400)).astype("float32"), rng.integers(0, 256, 9000)
    assert threads.SMALL < 2 * 500 * 400 * 512

    def run(*listeners):
        utils.set_random_seed(3)  # layers draw their initializers' seeds when they are made
        model = network(layers.Dense(512, "relu"), layers.Dense(256, "softmax"))
        model.fit(x, y, epochs=3, batch_size=500, verbose=0, callbacks=list(listeners))
        return [w.tobytes() for w in model.get_weights()]

    expected = run()
    assert sum(ran) > 20
    assert run(callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)) == expected
