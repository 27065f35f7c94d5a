"""Mistakes in a layer's backward."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations
from ...layers.dense import Dense
from ...layers.regularization.dropout import Dropout
from ...training.trainer import Trainer
from .registry import Patch, register

_ReLU = type(activations.relu)
_Plain = activations.Activation


def _in_dense(change: Callable[[Any, dict[str, Any], np.ndarray], Any]) -> list[Patch]:
    """Replaces equations (5) and (6) of Dense; the bias's gradient is there already."""
    return [(Dense, "_backward_product", change)]


def _bias(change: Callable[[np.ndarray, np.ndarray], Any]) -> list[Patch]:
    """Replaces a Dense layer's db by change(db, dz)."""
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        if self.bias is not None:
            self.bias.grad[...] = change(self.bias.grad, dz)
        return right(self, frame, dz)

    return _in_dense(wrong)


@register(
    "The bias's gradient is a mean over the rows where it should be a sum, the 1/N being in the delta already.",
    "kvfrans/notes#5, found by a comparison with JAX; the biases learn N times too slowly.",
)
def bias_averaged() -> list[Patch]:
    return _bias(lambda db, dz: db / len(dz))


@register(
    "The bias's gradient is summed over the units too, one number for all: np.sum(dz) without axis=0.",
    "A line of many notebooks that do MNIST from scratch, db = np.sum(dZ) / m; a top bias then never learns.",
)
def bias_summed_over_units() -> list[Patch]:
    return _bias(lambda db, dz: dz.sum())


@register(
    "The delta is taken down through the kernel as it lies, reshaped, where it should be transposed.",
    "A shape error silenced with reshape; with square kernels not even a shape gives it away.",
)
def kernel_not_transposed() -> list[Patch]:
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        dx = right(self, frame, dz)
        w = self.kernel.value
        return None if dx is None else (dz @ w.reshape(w.shape[::-1])).reshape(dx.shape)

    return _in_dense(wrong)


@register(
    "The kernel's gradient is dzᵀ x where it should be xᵀ dz, and reshaped until it fits.",
    "Deriving with column vectors and coding with rows; with as many outputs as inputs no error is raised.",
)
def kernel_gradient_transposed() -> list[Patch]:
    right = Dense._backward_product

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        dx = right(self, frame, dz)
        g = self.kernel.grad
        g[...] = g.T.copy().reshape(g.shape)
        return dx

    return _in_dense(wrong)


@register(
    "A layer's weights are updated before the delta below is computed from them.",
    "data-science-from-scratch#31, Toy-Neural-Network-JS#72 and zero_to_gpt#12; in time a net blows up.",
)
def updated_before_delta() -> list[Patch]:
    right, step, compute = Dense._backward_product, Trainer._take_step, Trainer.compute_gradients
    rate = [0.01]

    def wrong(self: Any, frame: Any, dz: np.ndarray) -> Any:
        w = self.kernel.value
        kept = w.copy()
        w -= w.dtype.type(rate[0]) * (frame["x"].T @ dz)
        try:
            return right(self, frame, dz)
        finally:
            w[...] = kept

    def noting(method: Callable[..., Any]) -> Callable[..., Any]:
        def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
            rate[0] = float(self.optimizer.learning_rate)
            return method(self, *args, **kwargs)

        return noted

    noted = [(Trainer, "_take_step", noting(step)), (Trainer, "compute_gradients", noting(compute))]
    return [*_in_dense(wrong), *noted]


def _relu(mask: Callable[[np.ndarray, np.ndarray], Any]) -> list[Patch]:
    """A ReLU that goes back by dz = dy · mask(dy, y)."""

    def wrong(self: Any, dy: Any, z: Any, y: Any, dz: Any, *args: Any, **params: Any) -> None:
        dz[...] = dy * mask(dy, y)

    def wrong_bias(self: Any, dy: Any, z: Any, y: Any, dz: Any, db: Any) -> None:
        dz[...] = dy * mask(dy, y)
        db[...] = dz.sum(axis=0)

    return [(_ReLU, "backward", wrong), (_ReLU, "backward_bias", wrong_bias)]


@register(
    "ReLU's mask is forgotten on the way back, and dead units get a gradient too.",
    "A wrong or missing derivative is in deep-learning-from-scratch#43 and NeuralNetworkFromScratch#3; nets train on.",
)
def relu_mask_forgotten() -> list[Patch]:
    return _relu(lambda dy, y: 1)


@register(
    "ReLU's mask is taken from the delta where it should be taken from z: dz[dz < 0] = 0.",
    "One wrong name in dz[z < 0] = 0, or a ReLU copied from elsewhere as in ocannl#73; no delta is negative again.",
)
def relu_mask_of_delta() -> list[Patch]:
    return _relu(lambda dy, y: dy > 0)


@register(
    "The derivative of a sigmoid or tanh, y (1 − y) or 1 − y², is taken at z where it should be taken at the output y.",
    "A function that expects the output and gets the input; ttezel/nn#8 has a wrong derivative of its sigmoid.",
)
def derivative_at_z() -> list[Patch]:
    right = _Plain.backward

    def wrong(self: Any, dy: Any, z: Any, y: Any, dz: Any) -> None:
        right(self, dy, z, z if self.__name__ in ("sigmoid", "tanh") else y, dz)

    return [(_Plain, "backward", wrong)]


@register(
    "Dropout lets the delta pass everywhere, also where the unit was dropped.",
    "A backward that returns dy because the layer has no weights; dropped units then learn from what they never did.",
)
def dropout_mask_forgotten() -> list[Patch]:
    def wrong(self: Any, dy: np.ndarray) -> np.ndarray:
        self.saved()
        return dy

    return [(Dropout, "backward", wrong)]
