"""Walks one training step and notes every number of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import threads
from ..layers import Dense
from ..parameter import Parameter
from ..testing.precision import Dice
from . import formulas
from .trace import LayerTrace, Quantity, Trace


@dataclass(frozen=True)
class Step:
    """What a step started from, so that it can be walked again: the batch, every parameter's value, the dice."""

    model: Any
    x: np.ndarray
    y: Any
    sample_weight: Any
    before: dict[str, np.ndarray]
    dice: Dice


def trace_step(model: Any, x: Any, y: Any, sample_weight: Any = None, apply: bool = False) -> Trace:
    """Records one training step of a compiled model on one batch.

    Args:
        x, y, sample_weight: the batch.
        apply: True leaves the model at the new weights, as ``train_on_batch`` would; False puts everything back.
    """
    x = model._cast(x)
    y, sample_weight = model._targets(x, y, sample_weight)
    model._prepare(x, training=True)
    before = {p.path: p.value.copy() for p in model.weights}
    dice = Dice(model)
    slots = [(v, v.value.copy()) for v in model.optimizer.variables]

    with threads.suited_to(model._largest_product(len(x))):  # the last bits of a product depend on it
        layers, loss, y_pred = record(model, x, y, sample_weight)
    trace = Trace(model, layers, _loss_quantities(model, y, y_pred, sample_weight), loss)
    trace.step = Step(model, x.copy(), np.array(y), sample_weight, before, dice)
    trace.before = before
    trace.gradients = {p.path: p.grad.copy() for p in model._trained}
    trace.penalties = {p.path: _penalty(p) for p in model._trained if p.regularizer is not None}
    model.optimizer.step(model._trained)
    trace.after = {p.path: p.value.copy() for p in model.weights}
    if not apply:
        for p in model.weights:
            p.assign(before[p.path])
        for v, value in slots:
            v.value[...] = value
        dice.rewind()
    return trace


def record(model: Any, x: np.ndarray, y: Any, sample_weight: Any) -> tuple[list[LayerTrace], float, np.ndarray]:
    """Forward and backward, on a batch as :meth:`Trainer.train_step` takes it; no update.

    Returns:
        every layer's quantities, the loss with penalties, the model's outputs.
    """
    head = model._head
    loss, y_pred = head.forward(model, x, y, sample_weight, training=True, record=True)
    frames = [dict(layer._frames[-1]) if layer._frames else {} for layer in model.layers]
    quantities = _forward_quantities(model, x, frames, y_pred)
    _backward(model, head, quantities)
    loss = float(loss + model._regularization(add_gradients=True))
    for layer, known in zip(model.layers, quantities, strict=True):
        known |= {f"d{p.name}": p.grad.copy() for p in layer.trainable_weights}  # now with ∂R/∂w
    return _layers(model, quantities, head), loss, y_pred


def _penalty(p: Parameter) -> np.ndarray:
    """∂R/∂w."""
    gradient = np.zeros_like(p.value)
    p.regularizer.add_gradient(p.value, gradient)
    return gradient


def _forward_quantities(
    model: Any, x: np.ndarray, frames: list[dict[str, Any]], y_pred: np.ndarray
) -> list[dict[str, np.ndarray]]:
    found = []
    current = x
    for i, (layer, frame) in enumerate(zip(model.layers, frames, strict=True)):
        last = i == len(frames) - 1
        arrays = {k: v.copy() for k, v in frame.items() if isinstance(v, np.ndarray) and k not in ("x", "y")}
        if last:
            y = y_pred
        elif "y" in frame:
            y = frame["y"].reshape(*current.shape[:-1], -1)
        elif i + 1 < len(frames) and isinstance(frames[i + 1].get("x"), np.ndarray):
            y = frames[i + 1]["x"]
        else:
            y = layer.call(current)
        found.append({"x": current.copy(), **arrays, "y": np.array(y)})
        current = y
    return found


def _backward(model: Any, head: Any, quantities: list[dict[str, np.ndarray]]) -> None:
    """Goes back as the trainer does, one layer at a time, and notes what comes out."""
    layers = model.layers
    d: Any = head._gradient
    for i in reversed(range(len(layers))):
        layer, known = layers[i], quantities[i]
        at_logits = head.fused and i == len(layers) - 1
        if at_logits:
            known["dz"] = np.array(d)
            d = layer.backward_logits(d)
        else:
            known["dy"] = np.array(d)
            if isinstance(layer, Dense):
                flat, dz = d.reshape(-1, layer.units), np.empty_like(known["z"])
                layer.activation.backward(flat, known["z"], known["y"].reshape(flat.shape), dz)
                known["dz"] = dz
            d = layer.backward(d)
        for p in layer.trainable_weights:
            known[f"d{p.name}"] = p.grad.copy()
        known["dx"] = np.array(d)


def _layers(model: Any, quantities: list[dict[str, np.ndarray]], head: Any) -> list[LayerTrace]:
    traces = []
    for i, (layer, arrays) in enumerate(zip(model.layers, quantities, strict=True)):
        known = formulas.of_layer(layer, fused=head.fused and i == len(quantities) - 1)
        named = {}
        for name, value in arrays.items():
            text, latex = known.get(name, (f"{name} of {layer.name}", rf"\mathrm{{{name}}}"))
            named[name] = Quantity(name, value, text, latex)
        traces.append(LayerTrace(layer.name, type(layer).__name__, named))
    return traces


def _loss_quantities(model: Any, y: Any, y_pred: np.ndarray, sample_weight: Any) -> dict[str, Quantity]:
    head = model._head
    if head.fused:
        values, weights = head.last_values.copy(), head.last_weights.copy()
    else:
        values, weights = head.loss.call(y, y_pred), head.loss.weights(y, y_pred, sample_weight)
    arrays = {"values": values, "weights": weights, "loss": np.array((values * weights).sum())}
    return {name: Quantity(name, value, *formulas.LOSS[name]) for name, value in arrays.items()}
