"""Losses: as classes, as functions of (y_true, y_pred) that give one value a sample, and by name."""

from typing import Any

import numpy as np

from ..registry import Registry
from .base import Loss, LossFunctionWrapper
from .crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Crossentropy,
    SparseCategoricalCrossentropy,
)
from .regression import Huber, MeanAbsoluteError, MeanSquaredError


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`MeanSquaredError` for every sample."""
    return MeanSquaredError().call(y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """ℓ of :class:`MeanAbsoluteError` for every sample."""
    return MeanAbsoluteError().call(y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> np.ndarray:
    """ℓ of :class:`Huber` for every sample."""
    return Huber(delta).call(y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> np.ndarray:
    """ℓ of :class:`SparseCategoricalCrossentropy` for every sample."""
    return SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis).call(y_true, y_pred)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> np.ndarray:
    """ℓ of :class:`CategoricalCrossentropy` for every sample."""
    return CategoricalCrossentropy(from_logits, label_smoothing, axis).call(y_true, y_pred)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> np.ndarray:
    """ℓ of :class:`BinaryCrossentropy` for every sample."""
    return BinaryCrossentropy(from_logits, label_smoothing, axis).call(y_true, y_pred)


_CLASS_OF: dict[Any, type[Loss]] = {
    mean_squared_error: MeanSquaredError,
    mean_absolute_error: MeanAbsoluteError,
    huber: Huber,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    binary_crossentropy: BinaryCrossentropy,
}

_registry = Registry("loss", "keras.losses")
for _function, _class in _CLASS_OF.items():
    _registry.add(_function)
    _registry.add(_class)
_registry.add(mean_squared_error, "mse", "MSE")
_registry.add(mean_absolute_error, "mae", "MAE")
_registry.add(binary_crossentropy, "bce", "BCE")
get, deserialize = _registry.get, _registry.deserialize


def serialize(loss: Any) -> Any:
    """A loss's config in Keras's form.

    >>> serialize(get("mse"))["config"], serialize(MeanSquaredError())["class_name"]
    ('mean_squared_error', 'MeanSquaredError')
    """
    if loss in _CLASS_OF:
        name = loss.__name__
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    return _registry.serialize(loss)


def get_loss(identifier: Any) -> Loss:
    """A :class:`Loss` object from whatever ``compile`` takes: a name, a function of this module, a class, an object.

    Any other function of (y_true, y_pred) gives the values; it is written with :mod:`minikeras.ops`.
    """
    loss = get(identifier)
    if isinstance(loss, Loss):
        return loss
    if loss in _CLASS_OF:
        return _CLASS_OF[loss]()
    return LossFunctionWrapper(loss)


__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Crossentropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "get_loss",
    "huber",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]
