"""A program repeats what the layers do: any net, any number of steps, one core or two."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minikeras import Sequential, kernels, layers, optimizers, threads
from minikeras.kernels.compiled.blas import products
from minikeras.replay.instructions import NotReplayable
from minikeras.replay.machine import Workers
from minikeras.replay.program import Program
from minikeras.replay.replay import as_instructed
from minikeras.training.data import Arrays

pytestmark = pytest.mark.skipif(products(np.dtype("float32")) is None, reason="BLAS is not found")

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.05),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
}
ACTIVATIONS = (None, "relu", "tanh", "sigmoid", "softplus", "gelu", "selu", "silu", "softsign")


@pytest.fixture(scope="module")
def workers():
    workers = Workers()
    yield workers
    workers.close()


class Case:
    """A model, its data, and one recorded step."""

    def __init__(self, widths, activation, batch, dtype="float32", optimizer="sgd", from_logits=False, bias=True):
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(5 * batch, *widths[0])).astype("float32")
        self.y = rng.integers(0, widths[-1], 5 * batch)
        stack = [layers.Flatten(dtype=dtype)]
        stack += [layers.Dense(k, activation, use_bias=bias, dtype=dtype) for k in widths[1:-1]]
        stack += [layers.Dense(widths[-1], None if from_logits else "softmax", dtype=dtype)]
        self.model = model = Sequential(stack)
        model.build((None, *widths[0]))
        for p in model.weights:
            p.assign(rng.normal(size=p.shape) * 0.3)
        loss = {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": from_logits}}
        model.compile(OPTIMIZERS[optimizer](), loss=loss)
        model._prepare(self.x[:1], training=True)
        self.state = [p.value for p in (*model.trainable_weights, *model.optimizer.variables[2:])]
        self.before = [a.copy() for a in self.state]
        self.rows = rng.permutation(5 * batch).reshape(5, batch)
        self.batches, self.from_logits = Arrays(self.x, self.y, None, batch, model.dtype), from_logits

    def by_layers(self, steps=5):
        """The state after some steps, each step's outputs, and the calls of the last one."""
        self.restore()
        outputs = []
        for rows in self.rows[:steps]:
            x, y, _ = self.batches.batch(rows, self.model._reusable)
            with threads.one(), kernels.recorded() as calls:
                self.model._take_step(x, y)
            (z, _, _, p, _, _) = next(arguments for name, arguments in calls if name == "softmax_crossentropy")
            outputs.append((z if self.from_logits else p).copy())
        return [a.copy() for a in self.state], outputs, x, calls

    def restore(self):
        for a, value in zip(self.state, self.before, strict=True):
            a[...] = value

    def by_program(self, workers, cores, calls, x, cut, late=True):
        self.restore()
        calls = [as_instructed(*call, None) for call in calls]
        program = Program(calls, self.x, x, self.state, 5, self.from_logits, cut, late)
        workers.use(cores)
        program.run(workers, self.rows[:2], self.y[self.rows[:2]])
        first = program.outputs[:2].copy()
        program.run(workers, self.rows[2:], self.y[self.rows[2:]])
        return [a.copy() for a in self.state], [*first, *program.outputs[:3]]


def nets(in_float64=ACTIVATIONS):
    """Arguments of :func:`check_it_repeats`; each activation is compiled for each dtype that it is drawn with."""
    return {
        "widths": st.tuples(
            st.sampled_from([(3,), (33,), (8, 5), (7, 3, 2)]),
            st.sampled_from([1, 2, 31, 32, 40, 65, 100]),
            st.sampled_from([1, 7, 32, 50]),
            st.sampled_from([1, 2, 10, 33]),
        ),
        "kind": st.sampled_from([(a, "float32") for a in ACTIVATIONS] + [(a, "float64") for a in in_float64]),
        "batch": st.sampled_from([1, 2, 5, 32]),
        "optimizer": st.sampled_from([*OPTIMIZERS]),
        "from_logits": st.booleans(),
        "bias": st.booleans(),
    }


