"""Derivatives of one batch's loss: the engine's by its formulas, Keras's by its backend's automatic differentiation."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from minikeras.calls import Pass
from minikeras.testing.autodiff import differentiate
from minikeras.tracing.record import leaf_calls

Tensors = dict[str, np.ndarray]


def engine(model: Any, x: np.ndarray, y: Any, w: Any) -> Tensors:
    """Outputs, loss, dW, db, dX, by the engine's own backward pass."""
    found: Tensors = {}
    value = x
    for layer in model.layers:
        value = layer(value)
        found[f"{layer.name} output"] = value
    y, w = model._targets(x, y, w)
    over = Pass(record=True, notes=True)
    over.live.add(id(x))
    loss, _ = model._head.forward(model, x, y, w, over=over)
    model._head.backward()
    found["loss"] = np.asarray(loss + model._regularization(over), x.dtype)
    dx = {call.operation.name: call.notes["dx"] for call in leaf_calls(model._head.root)}
    for layer in model.layers:
        found[f"{layer.name} dX"] = dx[layer.name]
        found |= {f"{layer.name}/{p.name} gradient": p.grad.copy() for p in layer.trainable_weights}
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


def keras(model: Any, x: np.ndarray, y: Any, w: Any) -> Tensors:
    """The same, by Keras's backend."""
    outputs, loss, dx, dv = differentiate(model, x, y, w)
    found = {f"{a.name} output": v for a, v in zip(model.layers, outputs, strict=True)}
    found["loss"] = loss
    found |= {f"{a.name} dX": v for a, v in zip(model.layers, dx, strict=True)}
    names = [f"{a.name}/{v.name} gradient" for a in model.layers for v in a.trainable_variables]
    return found | dict(zip(names, dv, strict=True))
