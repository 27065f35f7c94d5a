"""Gives every array of a page the rule by which it is computed."""

import math
from typing import Any

import numpy as np

from ..tracing.quantities import LayerTrace
from . import kinds, origins, rules, updates, views


def give(content: Any) -> None:
    """Gives the arrays of a :class:`~minikeras.page.content.Content` their rules, layer by layer."""
    for number, (layer, own) in enumerate(zip(content.trace.layers, content.owners, strict=True)):
        for name in ("z", "dz"):  # Dense keeps its rows in one axis
            if layer.kind == "Dense" and name in own and content.values[own["x"]].ndim > 2:
                before = content.values[own["x"]].shape[:-1]
                _reshape(content, own[name], (*before, content.values[own[name]].shape[-1]))
        names = {rules.alias(name): i for name, i in own.items()}
        for name, text in kinds.rules_of(layer.layer, {n: content.values[i] for n, i in names.items()}).items():
            left = f"[{text.partition('[')[2].partition(']')[0]}]"
            penalty = f"penalty.{name[1:]}"
            content.set_rule(names[name], rules.rule(text + f" + {penalty}{left}" * (penalty in own)), names)
        _function_rules(content, layer, own)
        origins.add(content, number)
        _update_rules(content, layer, own)


def _reshape(content: Any, number: int, shape: tuple[int, ...]) -> None:
    if math.prod(shape) == content.values[number].size:
        content.values[number] = content.values[number].reshape(shape)
        batch = content.batch_axis(shape)
        content.arrays[number] |= {"shape": list(shape), "batch": batch, "views": [views.view(shape, batch, False)]}


def _function_rules(content: Any, layer: LayerTrace, own: dict[str, int]) -> None:
    """y = φ(z), dz = φ′(z) dy; at the loss, dz = (p − t) w."""
    f = getattr(getattr(layer.layer, "activation", getattr(layer.layer, "_f", None)), "__name__", None)
    z, d = ("z", "dz") if "z" in own else ("x", "dx")
    if f is None or "h_before" in own:
        return
    if "y" in own and z in own and _same(content, own, "y", z):
        content.arrays[own["y"]]["rule"] = {"function": f, "of": own[z]}
    if d in own and "dy" in own and _same(content, own, d, "dy") and _same(content, own, "y", d):
        if f == "softmax":
            content.set_rule(own[d], rules.rule("softmax_back y dy"), own)
        else:
            content.arrays[own[d]]["rule"] = {"function": f, "of": own[z], "dy": own["dy"]}
    head = content.model._head
    if d in own and head.fused and content.arrays[own[d]]["formula"].startswith(f"{d} = (p − t)"):
        t = _targets(content, content.trace.step.y, tuple(content.arrays[own["y"]]["shape"]))
        if t is not None:
            number = content.add("t", "t, the targets", t, "loss", ("", ""))
            content.head |= {"t": number, "p": own["y"], "dz": own[d], "layer": len(content.owners)}
            rank = t.ndim - 1
            if content.arrays[content.head["weights"]]["shape"] == list(t.shape[:-1]):
                text = rules.HEAD.format(d=d, r=rules.letters(rank))
                content.set_rule(own[d], rules.rule(text), {**own, "t": number})


def _same(content: Any, own: dict[str, int], a: str, b: str) -> bool:
    return bool(content.arrays[own[a]]["shape"] == content.arrays[own[b]]["shape"])


def _targets(content: Any, y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """The targets as the loss sees them, in the shape of the outputs."""
    loss = content.model._head.loss
    dtype = np.dtype(content.model.dtype)
    if y.shape != shape and math.prod(shape[:-1]) == y.size:
        return np.eye(shape[-1], dtype=dtype)[y.reshape(shape[:-1]).astype(np.int64)]
    if y.size != math.prod(shape):
        return None
    t = y.reshape(shape).astype(dtype)
    return loss.smoothed(t) if getattr(loss, "label_smoothing", 0) else t


def _update_rules(content: Any, layer: LayerTrace, own: dict[str, int]) -> None:
    for p in getattr(layer.layer, "trainable_weights", ()):
        if f"after.{p.name}" not in own or f"d{p.name}" not in own:
            continue
        names = {name.removesuffix(f".{p.name}"): i for name, i in own.items() if name.endswith(f".{p.name}")}
        names |= {"before": own[p.name], "gradient": own[f"d{p.name}"]}
        content.arrays[names["after"]]["rule"] = {"before": names["before"]}
        for name, text in updates.texts(content.trace, p, set(names)).items():
            content.set_rule(names[name], rules.rule(text), {**content.scalars, **names})
