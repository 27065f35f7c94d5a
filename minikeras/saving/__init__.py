"""Saving and loading, in Keras 3's own formats.

What is in the files::

    model.keras             a zip of metadata.json, config.json and model.weights.h5
    model.weights.h5        HDF5: layers/dense/vars/0, layers/dense/vars/1, …, optimizer/vars/0, …
    weights.npz             the same arrays under the same names, with NumPy alone

Files are not trusted. Classes are looked up in minikeras's registries and nowhere else; nothing out of a file is
imported, executed or used as a path; sizes, counts, nesting and compression ratios have limits
(:mod:`~minikeras.saving.limits`). Files are written whole or not at all (:mod:`~minikeras.atomic`).

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

from .. import (  # noqa: F401  (their registries are what files may name)
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from ..custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from .files import load_model, load_weights, save_model, save_weights
from .inspection import inspect
from .live import from_keras, to_keras
from .objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "from_keras",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "inspect",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
    "to_keras",
]
