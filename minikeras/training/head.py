"""The loss head: where the last activation and the loss meet.

Taken one by one, softmax's Jacobian and the logarithm's 1/p multiply to something much simpler. With
p = softmax(z), L = −Σₙ w[n] log p[n, t[n]]::

    ∂L/∂p[n,j] = −w[n] 1[j = t] / p[n,j]         the loss
    ∂p[n,j]/∂z[n,k] = p[n,j] (1[j = k] − p[n,k]) softmax
    ∂L/∂z[n,k] = w[n] (p[n,k] − 1[k = t[n]])     both at once: no division, nothing to lose when p underflows

:func:`Head.resolve` looks the pair (activation, loss) up in a small table. On a hit, :class:`Fused` runs the model up
to its logits and goes back from there; otherwise :class:`Head` takes the loss and the layers one by one. Both give the
same gradients wherever probabilities are not tiny.

=====================  ===============================  ==========================
activation             loss, in mode "logits"           kernel
=====================  ===============================  ==========================
softmax                SparseCategoricalCrossentropy    softmax_crossentropy
softmax                CategoricalCrossentropy          softmax_crossentropy_dense
sigmoid                BinaryCrossentropy               sigmoid_crossentropy
linear                 any of these, from_logits=True   as above
=====================  ===============================  ==========================
"""

from typing import Any

import numpy as np

from .. import kernels, losses
from ..layers.base import Layer
from ..losses.base import reduction_weights

_TABLE: dict[type, tuple[str, str]] = {
    losses.SparseCategoricalCrossentropy: ("softmax", "softmax_crossentropy"),
    losses.CategoricalCrossentropy: ("softmax", "softmax_crossentropy_dense"),
    losses.BinaryCrossentropy: ("sigmoid", "sigmoid_crossentropy"),
}


class Head:
    """The loss on the model's outputs: dy = ∂L/∂y, then every layer backward."""

    fused = False

    def __init__(self, loss: losses.Loss) -> None:
        self.loss = loss
        self._gradient: np.ndarray | None = None

    @staticmethod
    def resolve(last_layer: Layer, loss: losses.Loss, fused: bool = True) -> "Head":
        """The head for a model's last layer and loss.

        Args:
            fused: False never fuses, so that a learner sees that both ways agree.
        """
        entry = _TABLE.get(type(loss))
        if not fused or entry is None or loss.mode != "logits":  # type: ignore[attr-defined]
            return Head(loss)
        activation, kernel = entry
        found = _activation_of(last_layer)
        if getattr(loss, "ignore_class", None) is not None and not loss.from_logits:  # type: ignore[attr-defined]
            return Head(loss)  # Keras on TensorFlow loses the logits here, and clips the probabilities
        if found == activation or (found == "linear" and loss.from_logits):  # type: ignore[attr-defined]
            return Fused(loss, kernel, gives_logits=found == "linear")
        return Head(loss)

    def forward(
        self,
        model: Any,
        x: np.ndarray,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        record: bool = False,
    ) -> tuple[Any, np.ndarray]:
        """L and the model's outputs; keeps ∂L/∂y if recording."""
        y_pred = model(x, training=training, record=record)
        loss = self.loss(y, y_pred, sample_weight)
        self._gradient = self.loss.backward(y, y_pred, sample_weight) if record else None
        return np.sum(loss), y_pred

    def backward(self, model: Any) -> Any:
        """Goes back through the whole model; dx, or None where nobody asked for it."""
        return model.backward(self._gradient)


class Fused(Head):
    """The loss on the logits: dz = ∂L/∂z, then back from the last layer's logits.

    Attributes:
        last_values, last_weights: ℓ and w of the latest forward pass.
    """

    fused = True

    def __init__(self, loss: losses.Loss, kernel: str, gives_logits: bool) -> None:
        super().__init__(loss)
        self._kernel, self._gives_logits = kernel, gives_logits

    def forward(
        self,
        model: Any,
        x: np.ndarray,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        record: bool = False,
    ) -> tuple[Any, np.ndarray]:
        logits = model.logits(x, training=training, record=record)
        shape, k = logits.shape, logits.shape[-1]
        z = logits.reshape(-1, k)
        values_shape = shape[:-1]
        w, values = (model.buffer(name, values_shape, z.dtype) for name in ("loss_weights", "loss_values"))
        p, dz = (model.buffer(name, z.shape, z.dtype) for name in ("probabilities", "dlogits"))
        targets, mask = self._targets(np.asarray(y), shape, z.dtype)
        reduction_weights(self.loss.reduction, values_shape, z.dtype, sample_weight, mask, out=w)
        if mask is not None:
            values[...] = 0
        flat_w, flat_values = w.reshape(-1), values.reshape(-1)
        getattr(kernels.select(z.dtype), self._kernel)(z, targets, flat_w, p, flat_values, dz)
        self._gradient = dz.reshape(shape)
        self.last_values, self.last_weights = values, w
        loss = np.dot(flat_w, flat_values)
        return loss, logits if self._gives_logits else p.reshape(shape)

    def backward(self, model: Any) -> Any:
        return model.backward_logits(self._gradient)

    def _targets(self, y: np.ndarray, shape: tuple[int, ...], dtype: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels (N,) or distributions (N, K), and which rows count."""
        if isinstance(self.loss, losses.SparseCategoricalCrossentropy):
            labels = y.reshape(-1) if y.dtype.kind in "iu" else y.reshape(-1).astype(np.int64)
            return self.loss.labels(labels), self.loss.mask(labels)
        smoothed = self.loss.smoothed(y.reshape(-1, shape[-1]).astype(dtype, copy=False))  # type: ignore[attr-defined]
        return np.ascontiguousarray(smoothed), None


def _activation_of(layer: Layer) -> str | None:
    """The name of the activation that a layer ends with, if it can stop before it."""
    if not hasattr(layer, "logits"):
        return None
    return getattr(getattr(layer, "activation", None), "__name__", None)
