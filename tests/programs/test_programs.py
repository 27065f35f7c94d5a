"""Programs written for Keras give Keras's numbers here: the recorded ones, and slowly those of a live run."""

import pytest

import minikeras
from minikeras import config

from . import both, record

RUNS = [(name, backend) for name in both.names() for backend in both.backends(name)]


@pytest.mark.parametrize(("name", "backend"), RUNS)
def test_every_logged_number_is_kerass(name, backend):
    with config.using(floatx="float64"):
        ours = both.run(name, minikeras, backend)
    theirs = both.recorded(name, backend)
    assert theirs
    assert both.difference(ours, theirs) < both.limit(name, backend), (ours, theirs)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("backend", both.BACKENDS)
def test_the_recorded_numbers_are_those_of_keras_today(backend):
    pytest.importorskip("keras")
    for name, numbers in record.live(both.names(), backend).items():
        assert both.difference(numbers, both.recorded(name, backend)) < 1e-10, name
