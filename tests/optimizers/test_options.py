"""Moving average, accumulation, loss scale; optimizers of optimizers; copies; state in files. Worked by hand."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import Sequential, layers, optimizers
from minikeras.parameter import Parameter

NAMES = sorted(
    set(optimizers.__all__) - {"Optimizer", "OptimizerMap", "deserialize", "get", "legacy", "schedules", "serialize"}
)
PLAIN = [name for name in NAMES if name not in ("LossScaleOptimizer", "MultiOptimizer")]


def make(name):
    if name == "LossScaleOptimizer":
        return optimizers.LossScaleOptimizer(optimizers.Adam(0.1), initial_scale=4.0, dynamic_growth_steps=3)
    if name == "MultiOptimizer":
        inner = {"m/b": optimizers.SGD(0.1, momentum=0.5)}
        return optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.Adam(0.1), inner))
    return getattr(optimizers, name)(0.1)


def parameters(seed=0):
    rng = np.random.default_rng(seed)
    return [Parameter(rng.normal(size=(3, 2)), "kernel", "m/w"), Parameter(rng.normal(size=2), "bias", "m/b")]


def train(optimizer, trained, steps, seed=1):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        optimizer.apply([rng.normal(size=p.shape) for p in trained], trained)


def test_the_average_of_the_weights():
    w = Parameter(np.array([4.0]), "w")
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.75)
    for g, average in ((2.0, 2.0), (-2.0, 2.5), (3.0, 2.125)):  # w = 2, 4, 1
        optimizer.apply([np.array([g])], [w])
        assert optimizer.variables[2].value == average
    assert w.value == 1.0
    optimizer.finalize_variable_values([w])
    assert w.value == 2.125
    with pytest.raises(ValueError, match="length of model variables"):
        optimizer.finalize_variable_values([])


def test_the_average_overwrites_the_weights_now_and_then():
    w = Parameter(np.array([4.0]), "w")
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=2)
    weights = []
    for g in (2.0, -2.0, 0.5):
        optimizer.apply([np.array([g])], [w])
        weights.append(float(w.value[0]))
    assert weights == [2.0, 2.5, 2.0]


def test_fit_ends_with_the_average():
    model = Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile(optimizers.Adam(0.1, use_ema=True), "mse")
    x = np.random.default_rng(0).normal(size=(20, 2))
    model.fit(x, x.sum(1), epochs=2, verbose=0)
    for p, average in zip(model.trainable_weights, model.optimizer.variables[2:4], strict=True):
        np.testing.assert_array_equal(p.value, average.value)


def test_accumulated_gradients_are_a_mean_and_wait():
    w, b = Parameter(np.array([4.0]), "w"), Parameter(np.array([0.0]), "b")
    optimizer = optimizers.SGD(1.0, gradient_accumulation_steps=2)
    optimizer.apply([np.array([1.0]), np.array([1.0])], [w, b])
    assert (w.value, optimizer.iterations) == (4.0, 0)
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['b'\]"):
        optimizer.apply([np.array([3.0]), None], [w, b])
    assert (w.value, b.value, optimizer.iterations) == (2.0, 0.0, 1)
    assert [v.value.item() for v in optimizer.variables] == [2, 1.0, 0.0, 0.0]


def test_the_loss_scale_goes_and_comes():
    w = Parameter(np.array([4.0]), "w")
    optimizer = optimizers.SGD(1.0, loss_scale_factor=8.0)
    assert optimizer.scale_loss(3.0) == 24.0
    g = np.array([16.0])
    optimizer.apply([g], [w])
    assert (w.value, g) == (2.0, 16.0)


def test_a_model_trains_the_same_with_a_loss_scale_and_with_a_scaling_optimizer():
    x = np.random.default_rng(0).normal(size=(24, 2))
    ended = []
    for optimizer in (
        optimizers.Adam(0.1),
        optimizers.Adam(0.1, loss_scale_factor=16.0),
        optimizers.LossScaleOptimizer(optimizers.Adam(0.1)),
    ):
        model = Sequential([layers.Dense(1, kernel_initializer="ones", input_shape=(2,))])
        model.compile(optimizer, "mse")
        model.fit(x, x.sum(1) + 1, epochs=2, batch_size=8, shuffle=False, verbose=0)
        ended.append(model.get_weights())
    for other in ended[1:]:
        for a, b in zip(ended[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_scale_grows_after_good_steps_and_halves_after_a_bad_one():
    w = Parameter(np.array([1.0]), "w")
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(1.0), initial_scale=2.0, dynamic_growth_steps=2)
    assert optimizer.scale_loss(1.0) == 2.0
    seen = []
    for g in (1.0, 1.0, 1.0, np.nan, 1.0):
        optimizer.apply([np.array([g])], [w])
        seen.append((w.value.item(), optimizer.scale_loss(1.0), int(optimizer.step_counter.value)))
    assert seen == [(0.5, 2, 1), (0.0, 4, 0), (-0.25, 4, 1), (-0.25, 2, 0), (-0.75, 2, 1)]
    assert optimizer.iterations == 4
    optimizer.learning_rate = 0.5
    assert optimizer.inner_optimizer.learning_rate == 0.5
    with pytest.raises(ValueError, match="set `clipnorm` on the `inner_optimizer`"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1.0)
    with pytest.raises(ValueError, match="no longer supports `dynamic=False`"):
        optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic=False)


def test_what_a_map_of_optimizers_refuses():
    sgd = optimizers.SGD()
    several = optimizers.OptimizerMap(sgd, {"m/.*": optimizers.Adam(), ".*w": optimizers.Adam()})
    with pytest.raises(ValueError, match="Multiple optimizers assigned to variable m/w"):
        several["m/w"]
    with pytest.raises(ValueError, match="already exists"):
        several[".*w"] = sgd
    with pytest.raises(ValueError, match="cannot be used in an OptimizerMap"):
        several["x"] = make("MultiOptimizer")
    with pytest.raises(TypeError, match="default_optimizer must be"):
        optimizers.OptimizerMap("adam")
    with pytest.raises(AttributeError, match="individual sub-optimizers"):
        _ = make("MultiOptimizer").learning_rate


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_goes_on_alone(name, copied):
    optimizer, trained = make(name), parameters()
    train(optimizer, trained, 2)
    before = [p.value.copy() for p in trained]
    again, others = copied((optimizer, trained))
    train(again, others, 3)
    for p, w in zip(trained, before, strict=True):
        np.testing.assert_array_equal(p.value, w)
    train(optimizer, trained, 3)
    for p, q in zip(trained, others, strict=True):
        np.testing.assert_array_equal(p.value, q.value)


@pytest.mark.parametrize("name", NAMES)
def test_state_can_be_taken_out_and_put_back(name):
    optimizer, trained = make(name), parameters()
    train(optimizer, trained, 2)
    store = {}
    optimizer.save_own_variables(store)
    again, others = optimizers.deserialize(optimizers.serialize(optimizer)), parameters()
    assert optimizers.serialize(again) == optimizers.serialize(optimizer)
    again.build(others)
    again.load_own_variables(store)
    for p, q in zip(trained, others, strict=True):
        q.assign(p.value)
    train(optimizer, trained, 2)
    train(again, others, 2)
    for p, q in zip(trained, others, strict=True):
        np.testing.assert_array_equal(p.value, q.value)
    with pytest.warns(UserWarning, match="Skipping variable loading"):
        again.load_own_variables({})


def test_set_weights_checks():
    optimizer = optimizers.Adam()
    with pytest.raises(ValueError, match="not yet been built"):
        optimizer.set_weights([])
    optimizer.build(parameters())
    values = [v.numpy() for v in optimizer.variables]
    with pytest.raises(ValueError, match=r"has 6 variables\. Received: 5"):
        optimizer.set_weights(values[1:])
    with pytest.raises(ValueError, match="not compatible"):
        optimizer.set_weights(values[::-1])
    optimizer.set_weights([v + 1 for v in values])
    assert optimizer.iterations == 1


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("AdamW", {"weight_decay": None}, "`weight_decay` must be a float"),
        ("Lion", {"beta_1": 0.0}, "degenerates to SignSGD"),
        ("Ftrl", {"learning_rate_power": 0.5}, "`learning_rate_power` needs to be negative or zero"),
        ("Ftrl", {"l1_regularization_strength": -1.0}, "`l1_regularization_strength` needs to be positive or zero"),
        ("Adam", {"beta_3": 0.5}, r"not recognized: \{'beta_3': 0.5\}"),
    ],
)
def test_arguments_are_checked(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(optimizers, name)(**arguments)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(PLAIN),
    limit=st.sampled_from(["clipnorm", "clipvalue", "global_clipnorm"]),
    c=st.floats(0.1, 5),
    seed=st.integers(0, 99),
)
def test_a_clipped_step_is_the_step_with_the_clipped_gradient(name, limit, c, seed):
    rng = np.random.default_rng(seed)
    grads = [rng.normal(size=(3, 2)) * 3, rng.normal(size=2) * 3]
    whole = np.sqrt(sum((g**2).sum() for g in grads))
    clipped = {
        "clipvalue": lambda g: np.minimum(np.maximum(g, -c), c),
        "clipnorm": lambda g: g * min(1, c / np.sqrt((g**2).sum())),
        "global_clipnorm": lambda g: g * min(1, c / whole),
    }[limit]
    results = []
    for given_, arguments in ((grads, {limit: c}), ([clipped(g) for g in grads], {})):
        trained = parameters(seed)
        getattr(optimizers, name)(0.1, **arguments).apply(given_, trained)
        results.append([p.value for p in trained])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", PLAIN)
def test_every_optimizer_names_its_rule(name):
    text, latex = make(name).formula
    assert "←" in text
    assert r"\leftarrow" in latex


@pytest.mark.parametrize("name", NAMES)
def test_a_step_allocates_nothing_that_stays(name):
    optimizer, trained = make(name), parameters()
    arrays = [p.value for p in trained]
    train(optimizer, trained, 1)
    slots = [v.value for v in optimizer.variables]
    train(optimizer, trained, 2)
    assert all(p.value is a for p, a in zip(trained, arrays, strict=True))
    assert all(v.value is a for v, a in zip(optimizer.variables, slots, strict=True))
