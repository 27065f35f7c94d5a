"""A kill or an error while saving leaves the old file or the new one."""

import os
import subprocess
import sys

import pytest

import minikeras
from minikeras.saving.atomic import replacing

from .models import stack

KILLS = """
import os, random, signal, sys, time
import numpy as np
import minikeras as keras

path, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(1)
model = keras.Sequential([keras.layers.Dense(64, input_shape=(64,))])
seen = set()
model.set_weights([np.zeros((64, 64)), np.zeros(64)])
model.save(path)
for kill in range(1, kills + 1):
    child = os.fork()
    while child == 0:  # saves until it is killed
        model.set_weights([np.full((64, 64), kill), np.full(64, kill)])
        model.save(path)
    time.sleep(rng.random() * 0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kernel, bias = keras.saving.load_model(path).get_weights()
    if not ((kernel == kernel[0, 0]).all() and (bias == kernel[0, 0]).all()):
        sys.exit(f"torn after kill {kill}")
    seen.add(float(kernel[0, 0]))
print(kills, len(seen))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
def test_two_hundred_processes_killed_while_saving_leave_a_whole_file(tmp_path):
    command = [sys.executable, "-c", KILLS, str(tmp_path / "m.keras"), "200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    kills, different = map(int, done.stdout.split())
    assert kills == 200
    assert 20 < different <= 200  # some were killed before their first file was whole, many after it
    unfinished = [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
    assert unfinished  # some were killed in the middle of writing


def interrupted(path):
    with replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_an_error_while_writing_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("replace"), replace(a, b))[1])
    stack(minikeras).save(tmp_path / "m.keras")
    assert done == ["fsync", "replace", "fsync"]
