"""A kill or an error while saving leaves the old file or the new one."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

import minikeras
from minikeras import saving
from minikeras.saving.atomic import replacing

from .models import stack

ENDLESSLY = """
import sys
import numpy as np
import minikeras as keras
model = keras.Sequential([keras.layers.Dense(64, input_shape=(64,))])
n = 0
while True:
    n += 1
    model.set_weights([np.full((64, 64), n), np.full(64, n)])
    model.save(sys.argv[1])
    if n == 1:
        print("ready", flush=True)
"""


def kill_and_read(path, wait):
    process = subprocess.Popen([sys.executable, "-c", ENDLESSLY, str(path)], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        for _ in range(20):  # many cuts in one process: stopped, looked at, going on
            time.sleep(wait())
            os.kill(process.pid, signal.SIGSTOP)
            check(path)
            os.kill(process.pid, signal.SIGCONT)
        time.sleep(wait())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    check(path)


def check(path):
    kernel, bias = saving.load_model(path).get_weights()
    assert kernel[0, 0] >= 1
    assert (kernel == kernel[0, 0]).all()
    assert (bias == kernel[0, 0]).all()


def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path):
    rng = random.Random(1)
    for _ in range(2):
        kill_and_read(tmp_path / "m.keras", lambda: rng.random() * 0.01)


@pytest.mark.slow
def test_two_hundred_kills(tmp_path):
    rng = random.Random(2)
    for _ in range(200):
        kill_and_read(tmp_path / "m.keras", lambda: rng.random() * 0.01)


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
