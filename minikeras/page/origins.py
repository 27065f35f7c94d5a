"""Where a layer's arrays come from: x is the y of a layer before, dy the dx of a layer after."""

import itertools
from typing import Any

import numpy as np

from . import rules

DQKV = ("dq", "dk", "dv")


def add(content: Any, number: int) -> None:
    """Gives the arrays of a layer that have no rule one, or a sentence.

    Args:
        content: a :class:`~minikeras.page.content.Content`.
        number: of the layer.
    """
    own, layer = content.owners[number], content.trace.layers[number]
    if layer.kind == "Bidirectional" and number > 1:
        _directions(content, number, layer.layer)
    before = [i for names in content.owners[:number] for name, i in names.items() if name == "y" or name[:2] == "y["]
    back = [(name, i) for names in content.owners[number + 1 :] for name, i in names.items()]
    after = [i for name, i in back if name.startswith("dx") or name in DQKV]
    for name, i in own.items():
        array = content.arrays[i]
        if array["rule"] or array["side"] == "update":
            continue
        if name.startswith("x") or name in ("q", "k", "v"):
            _trace(content, i, before[::-1])
            if not array["rule"] and content.values[i].tobytes() in content.inputs:
                array["given"] = "It is an input of the model."
        elif name.startswith("dy"):
            _trace(content, i, after)
        elif layer.kind == "Bidirectional" and name in ("a", "b"):
            _trace(content, i, before[::-1], turned=name == "b")
        elif array["batch"] is None and not name.startswith("d"):
            constant = not array["shape"] and name not in {p.name for p in getattr(layer.layer, "weights", ())}
            weight = "It is what training has made of this weight up to this step."
            array["given"] = "It is a constant of the layer." if constant else weight


def _directions(content: Any, number: int, layer: Any) -> None:
    """What the two layers inside a Bidirectional, which stand before it, have to do with it: their dy, and its dx."""
    own = content.owners[number]
    ahead, back = content.owners[number - 2 : number]
    if not layer.return_state and {"dy", "a", "b"} <= set(own):
        shape, sequences = content.arrays[own["b"]]["shape"], layer.return_sequences
        last = f"{shape[1] - 1}-t" if sequences else ""
        for inner, other, at in ((ahead, "b", "t"), (back, "a", last)):
            step, shift = (f",{at}" if sequences else ""), (f"+{shape[-1]}" if inner is back else "")
            right = {
                "concat": f"dy[n{step},k{shift}]",
                "mul": f"dy[n{step},k] {other}[n{step},k]",
                "sum": f"dy[n{step},k]",
                "ave": f"half[] dy[n{step},k]",
            }[layer.merge_mode]
            if "dy" in inner:
                content.set_rule(inner["dy"], rules.rule(f"dy[n{',t' if sequences else ''},k] = {right}"), own)
    if {"dx"} <= set(own) & set(ahead) & set(back):
        r = rules.letters(content.values[own["dx"]].ndim)
        found = {"forward.dx": ahead["dx"], "backward.dx": back["dx"]}
        content.set_rule(own["dx"], rules.rule(f"dx[{r}] = forward.dx[{r}] + backward.dx[{r}]"), found)


def _trace(content: Any, number: int, candidates: list[int], turned: bool = False) -> None:
    """Says of which array, or of which two, an array is the copy or the sum.

    Args:
        turned: True for a copy whose steps stand in the other order.
    """
    value = content.values[number]
    if turned and value.ndim == 3:
        for i in candidates:
            if np.array_equal(content.values[i][:, ::-1], value):
                text = f"turned[n,t,k] = origin[n,{value.shape[1] - 1}-t,k]"
                content.set_rule(number, rules.rule(text), {"origin": i})
                return
    alike = [i for i in candidates if content.values[i].shape == value.shape]
    for i in alike:
        if np.array_equal(content.values[i], value):
            content.set_rule(number, rules.rule("copy origin"), {"origin": i})
            return
    r = rules.letters(value.ndim)
    for i, j in itertools.combinations(alike[:6], 2):
        if np.array_equal(content.values[i] + content.values[j], value):
            content.set_rule(number, rules.rule(f"sum[{r}] = a[{r}] + b[{r}]"), {"a": i, "b": j})
            return
