"""The check of an optimizer's steps: right optimizers pass, and every mistake of the zoo is seen."""

import pytest

from minikeras import optimizers
from minikeras.bugs import zoo
from minikeras.testing import update_error

RIGHT = {
    "sgd": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1),
    "nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: optimizers.Adam(0.01, epsilon=0.1),
    "amsgrad": lambda: optimizers.Adam(0.01, beta_2=0.8, amsgrad=True),
    "adamw": lambda: optimizers.AdamW(0.01, weight_decay=0.3),
    "rmsprop": lambda: optimizers.RMSprop(0.01, epsilon=0.01),
    "rmsprop, all of it": lambda: optimizers.RMSprop(0.01, momentum=0.9, centered=True, epsilon=0.01),
    "lion": lambda: optimizers.Lion(0.01, weight_decay=0.1),
}
CAUGHT = {
    "bias_correction_forgotten": "adam",
    "epsilon_inside_the_root": "adam",
    "epsilon_outside_the_root": "rmsprop",
    "decay_coupled": "adamw",
    "moments_updated_after_use": "adam",
    "nesterov_sign": "nesterov",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_optimizer_follows_its_equations(name):
    assert update_error(RIGHT[name](), steps=20) < 1e-12


@pytest.mark.parametrize("name", zoo.UPDATE_MUTANTS)
def test_every_mistake_is_caught_and_ends_with_its_block(name):
    make = RIGHT[CAUGHT[name]]
    with zoo.mutant(name):
        assert update_error(make()) > 1e-3
    assert update_error(make()) < 1e-12


def test_each_mistake_is_explained():
    for m in zoo.UPDATE_MUTANTS.values():
        for sentence in (m.what, m.seen):
            assert sentence.endswith(".")
            assert 40 < len(sentence) < 160


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(ValueError, match=r"knows the equations of SGD.*Received: Ftrl"):
        update_error(optimizers.Ftrl())
    used = optimizers.SGD()
    used.build([])
    with pytest.raises(ValueError, match="fresh optimizer"):
        update_error(used)
