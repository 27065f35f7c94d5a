"""Real Keras for the tests of this folder."""

import pytest

from parity.worker import Keras, missing


@pytest.fixture(scope="package")
def backends():
    """Keras on a backend by name, each started at most once."""
    started = {}

    def start(name):
        lacking = missing(name)
        if lacking:
            pytest.skip(lacking)
        if name not in started:
            started[name] = Keras(name)
        return started[name]

    yield start
    for keras in started.values():
        keras.close()
