"""The bug zoo: classic mistakes of backpropagation, each of which can be switched on for a while.

>>> import numpy as np
>>> from minikeras import Sequential, layers
>>> model = Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
>>> model.compile("sgd", "sparse_categorical_crossentropy")
>>> x, y = np.eye(3), [0, 1, 1]
>>> _, right = model.compute_gradients(x, y)
>>> with mutant("sign"):
...     _, wrong = model.compute_gradients(x, y)
>>> all((wrong[path] == -right[path]).all() for path in right)
True
>>> print(MUTANTS["sign"].what)
The gradient has the wrong sign, so that a step climbs.

The engine's own files know nothing of this: a mutant replaces a few methods while a ``with`` block lasts, for the
whole process, so no other thread should train meanwhile.
"""

from . import at_the_head, in_graphs, in_images, in_layers, in_sequences, in_the_step, in_the_update
from .effects import gradient_error, gradients_of, largest_error
from .registry import (
    GRAPH_MUTANTS,
    IMAGE_MUTANTS,
    MUTANTS,
    SEQUENCE_MUTANTS,
    TABLES,
    UPDATE_MUTANTS,
    Mutant,
    Patch,
    mutant,
)

__all__ = [
    "GRAPH_MUTANTS",
    "IMAGE_MUTANTS",
    "MUTANTS",
    "SEQUENCE_MUTANTS",
    "TABLES",
    "UPDATE_MUTANTS",
    "Mutant",
    "Patch",
    "at_the_head",
    "gradient_error",
    "gradients_of",
    "in_graphs",
    "in_images",
    "in_layers",
    "in_sequences",
    "in_the_step",
    "in_the_update",
    "largest_error",
    "mutant",
]
