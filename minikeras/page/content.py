"""A trace as the arrays, layers and sentences of a page."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..structures import flat
from ..tracing.quantities import LayerTrace, Quantity
from . import assigned, kinds, rules, updates, views
from .network import network
from .words import QUANTITIES, QUANTITIES_OF


class Content:
    """What the template and the page's script need.

    Attributes:
        arrays: a description of every array; its number is its place in this list.
        sections: for each layer, the numbers of its arrays: forward, backward, update.
        head: the numbers of the loss's arrays.
    """

    def __init__(self, trace: Any, classes: Sequence[str] | None = None, snapshots: Any = None) -> None:
        self.trace, self.model, self.classes = trace, trace.step.model, list(classes or [])
        self.rows = len(flat(trace.step.x)[0])
        self.values: list[np.ndarray] = []
        self.arrays: list[dict[str, Any]] = []
        self.sections: list[dict[str, Any]] = []
        self.owners: list[dict[str, int]] = []
        self._pictures = self._image_sizes()
        self.inputs = {x.tobytes() for x in flat(trace.step.x)}
        self.head: dict[str, int] = {}
        self.head = self._loss()
        for number, layer in enumerate(trace.layers):
            self._layer(number, layer)
        self.scalars = {
            name: self.add(name, words, value, "optimizer", words=words)
            for name, (value, words) in updates.scalars(trace).items()
        }
        assigned.give(self)
        self._add_logits()
        self.time = self._time(snapshots) if snapshots is not None and snapshots.steps else None
        self.longest = views.longest_axis(self._unique())
        self._pack()
        self.network = network(self.model, {s["name"]: f"layer-{i}" for i, s in enumerate(self.sections)})

    def add(
        self, name: str, title: str, value: np.ndarray, side: str, formula: tuple[str, str] = ("", ""), **more: Any
    ) -> int:
        value = views.plain(np.asarray(value))
        parameter = more.pop("parameter", False)
        batch = None if parameter else self.batch_axis(value.shape)
        images, gates = more.pop("images", False), more.pop("gates", 0)
        shown = [views.view(value.shape, batch, parameter, images)]
        if gates and batch == 0:
            shown = views.over_time(value.shape, gates)
        if more.pop("heads", False):
            shown[0] |= {"rows": 1, "columns": 3, "tiles": [2]}
        axis = 0 if parameter else 1
        if value.ndim == 2 and value.shape[axis] in self._pictures:
            shown.insert(0, views.pictures(value.shape, axis, self._pictures[value.shape[axis]]))
        self.values.append(value)
        self.arrays.append(
            {
                "name": name,
                "title": title,
                "side": side,
                "formula": formula[0],
                "latex": formula[1],
                "words": QUANTITIES.get(name, ""),
                "shape": list(value.shape),
                "batch": batch,
                "views": shown,
                "numbers": views.numbers(value),
                "ticks": {},
                "rule": None,
                **more,
            }
        )
        return len(self.arrays) - 1

    def batch_axis(self, shape: tuple[int, ...]) -> int | None:
        if shape and shape[0] == self.rows:
            return 0
        return 1 if len(shape) > 2 and shape[1] == self.rows else None

    def _image_sizes(self) -> dict[int, tuple[int, ...]]:
        """For every number of inputs that is a picture written out, the picture's shape."""
        found: dict[int, tuple[int, ...]] = {}
        for layer in self.trace.layers:
            if layer.kind == "Flatten":
                shape = layer["x"].shape[1:]
                if len(shape) == 2 or (len(shape) == 3 and shape[2] <= 4):
                    found[math.prod(shape)] = shape
        return found

    def _loss(self) -> dict[str, int]:
        found = {}
        for name, q in self.trace._head.items():
            sign, _, of = name.partition("[")
            title = f"{SIGNS[sign]} of {of[:-1] or 'the loss'}"
            found[name] = self.add(name, title, q.value, "loss", (q.formula, q.latex), words=QUANTITIES[sign])
        shapes = [self.arrays[found[name]]["shape"] for name in ("values", "weights") if name in found]
        if shapes == [[self.rows]] * 2:
            self.set_rule(found["loss"], rules.rule(rules.LOSS), found)
        return found

    def _layer(self, number: int, layer: LayerTrace) -> None:
        own: dict[str, int] = {}
        sides: dict[str, list[int]] = {"forward": [], "backward": [], "update": []}
        inside = getattr(layer.layer, "traced_inside", False)
        parameters = {} if inside else {p.name: p for p in getattr(layer.layer, "weights", [])}
        images = len(layer["x"].shape) == 4 if "x" in layer.quantities else False
        gates = getattr(layer.layer.cell, "gates", 1) if "h_before" in layer.quantities else 0
        steps = layer["h_before"].shape[1] if gates else 0
        beside = kinds.beside(layer.layer, {rules.alias(q.name): q.value for q in layer})

        def add(name: str, value: Any, side: str, formula: Any = ("", ""), **more: Any) -> None:
            if name in QUANTITIES_OF.get(layer.kind, {}):
                more["words"] = QUANTITIES_OF[layer.kind][name]
            if name in ("z", "dz", "a", "da") and gates > 1:
                more["words"] = f"{more.get('words', '')}; one tile a gate: {', '.join(layer.layer.cell.gate_names)}"
            if gates and value.shape[:2] == (self.rows, steps) and (value.ndim == 3 or name == "norm_dz"):
                more["gates"] = gates if name in ("z", "dz", "a", "da") else 1
            own[name] = self.add(name, f"{name} of {layer.name}", value, side, formula, layer=number, **more)
            sides[side].append(own[name])

        def add_beside(side: str) -> None:
            for name, (value, where, words) in beside.items():
                if where == side and name not in own:
                    add(name, value, side.replace("between", "backward"), words=words)

        def add_slots(name: str, p: Any) -> None:
            for slot, (before, after) in self.trace.slots[p.path].items():
                sign, words = updates.SLOTS.get((updates.kind(self.trace), slot), (slot, slot))
                if before.any():
                    add(f"{sign}_before.{name}", before, "update", parameter=True, words=f"{words}, before the step")
                add(f"{sign}.{name}", after, "update", parameter=True, words=f"{words}, for {name}")

        by_head = layer.kind == "HeadsAttention"
        for q in layer:
            if not q.backward and q.name not in INTERNAL and not (by_head and q.name == "y[1]"):
                if q.name[0] == "y" or q.name == "p":
                    add_beside("forward")
                image = images or q.value.shape[1:] in self._pictures.values()
                gray = q.name in ("x", "y") and q.value.tobytes() in self.inputs
                heads = by_head and q.value.ndim == 4 and q.name != "p"
                add(q.name, q.value, "forward", _formula(q), images=image, gray=gray, heads=heads)
                if q.name in ("x", "x[0]"):
                    for name, p in parameters.items():
                        if p.path in self.trace.before:
                            words = f"{_sign(name)}{name} before the step"
                            add(name, self.trace.before[p.path], "forward", parameter=True, words=words)
        for q in layer:
            if q.backward and not q.name.startswith("dy"):
                add_beside("between")
            if q.backward and q.name not in INTERNAL:
                words = QUANTITIES.get(q.name, f"{_sign(q.name)}how much L changes with each entry of {q.name[1:]}")
                mine = q.name[1:] in parameters
                image = not mine and (images or q.value.shape[1:] in self._pictures.values())
                heads = by_head and q.value.ndim == 4
                add(q.name, q.value, "backward", _formula(q), parameter=mine, words=words, images=image, heads=heads)
                self._tick(own[q.name], f"{layer.name}/{q.name[1:]}")
        add_beside("backward")
        for name, p in parameters.items():
            if p.path in self.trace.penalties and f"d{name}" in own:
                penalty = self.trace.penalties[p.path]
                add(f"penalty.{name}", penalty, "backward", parameter=True, words="the regularizer's part, ∂R/∂w")
            after = self.trace.after.get(p.path)
            if p.path in self.trace.gradients and after is not None:
                add_slots(name, p)
                words = f"{_sign(name)}{name} after the step"
                add(f"after.{name}", after, "update", parameter=True, words=words)
        self.owners.append(own)
        self.sections.append({"name": layer.name, "kind": layer.kind, "number": number, **sides})

    def _tick(self, number: int, tensor: str) -> None:
        verification = self.trace.verification
        if verification is not None and tensor in verification.shapes:
            self.arrays[number]["ticks"] = verification.ticks(tensor)

    @property
    def loss_name(self) -> str:
        head = self.model._head
        found = [part.loss for part in head.parts] if hasattr(head, "parts") else [head.loss]
        return ", ".join(type(loss).__name__ for loss in found)

    @property
    def loss_arrays(self) -> list[int]:
        """The loss's arrays that stand in its own section."""
        return [i for i, array in enumerate(self.arrays) if array["side"] == "loss"]

    @property
    def optimizer_name(self) -> str:
        return type(self.model.optimizer).__name__

    @property
    def optimizer_arrays(self) -> list[int]:
        """The numbers in the optimizer's rule."""
        return list(self.scalars.values())

    def set_rule(self, number: int, made: dict[str, Any], own: dict[str, int]) -> None:
        """Gives an array a rule, if all arrays that it needs are there."""
        names = {**self.head, **own}
        if rules.arrays_of(made) <= set(names):
            self.arrays[number]["rule"] = rules.numbered(made, names)

    def _add_logits(self) -> None:
        own = self.owners[-1] if self.owners else {}
        if "z" in own and self.head.get("p") == own.get("y"):
            self.head["z"] = own["z"]

    def _time(self, snapshots: Any) -> dict[str, Any]:
        """The arrays of the snapshots, with the snapshots along their first axis."""
        numbers = []
        for (layer, name), shape in snapshots.shapes.items():
            value = np.stack([np.atleast_2d(arrays[layer, name]) for arrays in snapshots.arrays])
            words = f"{name} of {layer}" + ("" if value[0].size == math.prod(shape) else ", by a cut, evenly spread")
            number = self.add(name, f"{name} of {layer} over time", value, "time", words=words, time=True)
            shown = views.view(value.shape, 0, name != "y")
            self.arrays[number] |= {"batch": 0, "views": [shown]}
            numbers.append(number)
        return {"steps": snapshots.steps, "losses": snapshots.losses, "arrays": numbers}

    # Bytes.

    def _unique(self) -> list[np.ndarray]:
        """The arrays, equal ones once: the y of a layer is the x of the next."""
        return list({(value.dtype.str, value.tobytes()): value for value in self.values}.values())

    @property
    def blobs(self) -> list[str]:
        """The bytes of the arrays, in base64; equal arrays share one."""
        return list(self._blobs)

    def _pack(self) -> None:
        self._blobs: dict[str, int] = {}
        for array, value in zip(self.arrays, self.values, strict=True):
            kept = [views.kept(size, self.longest) for size in array["shape"]]
            array |= {"kept": kept, "dtype": value.dtype.name, "blob": self.blob(value, kept)}
            if any(kept):
                array["views"] = [v for v in array["views"] if not v.get("picture")]
                array["cut"] = "; ".join(
                    f"{len(k)} of {size} indices of axis {axis}"
                    for axis, (k, size) in enumerate(zip(kept, array["shape"], strict=True))
                    if k is not None
                )

    def blob(self, value: np.ndarray, kept: list[list[int] | None] | None = None) -> int:
        """The number of the bytes of an array, or of its kept entries."""
        text = views.packed(value if kept is None else views.cut(value, kept))
        return self._blobs.setdefault(text, len(self._blobs))


def _formula(q: Quantity) -> tuple[str, str]:
    """The formula as text and in LaTeX; empty where it is only the name."""
    return ("", "") if q.latex in (q.name, rf"\mathrm{{{q.name}}}") else (q.formula, q.latex)


def _sign(name: str) -> str:
    """The letter that formulas have for an array, if it is not the name."""
    letter = {"kernel": "W", "bias": "b", "dkernel": "dW", "dbias": "db", "gamma": "γ", "beta": "β"}.get(name)
    return f"{letter}: " if letter else ""


SIGNS = {"values": "ℓ", "weights": "w", "loss": "L"}
INTERNAL = ("ids", "kept", "m", "patches", "work", "dkernel_parts", "dbias_parts")
