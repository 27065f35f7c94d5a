"""Saving and loading, in Keras 3's own formats.

What is in the files::

    model.keras             a zip of metadata.json, config.json and model.weights.h5
    model.weights.h5        HDF5: layers/dense/vars/0, layers/dense/vars/1, …, optimizer/vars/0, …
    weights.npz             the same arrays under the same names, with NumPy alone

Files are not trusted. Classes are looked up in minikeras's registries and nowhere else; nothing out of a file is
imported, executed or used as a path; sizes, counts, nesting and compression ratios have limits
(:mod:`~minikeras.saving.limits`). Files are written whole or not at all (:mod:`~minikeras.saving.atomic`).

>>> import tempfile, os
>>> import numpy as np
>>> from minikeras import Sequential, layers
>>> model = Sequential([layers.Dense(2, input_shape=(3,))])
>>> path = os.path.join(tempfile.mkdtemp(), "weights.npz")
>>> model.save_weights(path)
>>> other = Sequential([layers.Dense(2, input_shape=(3,))])
>>> other.load_weights(path)
>>> bool((model(np.eye(3)) == other(np.eye(3))).all())
True
"""

from .files import load_model, load_weights, save_model, save_weights
from .inspection import inspect
from .live import from_keras, to_keras

__all__ = [
    "from_keras",
    "inspect",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
    "to_keras",
]
