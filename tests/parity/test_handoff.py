"""Files between the libraries: nothing is lost there and back, and Keras trains on from one, on two devices."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import constraints, initializers, layers, losses, metrics, optimizers, regularizers
from parity import handoff, handoff_tasks, specs
from parity.worker import Keras

pytestmark = pytest.mark.keras
ROOT = Path(__file__).parents[2]
OTHERS = [pytest.param("jax", marks=pytest.mark.slow)]


def assert_passed(rows):
    assert rows
    assert not [f"{r.check}: {r.tensor} of {r.case}" for r in rows if not r.passed]


@pytest.mark.parametrize("backend", ["tensorflow", *OTHERS])
def test_a_few_files(backends, backend):
    named = list(handoff.named())
    cases = named[::24] + [(handoff.decorated(seed), None) for seed in range(2)]
    rows = handoff.there_and_back(backends(backend), cases)
    assert len(rows) == 4 * len(cases)
    assert_passed(rows)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_on_two_devices_and_everything_by_name(backend):
    with Keras(backend, environment=handoff.ENVIRONMENT) as keras:
        assert_passed(handoff.check(keras, 10))


def test_everything_that_the_handoff_writes_is_registered():
    rooms = {
        layers: handoff.LAYERS,
        initializers: handoff.INITIALIZERS,
        regularizers: handoff.REGULARIZERS,
        constraints: handoff.CONSTRAINTS,
        losses: handoff.LOSSES,
        metrics: handoff.METRICS,
        optimizers.schedules: handoff.SCHEDULES,
    }
    for room, entries in rooms.items():
        assert not set(entries) - set(room._registry), room.__name__


def test_a_lost_bit_and_a_lost_setting_are_seen(tmp_path):
    spec = handoff.decorated(3)
    for name in ("a", "b"):
        handoff_tasks.write(minikeras, str(tmp_path / f"{name}.keras"), spec, None, "float32")
    a, b, c = (tmp_path / f"{name}.keras" for name in "abc")
    arrays = [handoff.read_arrays(path) for path in (a, b)]
    assert handoff.bits_that_differ(*arrays) == 0
    place = next(place for place, array in arrays[1].items() if array.dtype == np.float32 and array.size)
    arrays[1][place].ravel().view(np.int32)[0] ^= 1
    assert handoff.bits_that_differ(*arrays) == 1
    del arrays[1][place]
    assert handoff.bits_that_differ(*arrays) == 1
    assert handoff.config_differences(handoff.config_of(a), handoff.config_of(a)) == []
    with zipfile.ZipFile(a) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    tree = json.loads(members["config.json"])
    tree["compile_config"]["optimizer"]["config"]["nesterov"] = "lost"
    with zipfile.ZipFile(c, "w") as archive:
        for name, data in (members | {"config.json": json.dumps(tree)}).items():
            archive.writestr(name, data)
    (difference,) = handoff.config_differences(handoff.config_of(a), handoff.config_of(c))
    assert difference.startswith("/compile_config/optimizer/config/nesterov: ")


def test_models_are_drawn_anew_alike_and_differ():
    drawn = [handoff.decorated(seed) for seed in range(50)]
    assert drawn == [handoff.decorated(seed) for seed in range(50)]
    words = repr(drawn)
    for entries in (handoff.REGULARIZERS, handoff.CONSTRAINTS, handoff.SCHEDULES):
        assert all(f".{name}'" in words for name in entries)
    assert isinstance(drawn[0], specs.Spec)


@pytest.mark.slow
def test_the_programs_that_train_on_elsewhere(tmp_path):
    for name in ("jax", "tensorflow"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", f"parity.onward.{name}"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=600)
        assert done.returncode == 0, done.stderr[-3000:]
        theirs, ours = map(float, re.search(r"two devices ([\d.]+), in minikeras ([\d.]+)", done.stdout).groups())
        assert ours == pytest.approx(theirs, rel=1e-4)
        assert "back in minikeras after 626 steps" in done.stdout
