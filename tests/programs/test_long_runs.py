"""Same seed, same run: convolutional and recurrent nets over several epochs, beside live Keras in float64."""

import pytest

import minikeras
from minikeras import config

from . import both, record


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize("backend", both.BACKENDS)
@pytest.mark.parametrize(("name", "within"), [("../long/convnet", 1e-10), ("../long/lstm", 1e-9)])
def test_a_run_of_several_epochs_is_kerass(name, within, backend):
    pytest.importorskip("keras")
    with config.using(floatx="float64"):
        ours = both.run(name, minikeras, backend)
    theirs = record.live([name], backend)[name]
    assert both.difference(ours, theirs) <= within, both.difference(ours, theirs)
