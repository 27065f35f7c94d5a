"""Arrays by place: where Keras keeps each array of a model and its optimizer.

"layers/dense/vars/0" is the first array of the first Dense, "optimizer/vars/1" the second of the optimizer's.
"""

import warnings
from collections.abc import Container, Iterable, Iterator
from typing import Any

import numpy as np

from .. import config
from ..errors import DataError
from ..layers.base import Layer
from ..models.sequential import Sequential
from ..parameter import Parameter

Arrays = dict[str, np.ndarray]
OPTIMIZER = "optimizer/vars"


def places(model: Sequential) -> dict[str, tuple[str, list[Parameter]]]:
    """For each group of arrays: its name, and the parameters in it, in Keras's order."""
    result = {f"layers/{slot}/vars": (layer.name, layer.weights) for slot, layer in slots(model)}
    if model.compiled and model.optimizer is not None:
        result[OPTIMIZER] = (model.optimizer.name, model.optimizer.variables)
    return result | {"vars": (model.name, [])}


def slots(model: Any) -> Iterator[tuple[str, Layer]]:
    """Keras's folder for each layer, and the layer."""
    return zip(slot_names(type(layer).__name__ for layer in model.layers), model.layers, strict=True)


def slot_names(class_names: Iterable[str]) -> Iterator[str]:
    """Keras's folder for each layer: the class in snake case, numbered from the second on.

    >>> list(slot_names(["Dense", "LeakyReLU", "Dense"]))
    ['dense', 'leaky_re_lu', 'dense_1']
    """
    seen: dict[str, int] = {}
    for name in map(config.snake_case, class_names):
        count = seen[name] = seen.get(name, -1) + 1
        yield f"{name}_{count}" if count else name


def arrays_of(model: Sequential) -> Arrays:
    """Every array of a model and its optimizer, by place."""
    return {
        f"{group}/{i}": parameter.value
        for group, (_, parameters) in places(model).items()
        for i, parameter in enumerate(parameters)
    }


def check_array(place: str, arrays: Arrays, shape: tuple[int, ...], name: str) -> None:
    """Refuses an array that is not there, has another shape, or is not made of plain numbers.

    Raises:
        DataError: for it.
    """
    if place not in arrays:
        raise DataError(f"{name!r} needs the array {place}, which is not there")
    if arrays[place].shape != shape:
        raise DataError(f"{name!r} needs {place} of shape {shape}; it has {arrays[place].shape}")
    if arrays[place].dtype.kind not in "fiub":
        raise DataError(f"{place} holds {arrays[place].dtype}; only plain numbers are read")


def assign(model: Sequential, arrays: Arrays, may_stay: Container[str] = ()) -> None:
    """Writes the arrays into the model, or none of them if one does not fit.

    An optimizer's may be absent; saved before its first step, they are only its iteration and learning rate. If
    there are more, the optimizer is built first.

    Args:
        may_stay: groups, such as "layers/dense/vars", that stay as they are, with a warning, if they do not fit.

    Raises:
        DataError: names the first array that does not fit.
    """
    todo: list[tuple[Parameter, np.ndarray]] = []
    for group, (name, parameters) in places(model).items():
        if group == OPTIMIZER:
            if f"{group}/0" not in arrays:
                continue
            parameters = _of_optimizer(model, arrays)
        try:
            for i, parameter in enumerate(parameters):
                check_array(f"{group}/{i}", arrays, parameter.shape, name)
            if f"{group}/{len(parameters)}" in arrays:
                raise DataError(f"{name!r} has {len(parameters)} arrays; the file has more in {group}")
        except DataError as error:
            if group not in may_stay:
                raise
            warnings.warn(f"{error}; left as it was", stacklevel=4)
            continue
        todo += [(parameter, arrays[f"{group}/{i}"]) for i, parameter in enumerate(parameters)]
    for parameter, array in todo:
        parameter.assign(array)


def _of_optimizer(model: Sequential, arrays: Arrays) -> list[Parameter]:
    """The optimizer's variables that a file has to fit: without slots if the file was written before the first step."""
    optimizer = model.optimizer
    unbuilt = [p for p in optimizer.variables if p.name in ("iteration", "learning_rate")]
    if f"{OPTIMIZER}/{len(unbuilt)}" not in arrays and not arrays[f"{OPTIMIZER}/0"].any():
        return unbuilt
    if not optimizer.built and model.built:
        optimizer.build(model.trainable_weights)
    return optimizer.variables
