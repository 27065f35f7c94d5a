"""Programs written for Keras give Keras's numbers here."""

import pytest

import minikeras
from minikeras import config

from . import both


@pytest.mark.parametrize("name", both.names())
def test_the_program_runs(name):
    with config.using(floatx="float64"):
        logged = both.run(name, minikeras)
    assert logged
    assert both.difference(logged, logged) == 0  # no NaN


@pytest.mark.keras
@pytest.mark.parametrize("name", both.names())
def test_every_logged_number_is_kerass(keras64, name):
    ours, theirs = both.run(name, minikeras), both.run(name, keras64)
    assert both.difference(ours, theirs) < 1e-10, (ours, theirs)
