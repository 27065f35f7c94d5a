"""A trace as the arrays, layers and sentences of a page."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tracing.trace import LayerTrace, Trace
from . import rules, views
from .network import network
from .words import QUANTITIES


class Content:
    """What the template and the page's script need.

    Attributes:
        arrays: a description of every array; its number is its place in this list.
        blobs: the bytes of the arrays, in base64; equal arrays share one.
        sections: for each layer, the numbers of its arrays: forward, backward, update.
        head: the numbers of the loss's arrays.
    """

    def __init__(self, trace: Trace, classes: Sequence[str] | None = None, snapshots: Any = None) -> None:
        self.trace, self.model, self.classes = trace, trace.step.model, list(classes or [])
        self.rows = len(trace.step.x)
        self.values: list[np.ndarray] = []
        self.arrays: list[dict[str, Any]] = []
        self.sections: list[dict[str, Any]] = []
        self.owners: list[dict[str, int]] = []
        self._pictures = self._image_sizes()
        first = trace.layers[0].quantities.get("x") if trace.layers else None
        self._input = None if first is None else first.value.tobytes()
        self.head: dict[str, int] = {}
        self.head = self._loss()
        for number, layer in enumerate(trace.layers):
            self._layer(number, layer)
        self._finish_rules()
        self._add_logits()
        self.time = self._time(snapshots) if snapshots is not None and snapshots.steps else None
        self.longest = views.longest_axis(self._unique())
        self.blobs = self._pack()
        self.network = network(self.model, {s["name"]: f"layer-{i}" for i, s in enumerate(self.sections)})

    def _add(
        self, name: str, title: str, value: np.ndarray, side: str, formula: tuple[str, str] = ("", ""), **more: Any
    ) -> int:
        value = views.plain(np.asarray(value))
        parameter = more.pop("parameter", False)
        batch = None if parameter else self._batch_axis(value.shape)
        images = more.pop("images", False)
        shown = [views.view(value.shape, batch, parameter, images)]
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

    def _batch_axis(self, shape: tuple[int, ...]) -> int | None:
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
        for name in ("values", "weights", "loss"):
            q = self.trace[name]
            found[name] = self._add(name, f"{SIGNS[name]} of the loss", q.value, "loss", (q.formula, q.latex))
        if self.trace["values"].value.shape == self.trace["weights"].value.shape == (self.rows,):
            self._set_rule(found["loss"], rules.rule(rules.LOSS["loss"]), found)
        return found

    def _layer(self, number: int, layer: LayerTrace) -> None:
        own: dict[str, int] = {}
        sides: dict[str, list[int]] = {"forward": [], "backward": [], "update": []}
        parameters = {p.name: p for p in getattr(layer.layer, "weights", [])}
        images = len(layer["x"].shape) == 4 if "x" in layer.quantities else False

        def add(name: str, value: Any, side: str, formula: Any = ("", ""), **more: Any) -> None:
            own[name] = self._add(name, f"{name} of {layer.name}", value, side, formula, layer=number, **more)
            sides[side].append(own[name])

        for q in layer:
            if not q.backward and q.name not in INTERNAL:
                formula = ("", "") if q.formula == q.name else (q.formula, q.latex)
                image = images or q.value.shape[1:] in self._pictures.values()
                gray = q.name in ("x", "y") and q.value.tobytes() == self._input
                add(q.name, q.value, "forward", formula, images=image, gray=gray)
                if q.name.startswith("x"):
                    for name, p in parameters.items():
                        if p.path in self.trace.before:
                            words = f"{_sign(name)}{name} before the step"
                            add(name, self.trace.before[p.path], "forward", parameter=True, words=words)
        for q in layer:
            if q.backward and q.name not in INTERNAL:
                words = QUANTITIES.get(q.name, f"{_sign(q.name)}how much L changes with each entry of {q.name[1:]}")
                formula = (q.formula, q.latex)
                mine = q.name[1:] in parameters
                image = not mine and (images or q.value.shape[1:] in self._pictures.values())
                add(q.name, q.value, "backward", formula, parameter=mine, words=words, images=image)
                self._tick(own[q.name], f"{layer.name}/{q.name[1:]}")
        for name, p in parameters.items():
            if p.path in self.trace.penalties and f"d{name}" in own:
                penalty = self.trace.penalties[p.path]
                add(f"penalty.{name}", penalty, "backward", parameter=True, words="the regularizer's part, ∂R/∂w")
            after = self.trace.after.get(p.path)
            if p.path in self.trace.gradients and after is not None:
                words = f"{_sign(name)}{name} after the step"
                add(f"after.{name}", after, "update", self.trace.update, parameter=True, words=words)
        self.owners.append(own)
        self.sections.append({"name": layer.name, "kind": layer.kind, "number": number, **sides})

    def _tick(self, number: int, tensor: str) -> None:
        verification = self.trace.verification
        if verification is not None and tensor in verification.shapes:
            self.arrays[number]["ticks"] = verification.ticks(tensor)

    @property
    def loss_name(self) -> str:
        return type(self.model._head.loss).__name__

    @property
    def loss_arrays(self) -> list[int]:
        """The loss's arrays that stand in its own section."""
        return [i for i, array in enumerate(self.arrays) if array["side"] == "loss"]

    # Rules.

    def _finish_rules(self) -> None:
        for layer, own in zip(self.trace.layers, self.owners, strict=True):
            shapes = {name: tuple(self.arrays[i]["shape"]) for name, i in own.items()}
            for name in ("z", "dz"):  # Dense keeps its rows in one axis
                if layer.kind == "Dense" and name in own and len(shapes["x"]) > 2:
                    self._reshape(own[name], (*shapes["x"][:-1], shapes[name][-1]))
            found = rules.of_layer(layer.layer, shapes, "bias" in own) if "x" in own else {}
            for name, made in found.items():
                penalty = name[1:] if name.startswith("d") else ""
                if f"penalty.{penalty}" in own:
                    factor = {"array": f"penalty.{penalty}", "at": [rules._index(i) for i in made["out"]]}
                    made["parts"].append({"sign": 1, "factors": [factor]})
                self._set_rule(own[name], made, own)
            self._function_rules(layer, own)
            self._update_rules(own)

    def _reshape(self, number: int, shape: tuple[int, ...]) -> None:
        if math.prod(shape) == self.values[number].size:
            self.values[number] = self.values[number].reshape(shape)
            batch = self._batch_axis(shape)
            self.arrays[number] |= {"shape": list(shape), "batch": batch, "views": [views.view(shape, batch, False)]}

    def _set_rule(self, number: int, made: dict[str, Any], own: dict[str, int]) -> None:
        names = {**self.head, **own}
        factors = [f for part in made["parts"] for f in part["factors"]]
        if all(f["array"] in names for f in factors):
            for f in factors:
                f["array"] = names[f["array"]]
            self.arrays[number]["rule"] = made

    def _function_rules(self, layer: LayerTrace, own: dict[str, int]) -> None:
        """y = φ(z), dz = φ′(z) dy; at the loss, dz = (p − t) w."""
        f = getattr(getattr(layer.layer, "activation", getattr(layer.layer, "_f", None)), "__name__", None)
        z, d = ("z", "dz") if "z" in own else ("x", "dx")
        if f is not None and "y" in own and z in own and self._same(own, "y", z):
            self.arrays[own["y"]]["rule"] = {"function": f, "of": own[z]}
        if f is not None and d in own and "dy" in own and self._same(own, d, "dy") and self._same(own, "y", d):
            if f == "softmax":
                self.arrays[own[d]]["rule"] = {"softmax": own["y"], "dy": own["dy"]}
            else:
                self.arrays[own[d]]["rule"] = {"function": f, "of": own[z], "dy": own["dy"]}
        head = self.model._head
        if d in own and head.fused and self.arrays[own[d]]["formula"].startswith(f"{d} = (p − t)"):
            t = self._targets(self.trace.step.y, tuple(self.arrays[own["y"]]["shape"]))
            if t is not None:
                number = self._add("t", "t, the targets", t, "loss", ("", ""))
                self.head |= {"t": number, "p": own["y"], "dz": own[d], "layer": len(self.owners)}
                rank = t.ndim - 1
                if self.arrays[self.head["weights"]]["shape"] == list(t.shape[:-1]):
                    text = rules.HEAD.format(d=d, r=rules.letters(rank))
                    self._set_rule(own[d], rules.rule(text), {**own, "t": number})

    def _same(self, own: dict[str, int], a: str, b: str) -> bool:
        return bool(self.arrays[own[a]]["shape"] == self.arrays[own[b]]["shape"])

    def _targets(self, y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
        """The targets as the loss sees them, in the shape of the outputs."""
        loss = self.model._head.loss
        dtype = np.dtype(self.model.dtype)
        if y.shape != shape and math.prod(shape[:-1]) == y.size:
            return np.eye(shape[-1], dtype=dtype)[y.reshape(shape[:-1]).astype(np.int64)]
        if y.size != math.prod(shape):
            return None
        t = y.reshape(shape).astype(dtype)
        return loss.smoothed(t) if getattr(loss, "label_smoothing", 0) else t

    def _update_rules(self, own: dict[str, int]) -> None:
        plain = self.trace.update[0] == "w ← w − η g"
        for name, number in list(own.items()):
            parameter = name.removeprefix("after.")
            if name.startswith("after.") and f"d{parameter}" in own and plain:
                if "rate" not in self.head:
                    rate = np.array(self.trace.learning_rate)
                    self.head["rate"] = self._add(
                        "rate", "η, the learning rate", rate, "loss", words="η, the learning rate"
                    )
                text = rules.UPDATE.format(i=rules.letters(len(self.arrays[number]["shape"])))
                names = {"before": own[parameter], "gradient": own[f"d{parameter}"], "rate": self.head["rate"]}
                self._set_rule(number, rules.rule(text), names)
            elif name.startswith("after."):
                self.arrays[number]["rule"] = {"before": own[parameter]}

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
            number = self._add(name, f"{name} of {layer} over time", value, "time", words=words, time=True)
            shown = views.view(value.shape, 0, name != "y")
            self.arrays[number] |= {"batch": 0, "views": [shown]}
            numbers.append(number)
        return {"steps": snapshots.steps, "losses": snapshots.losses, "arrays": numbers}

    # Bytes.

    def _unique(self) -> list[np.ndarray]:
        """The arrays, equal ones once: the y of a layer is the x of the next."""
        return list({(value.dtype.str, value.tobytes()): value for value in self.values}.values())

    def _pack(self) -> list[str]:
        numbers: dict[str, int] = {}
        for array, value in zip(self.arrays, self.values, strict=True):
            kept = [views.kept(size, self.longest) for size in array["shape"]]
            text = views.packed(views.cut(value, kept))
            array |= {"kept": kept, "dtype": value.dtype.name, "blob": numbers.setdefault(text, len(numbers))}
            if any(kept):
                array["views"] = [v for v in array["views"] if not v.get("picture")]
                array["cut"] = "; ".join(
                    f"{len(k)} of {size} indices of axis {axis}"
                    for axis, (k, size) in enumerate(zip(kept, array["shape"], strict=True))
                    if k is not None
                )
        return list(numbers)


def _sign(name: str) -> str:
    """The letter that formulas have for an array, if it is not the name."""
    letter = {"kernel": "W", "bias": "b", "dkernel": "dW", "dbias": "db", "gamma": "γ", "beta": "β"}.get(name)
    return f"{letter}: " if letter else ""


SIGNS = {"values": "ℓ", "weights": "w", "loss": "L"}
INTERNAL = ("work", "dkernel_parts", "dbias_parts")
