"""A kill or an error while saving leaves the old file or the new one."""

import errno
import os
import subprocess
import sys
import time

import pytest

import minikeras
from minikeras.atomic import ABANDONED, replacing

from .saving.models import stack

KILLS = """
import os, random, signal, sys, time
import numpy as np
import minikeras as keras

path, kills = sys.argv[1], int(sys.argv[2])
rng = random.Random(1)
model = keras.Sequential([keras.layers.Dense(64, input_shape=(64,))])
seen = set()
model.set_weights([np.zeros((64, 64)), np.zeros(64)])
model.save(path)  # loads what saving needs
start = time.perf_counter()
for _ in range(5):
    model.save(path)
seconds = (time.perf_counter() - start) / 5
for kill in range(1, kills + 1):
    child = os.fork()
    while child == 0:  # saves until it is killed
        model.set_weights([np.full((64, 64), kill), np.full(64, kill)])
        model.save(path)
    time.sleep(rng.random() * 4 * seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kernel, bias = keras.saving.load_model(path).get_weights()
    if not ((kernel == kernel[0, 0]).all() and (bias == kernel[0, 0]).all()):
        sys.exit(f"torn after kill {kill}")
    seen.add(float(kernel[0, 0]))
print(kills, len(seen))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.parametrize("kills", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_processes_killed_while_saving_leave_a_whole_file(kills, in_memory):
    command = [sys.executable, "-c", KILLS, str(in_memory / "m.keras"), str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    killed, different = map(int, done.stdout.split())
    assert killed == kills
    assert kills / 10 < different <= kills  # some were killed before their first file was whole, many after it
    unfinished = [name for name in os.listdir(in_memory) if name.endswith(".tmp")]
    assert unfinished or kills < 200  # of many, some were killed in the middle of writing


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


def test_what_a_killed_process_left_an_hour_ago_is_removed(tmp_path):
    old, other = (tmp_path / f".{name}.0123456789abcdef.tmp" for name in ("a.bin", "b.bin"))
    new = tmp_path / ".a.bin.fedcba9876543210.tmp"
    for file in (old, new, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, (0, time.time() - ABANDONED - 1))
    with replacing(tmp_path / "a.bin") as file:
        file.write(b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([new.name, other.name, "a.bin"])


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("replace"), replace(a, b))[1])
    stack(minikeras).save(tmp_path / "m.keras")
    assert done == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_without_fsync_takes_the_file(number, tmp_path, monkeypatch):
    def fsync(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    stack(minikeras).save(tmp_path / "m.keras")
    assert os.listdir(tmp_path) == ["m.keras"]


def test_a_disk_that_fails_is_an_error_and_keeps_the_old_file(tmp_path, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.EIO, "failed")

    (tmp_path / "a.npz").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="failed"):
        stack(minikeras).save_weights(tmp_path / "a.npz")
    assert (tmp_path / "a.npz").read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links and permissions of POSIX")
def test_a_symbolic_link_keeps_leading_to_the_file_and_permissions_stay(tmp_path):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "m.keras", tmp_path / "latest.keras"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target)
    stack(minikeras).save(link)
    assert link.is_symlink()
    assert len(minikeras.saving.load_model(target).layers) == 3
    assert target.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "disk") == ["m.keras"]


@pytest.mark.parametrize("letter", ["m", "μ", "模", "🧮"])
def test_a_name_of_255_bytes_in_any_script(letter, tmp_path):
    path = tmp_path / (letter * (248 // len(letter.encode())) + ".keras")
    stack(minikeras).save(path)
    assert os.listdir(tmp_path) == [path.name]
