"""Mistakes at the loss head, where the gradient enters the network."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import activations
from ...training.head import Fused, Head
from .registry import Patch, register

_AlongAxis = type(activations.softmax)


def _at_head(change: Callable[..., Any]) -> list[Patch]:
    """Changes the gradient that a head has kept: change(head, gradient, outputs or logits, y, y_pred)."""

    def around(loss_of: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: Any, outputs: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
            loss, y_pred = loss_of(self, outputs, y, *args, **kwargs)
            if self.over.record:
                self._gradient = change(self, self._gradient, outputs, y, y_pred)
            return loss, y_pred

        return wrong

    return [(head, "loss_of", around(head.loss_of)) for head in (Head, Fused)]


@register(
    "The gradient is divided by the batch size twice, once in the loss and once more in the layer or the update.",
    "Means of means are in Open-Deep-ML#54 and deeplearning4j#366; the net trains, if slowly.",
)
def divided_twice() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: g / len(x))


@register(
    "The loss is a mean over the batch, and its gradient a sum.",
    "A mean and a sum are mixed up in d2l-en#1000, a textbook; it looks like a learning rate N times too large.",
)
def mean_forgotten() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: g * len(x))


@register(
    "The gradient is divided by 32 whatever the batch size, so that only a short last batch is wrong.",
    "A constant in the place of len(x); tf#38596 reports a short last batch that weighs wrongly in TensorFlow 2.2.",
)
def fixed_32() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: g * (len(x) / 32))


@register(
    "The gradient has the wrong sign, so that a step climbs.",
    "cs231n.github.io#244; y − p in the place of p − y, with an update that subtracts.",
)
def sign() -> list[Patch]:
    return _at_head(lambda head, g, x, y, p: -g)


@register(
    "A loop over the batch ends one row early, and the last row gives no gradient.",
    "An off-by-one as old as loops; on a large batch one row in N is all that is missing.",
)
def last_row_skipped() -> list[Patch]:
    def skip(head: Any, g: np.ndarray, x: Any, y: Any, p: Any) -> np.ndarray:
        g = g.copy()
        g[-1] = 0
        return g

    return _at_head(skip)


@register(
    "The top delta is the probability p where it should be p − y: the label's 1 is never taken away.",
    "A line lost between the forward pass, which needs p, and the backward pass, which needs p − y.",
)
def p_instead_of_p_minus_y() -> list[Patch]:
    def without_label(head: Any, g: np.ndarray, x: Any, y: Any, y_pred: np.ndarray) -> np.ndarray:
        if not head.fused:
            return g
        p = y_pred
        if head.gives_logits:
            p = activations.softmax(p) if head._kernel.startswith("softmax") else activations.sigmoid(p)
        w = head.last_weights[..., None]
        return p * (w if head._kernel.startswith("softmax") else w / p.shape[-1])

    return _at_head(without_label)


@register(
    "Softmax's derivative is taken to be p (1 − p), the diagonal of its Jacobian alone.",
    "pjreddie/darknet#96, wkcn/mobula#3 and ML-From-Scratch#71; only the label's logit is ever pushed.",
)
def softmax_diagonal() -> list[Patch]:
    def only_the_label(head: Any, g: np.ndarray, x: Any, y: Any, p: Any) -> np.ndarray:
        return np.minimum(g, 0) if head.fused and head._kernel.startswith("softmax") else g

    right = _AlongAxis.backward

    def diagonal(self: Any, dy: Any, z: Any, y: Any, dz: Any, axis: Any = -1) -> None:
        if self.__name__ == "softmax":
            dz[...] = y * (1 - y) * dy
        else:
            right(self, dy, z, y, dz, axis)

    return [*_at_head(only_the_label), (_AlongAxis, "backward", diagonal)]


@register(
    "Sample weights count in the loss, and not in its gradient.",
    "Weights that reach only the number on the screen; keras#19740 shows in how many ways a loss can be weighted.",
)
def sample_weights_ignored() -> list[Patch]:
    def around(loss_of: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: Any, outputs: Any, y: Any, sample_weight: Any, *mask: Any) -> Any:
            result = loss_of(self, outputs, y, sample_weight, *mask)
            if sample_weight is not None and self.over.record:
                loss_of(self, outputs, y, None, *mask)
            return result

        return wrong

    return [(head, "loss_of", around(head.loss_of)) for head in (Head, Fused)]
