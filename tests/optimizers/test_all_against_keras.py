"""Every optimizer in every setting for 100 steps beside real Keras on TensorFlow and JAX: weights and slots."""

import numpy as np
import pytest

import minikeras
from minikeras import optimizers

from .keras_side import CASES, MODELS, SETTINGS, errors, errors_on

pytestmark = pytest.mark.keras

LIMITS = {"float64": 1e-12, "float32": 1e-5}
NOT_ON_TENSORFLOW = "ScheduleFreeAdamW"  # its docstring says why


def assert_close(found):
    assert not {case: error for case, error in found.items() if not error <= LIMITS[case.split()[-1]]}


@pytest.mark.parametrize("name", ["Adam", "RMSprop", "Adafactor"])
def test_100_steps(name):
    assert_close(errors(pytest.importorskip("keras"), name, ["everything"], MODELS[:1]))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CASES if name != NOT_ON_TENSORFLOW])
def test_100_steps_in_every_setting(name):
    # Keras's Muon multiplies a schedule's float32 rate by float64 updates, which TensorFlow refuses.
    settings = [setting for setting in SETTINGS if (name, setting) != ("Muon", "schedule")]
    assert_close(errors(pytest.importorskip("keras"), name, settings))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_100_steps_in_every_setting_on_jax(name):
    pytest.importorskip("keras"), pytest.importorskip("jax")
    assert_close(errors_on("jax", name))


@pytest.mark.parametrize("name", ["Adam", "Nadam"])
def test_a_file_with_slots_goes_both_ways(name, tmp_path):
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 3)).astype("float32"), rng.normal(size=(16, 2)).astype("float32")
    model = minikeras.Sequential([minikeras.layers.Dense(2, activation="tanh", input_shape=(3,))])
    model.compile(getattr(optimizers, name)(0.1), "mse")
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    theirs.fit(x, y, epochs=2, shuffle=False, batch_size=16, verbose=0)
    theirs.save(tmp_path / "theirs.keras")
    again = minikeras.saving.load_model(tmp_path / "theirs.keras")
    assert again.optimizer.iterations == 4
    model.fit(x, y, epochs=2, shuffle=False, batch_size=16, verbose=0)
    for mine, read in zip(
        [*model.weights, *model.optimizer.variables], [*again.weights, *again.optimizer.variables], strict=True
    ):
        np.testing.assert_allclose(mine.value, read.value, rtol=1e-4, atol=1e-6)


def test_configs_are_kerass():
    keras = pytest.importorskip("keras")
    for name in [name for name in CASES if name not in ("LossScaleOptimizer", "MultiOptimizer")]:
        mine, kerass = (getattr(library.optimizers, name)(name="o") for library in (minikeras, keras))
        assert optimizers.serialize(mine) == keras.optimizers.serialize(kerass)
    made = []
    for library in (minikeras.optimizers, keras.optimizers):
        inner = library.OptimizerMap(library.SGD(name="s"), {".*bias": library.Adam(name="a")})
        for one in (
            library.MultiOptimizer(inner, name="m"),
            library.LossScaleOptimizer(library.Adam(name="a"), name="l"),
        ):
            made.append(library.serialize(one))
    assert made[:2] == made[2:]
