"""``import minikeras`` brings NumPy and nothing else from outside."""

import subprocess
import sys

LATER = ("numba", "matplotlib", "h5py", "pandas", "rich", "click", "pooch", "keras", "tensorflow", "jax", "torch")


def loaded_by(program):
    listing = f"{program}\nimport sys\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout
    return {name.partition(".")[0] for name in out.split()}


def test_import_loads_no_optional_package():
    assert not loaded_by("import minikeras") & set(LATER)


def test_import_loads_nothing_from_outside_but_numpy():
    beyond = loaded_by("import minikeras") - loaded_by("import numpy.random") - sys.stdlib_module_names
    assert beyond == {"minikeras"}


def test_training_on_the_reference_kernels_loads_no_numba():
    program = """
import numpy as np, minikeras as keras
keras.config.set_backend("numpy")
model = keras.Sequential([keras.layers.Dense(2, activation="relu"), keras.layers.Dense(2, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
model.fit(np.eye(2), np.arange(2), verbose=0)
"""
    assert "numba" not in loaded_by(program)
