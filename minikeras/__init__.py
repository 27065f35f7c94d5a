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

from . import (
    activations,
    callbacks,
    config,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    plotting,
    regularizers,
    saving,
    utils,
)
from .layers import Input, InputLayer, Layer
from .models import Sequential
from .parameter import Parameter
from .saving import from_keras, to_keras

__version__ = "0.1.0"

__all__ = [
    "Input",
    "InputLayer",
    "Layer",
    "Parameter",
    "Sequential",
    "activations",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "from_keras",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "plotting",
    "regularizers",
    "saving",
    "to_keras",
    "utils",
]
