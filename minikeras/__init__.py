"""minikeras: a from-scratch NumPy engine with Keras's API, every gradient a formula that can be read and checked.

>>> import numpy as np
>>> import minikeras as keras
>>> keras.utils.set_random_seed(42)
>>> model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,))])
>>> model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
>>> history = model.fit(np.eye(3), np.array([0, 1, 1]), epochs=5, verbose=0)
>>> history.history["loss"][-1] < history.history["loss"][0]
True
"""

from typing import Any

from . import (
    activations,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)
from .layers import Input, InputLayer, Layer
from .models import Functional, Model, Sequential
from .operation import Operation
from .parameter import Parameter
from .tensor import KerasTensor, Tensor
from .variable import Variable

__version__ = "0.1.0"

__all__ = [
    "Functional",
    "GradientTape",
    "Input",
    "InputLayer",
    "KerasTensor",
    "Layer",
    "Model",
    "Operation",
    "Parameter",
    "Sequential",
    "Tensor",
    "Variable",
    "activations",
    "backend",
    "bugs",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "distribution",
    "dtype_policies",
    "from_keras",
    "grad",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "plotting",
    "preprocessing",
    "quantizers",
    "regularizers",
    "saving",
    "testing",
    "to_keras",
    "tracing",
    "tree",
    "utils",
    "value_and_grad",
    "wrappers",
]


_LATER = (
    "backend",
    "bugs",
    "datasets",
    "distribution",
    "dtype_policies",
    "mixed_precision",
    "ops",
    "plotting",
    "preprocessing",
    "quantizers",
    "saving",
    "testing",
    "tracing",
    "tree",
    "wrappers",
)


def __getattr__(name: str) -> Any:
    """What a program may never need is loaded when it is first asked for, so that importing minikeras is quick."""
    import importlib

    if name in _LATER:
        return importlib.import_module(f".{name}", __name__)
    if name in ("DTypePolicy", "FloatDTypePolicy"):
        return getattr(importlib.import_module(".dtype_policies", __name__), name)
    if name in ("GradientTape", "grad", "value_and_grad"):
        return getattr(importlib.import_module(".tape", __name__), name)
    if name in ("from_keras", "to_keras"):
        return getattr(importlib.import_module(".saving", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
