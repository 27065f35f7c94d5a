"""Derivatives of one batch's loss: the engine's by its formulas, Keras's by its backend's automatic differentiation."""

from functools import partial
from inspect import signature
from types import SimpleNamespace
from typing import Any

import numpy as np

from minikeras.calls import Pass
from minikeras.layers.within import kept
from minikeras.testing.autodiff import differentiate

Tensors = dict[str, np.ndarray]


def _named(layer: Any, variable: Any) -> str:
    """A variable's path from its layer on, in which both libraries agree."""
    return f"{layer.name}/{variable.path.split(f'{layer.name}/', 1)[-1]} gradient"


def _state(variables: Any) -> Tensors:
    """What a gradient must leave as it was, without the seeds of random draws."""
    return {f"{v.path.removeprefix('model/')} afterwards": np.array(v) for v in variables if "seed" not in v.path}


def engine(model: Any, x: np.ndarray, y: Any, w: Any, training: bool = False) -> Tensors:
    """Outputs, loss, dW, db, dX, by the engine's own backward pass."""
    found: Tensors = {}
    y, w = model._targets(x, y, w)
    over = Pass(record=True, notes=True)
    over.live.add(id(x))
    with kept(model):
        loss, _ = model._head.forward(model, x, y, w, training, over)
    model._head.backward()
    found["loss"] = np.asarray(loss + model._regularization(over), x.dtype)
    for call in model._head.root.inner:
        layer, dx = call.operation, call.notes["dx"]
        found[f"{layer.name} output"] = call.outputs
        found[f"{layer.name} dX"] = np.zeros_like(call.inputs) if dx is None else dx
        found |= {_named(layer, p): p.grad.copy() for p in layer.trainable_weights}
    found |= _state(model.non_trainable_weights)
    value = x
    with kept(model):
        for layer in model.layers:  # the last outputs are logits where the loss contains the activation
            value = layer(value, training=training)
    found[f"{model.layers[-1].name} output"] = value
    return found


def engine_layer(layer: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A layer's output, and the derivative of its sum by the input."""
    y = layer(x, record=True)
    return y, np.array(layer.backward(np.ones_like(y)))


def keras_layer(layer: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same, by Keras's backend."""
    import keras as library

    stand_in = SimpleNamespace(
        layers=[layer], trainable_variables=[], compute_loss=lambda x, y, output, w: library.ops.sum(output)
    )
    (y,), _, (dx,), _ = differentiate(stand_in, x, np.zeros(len(x)))
    return y, dx


def keras(model: Any, x: np.ndarray, y: Any, w: Any, training: bool = False) -> Tensors:
    """The same, by Keras's backend."""
    normalize = [a for a in model.layers if training and "training" in signature(a.call).parameters]
    stages = [partial(a, training=True) if a in normalize else a for a in model.layers]
    state = _state(model.non_trainable_variables)
    outputs, loss, dx, dv = differentiate(model, x, y, w, stages)
    found = {f"{a.name} output": v for a, v in zip(model.layers, outputs, strict=True)}
    found["loss"] = loss
    found |= {f"{a.name} dX": v for a, v in zip(model.layers, dx, strict=True)}
    names = [_named(a, v) for a in model.layers for v in a.trainable_variables]
    return found | state | dict(zip(names, dv, strict=True))
