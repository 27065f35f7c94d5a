"""The loss head: where the last activation and the loss meet.

Taken one by one, softmax's Jacobian and the logarithm's 1/p multiply to something much simpler. With
p = softmax(z), L = −Σₙ w[n] log p[n, t[n]]::

    ∂L/∂p[n,j] = −w[n] 1[j = t] / p[n,j]         the loss
    ∂p[n,j]/∂z[n,k] = p[n,j] (1[j = k] − p[n,k]) softmax
    ∂L/∂z[n,k] = w[n] (p[n,k] − 1[k = t[n]])     both at once: no division, nothing to lose when p underflows

:func:`Head.resolve` looks the pair (activation, loss) up in a small table. On a hit, :class:`Fused` runs the model up
to its logits and goes back from there; otherwise :class:`Head` takes the loss and the layers one by one. With
``fused=False`` it does so for the pairs of the table too, and gives the same loss and gradients until p underflows.

=====================  ===============================  ==========================
activation             loss, in mode "logits"           kernel
=====================  ===============================  ==========================
softmax                SparseCategoricalCrossentropy    softmax_crossentropy
softmax                CategoricalCrossentropy          softmax_crossentropy_dense
sigmoid                BinaryCrossentropy               sigmoid_crossentropy
linear                 any of these, from_logits=True   as above
=====================  ===============================  ==========================

The layer that gives an output is known from the model's graph; of a model without one, it is found in two recorded
calls on zeros.

``from_logits=True`` behind softmax or sigmoid is a mistake that Keras on TensorFlow forgives: with a warning, it takes
the logits. So does this table. With an ignored class it no longer can, and the loss gets the outputs as they are.

Differs from Keras: on TensorFlow, Keras also goes back to the logits where the pair does not match, so that the logits
of a sigmoid are put through a softmax, and those of a softmax through sigmoids. Here such a loss gets the outputs as
they are, as in Keras on JAX.
"""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .. import kernels, losses
from ..calls import Call, Pass
from ..layers.base import Layer
from ..layers.last_activation import LastActivation
from ..layers.within import kept
from ..losses.reduction import reduction_weights
from ..structures import flat, mapped
from ..tensor import plain

_TABLE: dict[type, tuple[str, str]] = {
    losses.SparseCategoricalCrossentropy: ("softmax", "softmax_crossentropy"),
    losses.CategoricalCrossentropy: ("softmax", "softmax_crossentropy_dense"),
    losses.BinaryCrossentropy: ("sigmoid", "sigmoid_crossentropy"),
}


class Head:
    """The loss on the model's outputs: dy = ∂L/∂y, then every layer backward."""

    fused = False
    absorbed: Layer | None = None

    def __init__(self, loss: losses.Loss) -> None:
        self.loss = loss
        self.key: Any = "head"
        self._gradient: np.ndarray | None = None

    @staticmethod
    def resolve(last_layer: Layer | None, loss: losses.Loss, fused: bool = True) -> "Head":
        """The head for a model's last layer and loss.

        Args:
            fused: False never fuses, so that a learner sees that both ways agree.
        """
        if not isinstance(loss, losses.Crossentropy) or type(loss) not in _TABLE:
            return Head(loss)
        if loss.mode != "logits" or loss.axis != -1:
            return Head(loss)
        activation, kernel = _TABLE[type(loss)]
        found = _activation_of(last_layer)
        if found == "linear" and loss.from_logits:
            return Fused(loss, kernel, None) if fused else Head(loss)
        if found != activation or getattr(loss, "ignore_class", None) is not None:
            return Head(loss)
        if loss.from_logits:
            name = getattr(last_layer, "name", None)
            warnings.warn(
                f"{loss.name} has from_logits=True, but the last layer {name!r} ends with {activation}: its "
                f"logits are used. Leave out from_logits=True, or the activation.",
                stacklevel=2,
            )
        return Fused(loss, kernel, last_layer) if fused else Head(loss.on_probabilities())

    def forward(
        self,
        model: Any,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        over: Pass | None = None,
    ) -> tuple[Any, np.ndarray]:
        """L and the model's outputs; keeps ∂L/∂y if the pass is recorded.

        Args:
            over: how the pass is made, such as ``Pass(record=True)``; by default nothing is kept.
        """
        self.over = Pass() if over is None else over
        self.outputs, self.root = called(model, x, training, self.over)
        return self.loss_of(self.outputs, y, sample_weight, mask_of(self.over, self.outputs))

    def loss_of(self, y_pred: np.ndarray, y: Any, sample_weight: Any, mask: Any = None) -> tuple[Any, np.ndarray]:
        """L and the outputs, from what the model gave."""
        loss = self.loss(y, y_pred, sample_weight, mask)
        self._gradient = self.loss.backward(y, y_pred, sample_weight, mask) if self.over.record else None
        return np.sum(loss), y_pred

    def backward(self) -> Any:
        """Goes back through the whole model; dx, or None if it is not wanted."""
        return self.root.back(self._gradient, ones_like(self.root.added))


