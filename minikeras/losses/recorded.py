"""Losses in code whose derivative is wanted: called on recorded tensors, or written with :mod:`minikeras.ops`.

With values ℓ of the loss and the weights w of :mod:`minikeras.losses.reduction`, both are one formula::

    L = Σ w ℓ(t, y)        dy = Σ w dL ∂ℓ/∂y

∂ℓ/∂y is the loss's own ``backward``, or the chain rule over what its ``call`` computes.

>>> from minikeras import losses, ops
>>> class Cubic(losses.Loss):
...     def call(self, y_true, y_pred): return ops.mean((y_pred - y_true) ** 3, axis=-1)
>>> Cubic().backward(np.zeros((1, 2)), np.array([[1.0, 2.0]]))
array([[1.5, 6. ]])
"""

from copy import copy
from typing import Any

import numpy as np

from ..errors import NotRecordedError
from ..operation import Operation
from ..ops.core import cast, convert_to_tensor
from ..ops.numpy.reductions import sum
from ..structures import mapped
from ..tape import GradientTape
from ..tensor import Arithmetic, Tensor, any_live, value, wrapped
from .reduction import in_rank_of, reduction_weights

#: Losses of the difference y − t, whose derivative by t is minus the one by y.
_OF_THE_DIFFERENCE = ("Huber", "LogCosh", "MeanAbsoluteError", "MeanSquaredError")


class Values(Operation):
    """y = ℓ(t, p), the values of a loss;  dp = Σ dy ∂ℓ/∂p, by the loss's ``backward``; dt = −dp for a difference."""

    name = "loss_values"

    def __init__(self, loss: Any) -> None:
        self.loss = copy(loss)
        self.loss.reduction = None

    def call(self, y_true: Any, y_pred: np.ndarray) -> np.ndarray:
        self.save(y_true=y_true, y_pred=y_pred)
        return self.loss.call(y_true, y_pred)

    def backward(self, dy: np.ndarray) -> tuple[Any, np.ndarray]:
        kept = self.saved()
        dp = self.loss.backward(kept["y_true"], kept["y_pred"], dy)
        return -dp.reshape(np.shape(kept["y_true"])) if type(self.loss).__name__ in _OF_THE_DIFFERENCE else None, dp


def is_recorded(*arrays: Any) -> bool:
    """True if a gradient may have to pass one of the arrays."""
    return any_live(arrays)


def recorded_values(loss: Any, y_true: Any, y_pred: Any) -> Any:
    """ℓ of recorded tensors."""
    if any_live((y_true,)) and type(loss).__name__ not in _OF_THE_DIFFERENCE:
        raise TypeError(f"{loss.name} has no derivative by y_true: use ops.stop_gradient(y_true), or a loss of ops.")
    return Values(loss)(y_true if isinstance(y_true, Arithmetic) else np.asarray(y_true), y_pred)


def recorded_loss(loss: Any, y_true: Any, y_pred: Any, *weights: Any) -> Any:
    """L of recorded tensors, for a loss of minikeras or one whose ``call`` is written with ops."""
    weights = tuple(map(value, weights))
    if not loss.has_own_call:
        values = recorded_values(loss, y_true, y_pred)
        w = loss.weights(value(y_true), value(y_pred), *weights)
    else:
        values = as_tensor(loss, loss.call(cast(in_rank_of(y_true, y_pred), y_pred.dtype), y_pred), is_recorded(y_pred))
        w = reduction_weights(loss.reduction, values.shape, values.dtype, *weights)  # sample weights, mask
    weighted = values * w
    return weighted if loss.reduction in (None, "none") else sum(weighted)


def as_tensor(loss: Any, values: Any, recorded: bool) -> Any:
    """What a custom loss returned, as a tensor.

    Raises:
        ValueError: for None.
        NotRecordedError: for an array of NumPy's where a gradient is wanted: none can go back through it.
    """
    if values is None:
        raise ValueError(f"The loss '{loss.name}' returned None, not an array with a value for each sample.")
    if recorded and isinstance(values, np.ndarray | np.generic) and not isinstance(values, Tensor):
        raise NotRecordedError(
            f"The loss '{loss.name}' returned an array that no recorded operation made, so no gradient can go back "
            f"through it. Compute it from y_pred with minikeras.ops."
        )
    return convert_to_tensor(values)


def derivative(loss: Any, y_true: Any, y_pred: Any, *weights: Any) -> np.ndarray:
    """∂L/∂y_pred of a loss whose ``call`` is written with ops."""
    with GradientTape() as tape:
        y = wrapped(np.array(value(y_pred)))
        tape.watch(y)
        total = recorded_loss(loss, y_true, y, *weights)
    found = tape.gradient(total, y, None, "zero")
    return mapped(value, found)
