"""Walks one training step and notes every number of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import threads
from ..calls import Call, Pass
from ..layers.base import Layer
from ..layers.within import State
from ..parameter import Parameter
from ..regularizers import add_gradient
from ..structures import flat
from . import formulas
from .trace import LayerTrace, Quantity, Trace


@dataclass(frozen=True)
class Step:
    """What a step started from, so that it can be walked again: the batch, every parameter's value, the state."""

    model: Any
    x: np.ndarray
    y: Any
    sample_weight: Any
    before: dict[str, np.ndarray]
    state: State


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
    state = State(model)
    slots = [(v, v.value.copy()) for v in model.optimizer.variables]

    with threads.blas_threads(model._largest_product(len(x))):  # the last bits of a product depend on it
        layers, loss, y_pred = record(model, x, y, sample_weight)
    trace = Trace(model, layers, _loss_quantities(model, y, y_pred, sample_weight), loss)
    trace.step = Step(model, x.copy(), np.array(y), sample_weight, before, state)
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
        state.put_back()
    return trace


def record(model: Any, x: np.ndarray, y: Any, sample_weight: Any) -> tuple[list[LayerTrace], float, np.ndarray]:
    """Forward and backward, on a batch as the trainer takes it; no update.

    Returns:
        every layer's quantities, the loss with penalties, the model's outputs.
    """
    head, over = model._head, Pass(record=True, notes=True)
    over.live.add(id(x))
    loss, y_pred = head.forward(model, x, y, sample_weight, True, over)
    head.backward()
    loss = float(loss + model._regularization(over))
    calls = list(leaf_calls(head.root))
    return _layers(head, calls, y_pred), loss, y_pred


def leaf_calls(call: Call) -> Iterator[Call]:
    """The calls of layers inside a call that call no further layer, in their order."""
    for inner in call.inner:
        below = [] if inner.operation.has_backward else list(leaf_calls(inner))
        if below or not isinstance(inner.operation, Layer):
            yield from below
        else:
            yield inner


def names_of(calls: list[Call]) -> list[str]:
    """A name for each call: the layer's; from its second call on, "name (call 2)"; with its model's if it is not alone.

    Two layers of one name in different models are "inner/dense" and "other/dense".
    """
    layers = {id(call.operation): call for call in calls}
    plain = [call.operation.name for call in layers.values()]
    names: list[str] = []
    for call in calls:
        name = call.operation.name
        if plain.count(name) > 1 and call.outer is not None and call.outer.operation is not None:
            name = f"{call.outer.operation.name}/{name}"
        times = sum(other.operation is call.operation for other in calls[: len(names)])
        names.append(f"{name} (call {times + 1})" if times else name)
    return names


def _penalty(p: Parameter) -> np.ndarray:
    """∂R/∂w."""
    gradient = np.zeros_like(p.value)
    add_gradient(p.regularizer, p.value, gradient)
    return gradient


def _layers(head: Any, calls: list[Call], y_pred: np.ndarray) -> list[LayerTrace]:
    traces = []
    once = [sum(other.operation is call.operation for other in calls) == 1 for call in calls]
    for call, name, alone in zip(calls, names_of(calls), once, strict=True):
        at_head = head.fused and (call.operation is head.absorbed or (head.absorbed is None and call is calls[-1]))
        known = formulas.of_layer(call.operation, fused=at_head)
        named = {}
        for quantity, value in _quantities(call, y_pred if at_head else None, alone).items():
            text, latex = known.get(quantity, (f"{quantity} of {call.operation.name}", rf"\mathrm{{{quantity}}}"))
            named[quantity] = Quantity(quantity, value, text, latex)
        traces.append(LayerTrace(name, type(call.operation).__name__, named, call.operation))
    return traces


def _quantities(call: Call, y_pred: np.ndarray | None, alone: bool) -> dict[str, np.ndarray]:
    """The arrays of one call, in the order in which the step meets them.

    Args:
        y_pred: the model's outputs, if the loss contains this layer's activation: dy is then ∂L/∂z.
        alone: True if the layer is called once; its gradients then have the penalties in them.
    """
    layer, notes = call.operation, call.notes
    forward = {k: v for k, v in {**call.saved, **notes}.items() if isinstance(v, np.ndarray) and k not in ("x", "y")}
    backward = {k: v for k, v in forward.items() if k.startswith("d")}
    forward = {k: v for k, v in forward.items() if not k.startswith("d")}
    found = {**_named("x", call.inputs), **forward, **_named("y", call.outputs if y_pred is None else y_pred)}
    dy = _named("dy", notes.get("dy"))
    if "z" in forward:
        dz = backward.get("dz", dy.get("dy"))
        found |= ({} if y_pred is not None else dy) | ({} if dz is None else {"dz": dz.reshape(forward["z"].shape)})
    else:
        found |= dy
    found |= {k: v for k, v in backward.items() if k not in ("dy", "dz", "dx")}
    if alone:
        found |= {f"d{p.name}": p.grad for p in layer.trainable_weights}  # with ∂R/∂w
    return {k: np.array(v) for k, v in {**found, **_named("dx", notes.get("dx"))}.items()}


def _named(name: str, structure: Any) -> dict[str, np.ndarray]:
    arrays = flat(structure)
    names = [name] if len(arrays) == 1 else [f"{name}[{i}]" for i in range(len(arrays))]
    return {n: a for n, a in zip(names, arrays, strict=True) if isinstance(a, np.ndarray)}


def _loss_quantities(model: Any, y: Any, y_pred: np.ndarray, sample_weight: Any) -> dict[str, Quantity]:
    head = model._head
    if head.fused:
        values, weights = head.last_values.copy(), head.last_weights.copy()
    else:
        values, weights = head.loss.call(y, y_pred), head.loss.weights(y, y_pred, sample_weight)
    arrays = {"values": values, "weights": weights, "loss": np.array((values * weights).sum())}
    return {name: Quantity(name, value, *formulas.LOSS[name]) for name, value in arrays.items()}