class Fused(Head):
    """The loss on the logits: dz = ∂L/∂z, then back from the last layer's logits.

    Attributes:
        absorbed: the layer whose activation the loss contains, or None if the model's outputs are the logits.
        last_values, last_weights: ℓ and w of the latest forward pass.
    """

    fused = True

    def __init__(self, loss: losses.Loss, kernel: str, absorbed: Layer | None) -> None:
        super().__init__(loss)
        self._kernel, self.absorbed = kernel, absorbed

    @property
    def gives_logits(self) -> bool:
        """True if the model's outputs are the logits."""
        return self.absorbed is None

    def forward(
        self,
        model: Any,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        training: bool = False,
        over: Pass | None = None,
    ) -> tuple[Any, np.ndarray]:
        over = Pass() if over is None else over
        over.absorbed = (self.absorbed,)
        return super().forward(model, x, y, sample_weight, training, over)

    def loss_of(self, y_pred: np.ndarray, y: Any, sample_weight: Any, mask: Any = None) -> tuple[Any, np.ndarray]:
        if self.absorbed is not None and self.absorbed not in self.over.left_out:
            raise RuntimeError(
                f"The loss takes the logits of layer '{self.absorbed.name}', which gave the outputs when the model was "
                f"called on zeros, but this call did without it. Give outputs without an activation, and compile with "
                f"a loss that has from_logits=True."
            )
        logits, given = y_pred, mask
        shape, k = logits.shape, logits.shape[-1]
        z = logits.reshape(-1, k)
        values_shape = shape[:-1]
        w, values = self._buffer("weights", values_shape, z.dtype), self._buffer("values", values_shape, z.dtype)
        p, dz = self._buffer("probabilities", z.shape, z.dtype), self._buffer("dlogits", z.shape, z.dtype)
        targets, mask = self._targets(np.asarray(y), shape, z.dtype)
        if given is not None:
            given = np.broadcast_to(given, values_shape).reshape(-1)
            mask = given.copy() if mask is None else mask & given
        reduction_weights(self.loss.reduction, values_shape, z.dtype, sample_weight, mask, out=w)
        flat_w, flat_values = w.reshape(-1), values.reshape(-1)
        getattr(kernels.select(z.dtype), self._kernel)(z, targets, flat_w, p, flat_values, dz)
        if mask is not None:
            np.copyto(flat_values, 0, where=np.logical_not(mask, out=mask))
        self._gradient = dz.reshape(shape)
        self.last_values, self.last_weights = values, w
        loss = np.dot(flat_w, flat_values)
        return loss, logits if self.gives_logits else p.reshape(shape)

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return self.over.memory[(self.key, name), shape, dtype]

    def _targets(self, y: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels (N,) or smoothed distributions (N, K), and which rows count; in buffers where they differ from y."""
        loss = self.loss
        if isinstance(loss, losses.SparseCategoricalCrossentropy):
            labels = y.reshape(-1)
            if labels.dtype.kind not in "iu":
                labels = _copied(labels, self._buffer("labels", labels.shape, np.int64))
            if loss.ignore_class is None:
                return labels, None
            mask = self._buffer("mask", labels.shape, np.bool_)
            np.not_equal(labels, loss.ignore_class, out=mask)
            kept = self._buffer("kept_labels", labels.shape, labels.dtype)  # an ignored one becomes 0
            kept.fill(0)
            np.copyto(kept, labels, where=mask)
            return kept, mask
        targets = y.reshape(-1, shape[-1])
        s = loss.label_smoothing  # type: ignore[attr-defined]
        if s or targets.dtype != dtype or not targets.flags.c_contiguous:
            targets = _copied(targets, self._buffer("targets", targets.shape, dtype))
        return loss.smoothed(targets, out=targets) if s else targets, None  # type: ignore[attr-defined]


def called(model: Any, x: Any, training: bool, over: Pass) -> tuple[Any, Any]:
    """A model's outputs, and the call to go back through if the pass is recorded.

    It is the model's own; with a custom ``__call__`` one around it, since that may compute something, too.
    """
    if type(model).__call__.__module__.partition(".")[0] == __name__.partition(".")[0]:
        outputs = model(x, training=training, record=over)
        root, over.begun = over.begun, None  # no circle of references
        return outputs, root
    with Call.root(over, training) as root:
        root.inputs, root.wants_dx = x, any(id(a) in over.live for a in flat(x))
        root.outputs = mapped(plain, model(x))
    return root.outputs, root


def mask_of(over: Pass, output: Any) -> Any:
    """The mask that came with an output, or None."""
    return over.masks[id(output)][1] if id(output) in over.masks else None


def ones_like(arrays: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Ones in the shape of each array: ∂L/∂a of the losses a that layers added."""
    return [np.ones_like(a) for a in arrays]


def _copied(a: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.copyto(out, a, casting="unsafe")
    return out


def _activation_of(layer: Layer | None) -> str | None:
    """The name of the activation that a layer ends with, if a loss may contain it."""
    if not isinstance(getattr(type(layer), "activation", None), LastActivation):
        return None
    if layer.activity_regularizer is not None:  # type: ignore[union-attr]
        return None  # the penalty is on the layer's outputs, not on logits
    return getattr(getattr(layer, "activation", None), "__name__", None)


def last_layer(model: Any) -> Layer | None:
    """The layer that gives a model's outputs and nothing else; of the last layer, where that is a model itself."""
    while model is not None and hasattr(model, "last_layer"):
        model = model.last_layer
    return model


def makers(model: Any, outputs: int) -> list[Layer | None]:
    """The layer that gives each output of a model, and nothing else; None where there is none.

    Of a model without a graph they are found by calls on zeros, in training and not.
    """
    if model._graph is not None:
        return [model.maker_of(y) for y in model.outputs] if outputs > 1 else [last_layer(model)]
    if model._spec is None:
        return [None] * outputs
    with kept(model):
        found = [[_maker(root, y) for y in flat(root.outputs)] for root in _on_zeros(model)]
    return [a if a is b else None for a, b in zip(*found, strict=True)]


def _on_zeros(model: Any) -> Iterator[Call]:
    x = mapped(lambda a: np.zeros([1 if s is None else s for s in a.shape], a.dtype), model._taken)
    for training in (False, True):
        with Call.root(Pass(record=True), training) as root, np.errstate(all="ignore"):
            root.outputs = model(x)
        yield root


def _maker(root: Call, output: np.ndarray) -> Layer | None:
    """The layer whose only call in a recorded pass made an output that no other call took."""
    calls = list(_inside(root))
    made = [call for call in calls if not call.inner and any(a is output for a in flat(call.outputs))]
    taken = sum(a is output for a in flat(root.outputs)) + sum(a is output for call in calls for a in call.given)
    if len(made) != 1 or taken != 1 or sum(call.operation is made[0].operation for call in calls) != 1:
        return None
    return made[0].operation if isinstance(made[0].operation, Layer) else None


def _inside(call: Call) -> Iterator[Call]:
    """The calls made inside a call, and inside those."""
    for inner in call.inner:
        yield inner
        yield from _inside(inner)


def warn_of_constant_softmax(model: Any) -> None:
    """Warns of a softmax over one unit: its output is 1 whatever the input, and no gradient passes."""
    for node in model._graph.nodes if model._graph is not None else ():
        layer = node.operation
        activation = getattr(layer, "activation", getattr(layer, "_f", None))
        if getattr(activation, "__name__", None) == "softmax" and node.output_tensors[0].shape[-1] == 1:
            warnings.warn(
                f"Layer '{layer.name}' takes a softmax over one unit: its output is always 1, and nothing is learned. "
                f"For two classes use one unit with activation='sigmoid', or two with 'softmax'.",
                stacklevel=4,
            )
