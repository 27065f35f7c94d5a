"""The record of one training step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import nearest
from ..layers import Dense
from . import formulas


@dataclass(frozen=True)
class Quantity:
    """One array of the step: its value, its formula as text and as LaTeX."""

    name: str
    value: np.ndarray
    formula: str
    latex: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        with np.printoptions(precision=4, suppress=True, threshold=24, edgeitems=2, linewidth=100):
            text = str(self.value).replace("\n", "\n  ")
        return f"{self.formula}    {self.shape}\n  {text}"


@dataclass(frozen=True)
class LayerTrace:
    """The quantities of one layer, in the order in which the step meets them."""

    name: str
    kind: str
    quantities: dict[str, Quantity] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Quantity:
        if name not in self.quantities:
            known = list(self.quantities)
            raise KeyError(f"{self.name} ({self.kind}) has no quantity {name!r}; it has {known}.{nearest(name, known)}")
        return self.quantities[name]

    def __iter__(self) -> Iterator[Quantity]:
        return iter(self.quantities.values())


class Trace:
    """One recorded step of a model; made by ``model.trace(x, y)``.

    Index it by layer and quantity, ``trace["dense_1", "dz"]``, by a gradient's path, ``trace["dense_1/kernel"]``, or
    by "values", "weights" and "loss" for the loss. ``print(trace)`` tells the whole step.

    Attributes:
        layers: the :class:`LayerTrace` of each layer, lowest first.
        loss: L, regularizers included.
        before, after: every parameter's value before and after the update, by path.
        gradients: ∂L/∂ of every trained parameter, by path.
    """

    def __init__(self, model: Any, layers: list[LayerTrace], head: dict[str, Quantity], loss: float) -> None:
        self.model_name, self.layers, self._head, self.loss = model.name, layers, head, loss
        self.before: dict[str, np.ndarray] = {}
        self.after: dict[str, np.ndarray] = {}
        self.gradients: dict[str, np.ndarray] = {}
        self.update = formulas.update(model.optimizer)
        self.learning_rate = float(model.optimizer.learning_rate)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            return self.layer(key[0])[key[1]]
        if key in self._head:
            return self._head[key]
        if isinstance(key, str) and "/" in key:
            return self.gradients[self._path(key)]
        return self.layer(key)

    def layer(self, name: str) -> LayerTrace:
        """The layer of that name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise KeyError(f"No layer {name!r} in this trace; there are {names}.{nearest(str(name), names)}")

    def _path(self, path: str) -> str:
        found = [p for p in self.gradients if p == path or p.endswith("/" + path)]
        if not found:
            raise KeyError(f"No trained parameter {path!r}; there are {list(self.gradients)}.")
        return found[0]

    def explain(self, path: str, index: tuple[int, ...], terms: int = 8) -> str:
        """One entry of a Dense layer's gradient as the sum of products that it is, largest terms first.

        Args:
            path: such as "dense_1/kernel" or "dense_1/bias".
            index: which entry.
            terms: how many to write out.
        """
        layer = self.layer(self._path(path).split("/")[-2])
        name = path.rsplit("/", 1)[1]
        index = tuple(index)
        if layer.kind != "Dense" or name not in ("kernel", "bias"):
            raise ValueError(f"explain writes out kernels and biases of Dense layers. Received: {path!r}")
        dz = layer["dz"].value.reshape(-1, layer["dz"].shape[-1])[:, index[-1]]
        if name == "kernel":
            d, k = index
            x = layer["x"].value.reshape(-1, layer["x"].shape[-1])[:, d]
            products, rule = x * dz, f"Σₙ x[n, {d}] · dz[n, {k}]"
            words = [f"{a:.7g} · {b:.7g}" for a, b in zip(x, dz, strict=True)]
        else:
            products, rule = dz, f"Σₙ dz[n, {index[0]}]"
            words = [""] * len(dz)
        order = np.argsort(-np.abs(products), kind="stable")[:terms]
        where = ", ".join(map(str, index))
        lines = [f"∂L/∂{name}[{where}] of {layer.name} = {rule} = {products.sum():.7g}"]
        for n in order:
            lines.append(
                f"  n = {n}:  {words[n]} = {products[n]:.7g}" if words[n] else f"  n = {n}:  {products[n]:.7g}"
            )
        rest = len(products) - len(order)
        if rest > 0:
            others = products.sum() - products[order].sum()
            lines.append(f"  and {rest} smaller terms, together {others:.7g}")
        return "\n".join(lines)

    def __str__(self) -> str:
        lines = [f"One training step of {self.model_name}", "", "Forward"]
        for layer in self.layers:
            lines.append(f"\n{layer.name} ({layer.kind})")
            lines += [str(q) for q in layer if not q.name.startswith("d")]
        lines += ["", "Loss"]
        lines += [str(q) for q in self._head.values()]
        lines += [f"L, with any regularizers = {self.loss:.6g}", "", "Backward"]
        for layer in reversed(self.layers):
            lines.append(f"\n{layer.name} ({layer.kind})")
            lines += [str(q) for q in layer if q.name.startswith("d")]
        lines += ["", f"Update    {self.update[0]}    η = {self.learning_rate:.6g}"]
        for path, after in self.after.items():
            change = np.linalg.norm(after - self.before[path])
            size = np.linalg.norm(self.before[path])
            lines.append(f"{path} {after.shape}: ‖Δw‖ = {change:.4g}, ‖w‖ = {size:.4g}")
        return "\n".join(lines)

    def to_latex(self) -> str:
        """The formulas of the step, one line each, for a document that loads amsmath."""
        lines = [r"\begin{align*}"]
        for layer in self.layers:
            for q in layer:
                lines.append(rf"\text{{{layer.name.replace('_', chr(92) + '_')}}} &: {q.latex} \\")
        lines += [rf"\text{{loss}} &: {q.latex} \\" for q in self._head.values()]
        return "\n".join([*lines, rf"\text{{update}} &: {self.update[1]}", r"\end{align*}"])

    def replay(self, model: Any) -> None:
        """Gives a model of the same shape the weights that this step ended with."""
        for parameter in model.weights:
            if parameter.path in self.after:
                parameter.assign(self.after[parameter.path])


