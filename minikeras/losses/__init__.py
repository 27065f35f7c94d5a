"""Losses: as classes, as functions of (y_true, y_pred) that give one value a sample, and by name.

A function is named after its class: ``mean_squared_error`` gives the values of ``MeanSquaredError``.
"""

from typing import Any

from .. import config
from ..registry import Registry
from .base import Loss, LossFunctionWrapper
from .crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Crossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from .focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from .hinge import CategoricalHinge, Hinge, SquaredHinge, categorical_hinge, hinge, squared_hinge
from .probabilistic import (
    CategoricalGeneralizedCrossEntropy,
    KLDivergence,
    Poisson,
    categorical_generalized_cross_entropy,
    kl_divergence,
    poisson,
)
from .regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from .segmentation import Dice, Tversky, dice, tversky
from .sequence import CTC, ctc
from .similarity import Circle, circle

#: Each function, and the class whose values it gives.
_CLASS_OF: dict[Any, type[Loss]] = {
    globals()[config.snake_case(name)]: cls
    for name, cls in list(globals().items())
    if isinstance(cls, type) and issubclass(cls, Loss) and callable(globals().get(config.snake_case(name)))
}

_registry = Registry("loss", "keras.losses")
for _function, _class in _CLASS_OF.items():
    _registry.add(_function)
    _registry.add(_class)
_registry.add(Loss)
_registry.add(mean_squared_error, "mse", "MSE")
_registry.add(mean_absolute_error, "mae", "MAE")
_registry.add(mean_absolute_percentage_error, "mape", "MAPE")
_registry.add(mean_squared_logarithmic_error, "msle", "MSLE")
_registry.add(binary_crossentropy, "bce", "BCE")
_registry.add(kl_divergence, "kld", "KLD")
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

    A loss that is given by name is called so in logs. Any other function of (y_true, y_pred) gives the values; it is
    written with :mod:`minikeras.ops`.
    """
    loss = get(identifier)
    if isinstance(loss, Loss):
        return loss
    if loss in _CLASS_OF:
        return _CLASS_OF[loss](name=identifier) if isinstance(identifier, str) else _CLASS_OF[loss]()
    return LossFunctionWrapper(loss)


__all__ = [
    "Crossentropy",
    "Loss",
    "deserialize",
    "get",
    "get_loss",
    "serialize",
    *(member.__name__ for pair in _CLASS_OF.items() for member in pair),
]
