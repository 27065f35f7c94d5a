"""The bug zoo: every mutant is caught, and leaves the engine as it was."""

import inspect

import numpy as np
import pytest

from minikeras import Sequential, layers, regularizers
from minikeras.bugs import MUTANTS, lesson, mutant, zoo
from minikeras.testing import check_gradients, step_gradients
from minikeras.testing.result import norm_relative

from ..random_nets import random_net


def test_there_are_many_and_each_is_explained():
    assert len(MUTANTS) >= 14
    for m in MUTANTS.values():
        for sentence in (m.what, m.seen):
            assert sentence.endswith(".")
            assert 40 < len(sentence) < 160


def engine():
    owners = {owner for m in MUTANTS.values() for owner, _, _ in m.patches()}
    return {
        (owner, name): value for owner in owners for name, value in vars(owner).items() if inspect.isfunction(value)
    }


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_ends_with_its_block(name):
    before = engine()
    with mutant(name) as m:
        assert m.name == name
        assert engine() != before
    assert engine() == before
    with pytest.raises(KeyError), mutant(name):
        raise KeyError
    assert engine() == before


def test_an_unknown_mutant_is_named_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'sign'"), mutant("sing"):
        pass


def tell(seeds, methods):
    """On how many networks each mutant changes a gradient, and the seeds where that was not seen."""
    on_path, missed = dict.fromkeys(MUTANTS, 0), []
    for seed in seeds:
        case = random_net(seed)
        right = case.check(lambda *batch: zoo.gradients_of(None, *batch))
        for name in MUTANTS:
            if name == "dropout_mask_forgotten":
                continue
            error = zoo.largest_error(case.check(lambda *batch, name=name: zoo.gradients_of(name, *batch)), right)
            with mutant(name):
                result = case.check(check_gradients, methods=methods, probes=10, seed=seed)
            if error > 1e-8:
                on_path[name] += 1
                if result.passed:
                    missed.append((seed, name, error))
            elif {row.tensor for row in result if not row.passed} - {"x"}:
                missed.append((seed, name, "an alarm where nothing changed"))
    return on_path, missed


ALWAYS = ["divided_twice", "mean_forgotten", "fixed_32", "sign", "last_row_skipped", "stale_gradients"]


def test_every_mutant_is_caught_on_random_relu_networks_where_its_code_is_on_the_path():
    on_path, missed = tell(range(1), ("direction", "update"))
    assert not missed
    assert all(on_path[name] == 1 for name in ALWAYS)


@pytest.mark.slow
def test_every_mutant_is_caught_on_a_thousand_random_relu_networks():
    on_path, missed = tell(range(1000), ("direction", "update"))
    assert not missed
    assert all(on_path[name] >= 990 for name in ALWAYS)  # a net may be dead, and its gradient zero
    assert min(n for name, n in on_path.items() if name != "dropout_mask_forgotten") >= 20


@pytest.mark.parametrize("methods", ["complex", "central", "direction"])
@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_caught_by_every_method(name, methods):
    rng = np.random.default_rng(0)
    model = Sequential(
        [
            layers.Dense(6, "relu", kernel_regularizer=regularizers.L2(0.05), input_shape=(5,)),
            layers.Dropout(0.3, seed=1),
            layers.Dense(5, "tanh"),
            layers.Dense(4, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    batch = rng.normal(size=(9, 5)), rng.integers(0, 4, 9), rng.uniform(0.2, 3, 9)
    check_gradients(model, *batch, methods=methods, training=True).assert_ok()
    if name == "bias_never_updated":
        methods = "update"  # the gradient is right, and not used
    with mutant(name):
        result = check_gradients(model, *batch, methods=methods, training=True)
    assert not result.passed


def test_step_gradients_are_the_gradients():
    case = random_net(3)
    taken = case.check(step_gradients)
    for path, g in case.check(lambda *batch: zoo.gradients_of(None, *batch))[1].items():
        assert norm_relative(taken[path], g) < 1e-10


def test_the_lesson_accuracy_hides_what_gradients_show():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 2, 4))
    y = rng.integers(0, 3, 600)
    x = centres[y] + 0.3 * rng.normal(size=(600, 2, 4))
    names = ["bias_never_updated", "updated_before_delta", "sign", "regularizer_twice", "dropout_mask_forgotten"]
    right, *found = lesson((x[:500], y[:500]), (x[500:], y[500:]), names=names, epochs=8)
    assert right.accuracy > 0.9
    assert [one.name for one in found] == names
    assert all(one.gradient_error > 1e-5 for one in found)
    by_name = {one.name: one for one in found}
    assert by_name["updated_before_delta"].hidden
    assert not by_name["sign"].hidden
