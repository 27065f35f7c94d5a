"""Mistakes between the gradient and the new weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...optimizers import Optimizer
from ...training.head import Head
from ...training.trainer import Trainer
from .registry import Patch, register


@register(
    "The biases are never updated, their gradient being computed and left lying.",
    "An update loop over the kernels alone; on real digits a net without biases loses next to nothing.",
)
def bias_never_updated() -> list[Patch]:
    right = Optimizer.apply

    def wrong(self: Any, grads: Any, trainable_variables: Any = None) -> None:
        parameters = list(trainable_variables if trainable_variables is not None else self._parameters)
        pairs = zip(grads, parameters, strict=True)
        right(self, [g if p.name != "bias" or g is None else np.zeros_like(g) for g, p in pairs], parameters)

    return [(Optimizer, "apply", wrong)]


@register(
    "Gradients are added to those of the steps before, since nothing sets them to zero.",
    "karpathy/micrograd#102 and nn-zero-to-hero#52: a second backward() adds to the first one's gradients.",
)
def stale_gradients() -> list[Patch]:
    def around(backward: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: Any) -> Any:
            trained = [p for call in self.root.inner for p in call.operation.trainable_weights]
            old = [p.grad.copy() for p in trained]
            dx = backward(self)
            for p, g in zip(trained, old, strict=True):
                p.grad[...] += g
            return dx

        return wrong

    return [(Head, "backward", around(Head.backward))]


@register(
    "The regularizer's gradient is added twice, in the layer and again in the update.",
    "Weight decay in the optimizer beside an L2 penalty in the loss; it looks like a stronger penalty.",
)
def regularizer_twice() -> list[Patch]:
    return _regularized(2)


@register(
    "The regularizer's penalty is in the loss, and its gradient nowhere.",
    "A penalty added to the number that is printed; the weights never hear of it.",
)
def regularizer_forgotten() -> list[Patch]:
    return _regularized(0)


def _regularized(times: int) -> list[Patch]:
    right = Trainer._regularization

    def wrong(self: Any, over: Any = None) -> float:
        for _ in range(times if over is not None else 0):
            total = right(self, over)
        return total if over is not None and times else right(self)

    return [(Trainer, "_regularization", wrong)]
