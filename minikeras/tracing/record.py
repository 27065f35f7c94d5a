"""Walks one training step and notes every number of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from ..calls import Call, Pass
from ..layers.base import Layer
from ..layers.rnn.cell import Cell
from ..layers.within import State
from ..parameter import Parameter
from ..structures import flat
from . import formulas, sequences
from .quantities import LayerTrace, Quantity


@dataclass(frozen=True)
class Step:
    """What a step started from, so that it can be walked again: the batch, every parameter's value, the state."""

    model: Any
    x: Any
    y: Any
    sample_weight: Any
    before: dict[str, np.ndarray]
    state: State


def record(model: Any, x: Any, y: Any, sample_weight: Any) -> tuple[list[LayerTrace], float, Any]:
    """Forward and backward, on a batch as the trainer takes it; no update.

    Returns:
        every layer's quantities, the loss with penalties, the model's outputs.
    """
    head, over = model._head, Pass(record=True, notes=True)
    over.live.update(map(id, flat(x)))
    loss, y_pred = head.forward(model, x, y, sample_weight, True, over)
    head.backward()
    loss = float(loss + model._regularization(over))
    calls = list(leaf_calls(head.root))
    return _layers(head, calls, y_pred), loss, y_pred


def leaf_calls(call: Call, in_graph: bool = False) -> Iterator[Call]:
    """The calls of layers that call no further layer: those inside a call, in their order, or the call itself.

    Among them are the other operations that a graph calls, and those that have formulas, as attention by head; and a
    layer with ``traced_inside``, after the calls inside it.
    """
    operation = call.operation
    inside, graph = getattr(operation, "traced_inside", False), getattr(operation, "_graph", None) is not None
    searched = call.inner if inside or not getattr(operation, "has_backward", False) else []
    below = [leaf for inner in searched for leaf in leaf_calls(inner, graph)]
    yield from below
    shown = in_graph or isinstance(operation, Layer) or getattr(operation, "quantities", None)
    if shown and (inside or not below):
        yield call


def trained(layer: Any) -> list[Parameter]:
    """The trained parameters that a layer's own trace shows; none of an operation that is no layer."""
    return [] if getattr(layer, "traced_inside", False) else getattr(layer, "trainable_weights", [])


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


def _layers(head: Any, calls: list[Call], y_pred: Any) -> list[LayerTrace]:
    traces, ends = [], _ends(head, y_pred)
    once = [sum(other.operation is call.operation for other in calls) == 1 for call in calls]
    for call, name, alone in zip(calls, names_of(calls), once, strict=True):
        at_head = [y for h, y, _ in ends if h.fused and call.operation is (h.absorbed or calls[-1].operation)]
        known = formulas.of_layer(call.operation, fused=bool(at_head))
        named = {}
        for quantity, value in _quantities(call, at_head[0] if at_head else None, alone).items():
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
    kept = {**call.saved, **notes, **call.saved}  # of two of one name what was saved, in its shape
    kept = {k: v for k, v in kept.items() if isinstance(v, np.ndarray) and k not in ("x", "y") and k[0] != "_"}
    if isinstance(getattr(layer, "cell", None), Cell) and "gates" in kept:
        gradients = sequences.state_gradients(layer, call.saved, notes["dy"]) if "dz" in kept else {}
        kept = gradients | sequences.by_step(kept, layer.cell.gate_names)
    forward = {k: v for k, v in kept.items() if not k.startswith("d")}
    backward = {k: v for k, v in kept.items() if k.startswith("d")}
    names = None if isinstance(layer, Layer) else tuple(signature(layer.call).parameters)
    x, y, dy = _named("x", call.inputs, names), _named("y", call.outputs if y_pred is None else y_pred), notes.get("dy")
    found, dy = {**x, **forward, **y}, _named("dy", dy)
    if "z" in forward:
        dz = backward.get("dz", dy.get("dy"))
        found |= ({} if y_pred is not None else dy) | ({} if dz is None else {"dz": dz.reshape(forward["z"].shape)})
    else:
        found |= dy
    found |= {k: v for k, v in backward.items() if k not in (*found, "dy", "dx")}
    if alone:
        found |= {f"d{p.name}": p.grad for p in trained(layer)}  # with ∂R/∂w
    dx = _named("dx", notes.get("dx"), names and tuple(f"d{name}" for name in names))
    return {k: np.array(v) for k, v in {**found, **dx}.items()}


def _named(name: str, structure: Any, names: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """The arrays of a structure by name: of several, "x[0]", "x[1]", …, or the names of the arguments."""
    arrays = flat(structure)
    if len(arrays) == 1:
        names = (name,)
    elif names is None or len(names) != len(arrays):
        names = tuple(f"{name}[{i}]" for i in range(len(arrays)))
    return {n: a for n, a in zip(names, arrays, strict=True) if isinstance(a, np.ndarray)}


def _ends(head: Any, y_pred: Any) -> list[tuple[Any, Any, str]]:
    """Each loss's head, the output that it sees, and what its quantities are called beside their own names."""
    if not hasattr(head, "parts"):
        return [(head, y_pred, "")]
    outputs = flat(y_pred)
    return [(h, outputs[part.output], f"[{part.name}]") for h, part in zip(head.heads, head.parts, strict=True)]


def loss_quantities(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Quantity]:
    """ℓ, w and L; of several losses, those of each, under names such as "values[out]"."""
    head = model._head
    several = hasattr(head, "parts")
    targets, weights = (head.targets(y), head.weights(sample_weight)) if several else ([y], [sample_weight])
    arrays: dict[str, np.ndarray] = {}
    for number, (h, made, of) in enumerate(_ends(head, y_pred)):
        at = head.parts[number].output if several else 0
        if h.fused:
            values, w = h.last_values.copy(), h.last_weights.copy()
        else:
            values, w = h.loss.call(targets[at], made), h.loss.weights(targets[at], made, weights[at])
        arrays |= {f"values{of}": values, f"weights{of}": w, f"loss{of}": np.array((values * w).sum())}
    return {name: Quantity(name, value, *formulas.LOSS[name.partition("[")[0]]) for name, value in arrays.items()}