def trace_step(model: Any, x: Any, y: Any, sample_weight: Any = None, apply: bool = False) -> Trace:
    """Records one training step of a compiled model on one batch.

    Args:
        x, y, sample_weight: the batch.
        apply: True leaves the model at the new weights, as ``train_on_batch`` would; False puts everything back.
    """
    x = model._cast(x)
    y, sample_weight = model._targets(x, y, sample_weight)
    model._prepare(x, training=True)
    head = model._head
    generators = [g for g in (getattr(layer, "seed_generator", None) for layer in model.layers) if g is not None]
    states = [g.state.copy() for g in generators]
    before = {p.path: p.value.copy() for p in model.weights}
    slots = [(v, v.value.copy()) for v in model.optimizer.variables]

    loss, y_pred = head.forward(model, x, y, sample_weight, training=True, record=True)
    frames = [dict(layer._frames[-1]) if layer._frames else {} for layer in model.layers]
    quantities: list[dict[str, np.ndarray]] = _forward_quantities(model, x, frames, y_pred)
    _backward(model, head, quantities)
    loss = float(loss + model._regularization(add_gradients=True))

    trace = Trace(
        model, _layers(model, quantities, head), _loss_quantities(model, y, y_pred, sample_weight, loss), loss
    )
    trace.before = before
    trace.gradients = {p.path: p.grad.copy() for p in model._trained}
    model.optimizer.apply([p.grad for p in model._trained], model._trained)
    trace.after = {p.path: p.value.copy() for p in model.weights}
    if not apply:
        for p in model.weights:
            p.assign(before[p.path])
        for v, value in slots:
            v.value[...] = value
        for generator, state in zip(generators, states, strict=True):
            generator.state[...] = state
    return trace


def _forward_quantities(model: Any, x: np.ndarray, frames: list[dict[str, Any]], y_pred: np.ndarray) -> Any:
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


def _loss_quantities(model: Any, y: Any, y_pred: np.ndarray, sample_weight: Any, loss: float) -> dict[str, Quantity]:
    head = model._head
    if head.fused:
        values, weights = head.last_values.copy(), head.last_weights.copy()
    else:
        values, weights = head.loss.call(y, y_pred), head.loss.weights(y, y_pred, sample_weight)
    arrays = {"values": values, "weights": weights, "loss": np.array((values * weights).sum())}
    return {name: Quantity(name, value, *formulas.LOSS[name]) for name, value in arrays.items()}
