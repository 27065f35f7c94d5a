"""What every test shares: real Keras runs on TensorFlow, quietly; no test leaves a setting changed."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest
from hypothesis import settings

from minikeras import config

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _settings_stay_as_they_are():
    before = (config.floatx(), config.backend(), config.epsilon())
    yield
    after = (config.floatx(), config.backend(), config.epsilon())
    config.set_floatx(before[0])
    config.set_backend(before[1])
    config.set_epsilon(before[2])
    assert after == before, "the test left a setting changed"


@pytest.fixture
def in_memory(tmp_path):
    """A folder in memory where there is one, for tests that write to the disk's bottom hundreds of times."""
    shm = Path("/dev/shm")
    usable = shm.is_dir() and os.access(shm, os.W_OK)
    with tempfile.TemporaryDirectory(dir=shm if usable else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def keras64():
    """Real Keras in float64, and minikeras with it."""
    keras = pytest.importorskip("keras")
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    with config.using(floatx="float64"):
        yield keras
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
