"""Compiled kernels where their cache cannot be written, and where many processes write it at once."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import kernels

PROGRAM = """
import numpy as np, minikeras as keras
keras.utils.set_random_seed(3)
model = keras.Sequential([keras.layers.Dense(3, "relu", input_shape=(4,)), keras.layers.Dense(2, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
model.fit(np.ones((8, 4)), np.arange(8) % 2, verbose=0)
print(model.get_weights()[0].tobytes().hex())
"""


def start(program, cache):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(Path(minikeras.__path__[0]).parent)}
    return subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)


def test_without_a_folder_for_the_cache_every_process_compiles_anew():
    nowhere = """
from numba.core import caching
caching.CacheImpl._locator_classes.clear()
"""
    trial = (
        nowhere
        + """
import numpy as np
from numba import njit
try:
    njit(cache=True)(lambda: 0)
except RuntimeError:
    from minikeras.kernels.compiled.updates import sgd
    w = np.ones(2)
    sgd(w, w.copy(), 0.25)
    print(w)
"""
    )
    process = start(trial, "")
    assert process.communicate()[0] == "[0.75 0.75]\n"
    assert process.returncode == 0


@pytest.mark.slow
def test_many_processes_at_once_share_an_empty_cache(tmp_path):
    together = [start(PROGRAM, tmp_path) for _ in range(4)]
    printed = {process.communicate()[0] for process in together}
    assert [process.returncode for process in together] == [0] * 4
    later = start(PROGRAM, tmp_path)
    assert printed == {later.communicate()[0]}
    assert list(tmp_path.rglob("*.nbi"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_dtype_may_be_named(dtype):
    assert kernels.select(dtype) is kernels.select(np.dtype(dtype)) is kernels.compiled