@settings(max_examples=60)
@given(**nets(in_float64=(None, "tanh")))
@example(  # a kernel of one row is in C's order transposed, too
    widths=((3,), 1, 32, 2), kind=(None, "float64"), batch=2, optimizer="sgd", from_logits=False, bias=True
)
def test_it_repeats_the_layers(workers, **net):
    check_it_repeats(workers, **net)


@pytest.mark.slow
@settings(max_examples=600)
@given(**nets())
def test_it_repeats_the_layers_of_many_nets(workers, **net):
    check_it_repeats(workers, **net)


def check_it_repeats(workers, widths, kind, batch, optimizer, from_logits, bias):
    activation, dtype = kind
    case = Case(widths, activation, batch, dtype, optimizer, from_logits, bias)
    state, outputs, x, calls = case.by_layers()
    rows_times_columns = {(batch, k) for k in widths[1:]} | set(itertools.pairwise(widths[1:]))
    if (1, 1) in rows_times_columns:  # NumPy takes such a product for itself
        with pytest.raises(NotReplayable, match="row times a column"):
            case.by_program(workers, 1, calls, x, cut=False)
        return
    whole, whole_outputs = case.by_program(workers, 1, calls, x, cut=False, late=False)
    for ours, theirs in zip([*whole, *whole_outputs], [*state, *outputs], strict=True):
        assert ours.tobytes() == theirs.tobytes()

    one, one_outputs = case.by_program(workers, 1, calls, x, cut=True)
    two, two_outputs = case.by_program(workers, 2, calls, x, cut=True)
    for ours, theirs in zip([*two, *two_outputs], [*one, *one_outputs], strict=True):
        assert ours.tobytes() == theirs.tobytes()
    late, late_outputs = case.by_program(workers, 1, calls, x, cut=False)
    digits = 1e-3 if dtype == "float32" else 1e-11
    if optimizer == "rmsprop":  # divides by a root of what was rounded
        digits *= 100
    for ours, theirs in zip([*one, *one_outputs, *late, *late_outputs], [*state, *outputs] * 2, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=digits, atol=digits * 1e-2)


@pytest.mark.parametrize(
    ("batch", "steps"),
    [(32, 50), (256, 10), *(pytest.param(*many, marks=pytest.mark.slow) for many in ((32, 3000), (256, 400)))],
)
def test_two_cores_never_meet_at_the_wrong_time(workers, batch, steps):
    """Many steps of a net with small and large layers: a race would show in some bit."""
    case = Case(((28, 28), 300, 100, 10), "relu", batch)
    _, _, x, calls = case.by_layers(1)
    rng = np.random.default_rng(1)
    rows = rng.integers(0, len(case.x), (steps, batch))
    program = Program(calls, case.x, x, case.state, len(rows))
    found = []
    for cores in (1, 2, 2):
        case.restore()
        workers.use(cores)
        program.run(workers, rows, case.y[rows])
        found.append(b"".join(a.tobytes() for a in (*case.state, program.losses)))
    assert found[0] == found[1] == found[2]


def test_a_frozen_layer_stays_and_what_is_below_it_learns(workers):
    case = Case(((12,), 40, 40, 4), "relu", 8)
    case.model.layers[2].trainable = False
    case.model.compile("sgd", loss="sparse_categorical_crossentropy")
    case.model._prepare(case.x[:1], training=True)
    case.state = [p.value for p in case.model.weights]
    state, _, x, calls = case.by_layers()
    for cut in (False, True):
        ours, _ = case.by_program(workers, 2, calls, x, cut)
        for a, b in zip(ours, state, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
        assert np.array_equal(ours[2], case.before[2])
        assert not np.array_equal(ours[0], case.before[0])


def test_nan_and_infinity_go_where_the_layers_put_them(workers):
    case = Case(((6,), 40, 3), "relu", 4)
    case.x[case.rows[1, 0], 2], case.x[case.rows[2, 1], 0] = np.inf, np.nan
    with np.errstate(all="ignore"):
        state, outputs, x, calls = case.by_layers()
    ours, our_outputs = case.by_program(workers, 2, calls, x, cut=False, late=False)
    for a, b in zip([*ours, *our_outputs], [*state, *outputs], strict=True):
        np.testing.assert_array_equal(a, b)
