"""One training step with every number of it: recorded, printed, verified, written as a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import console, page, threads
from ..errors import nearest
from ..layers.within import State
from ..page.fragments import of_trace
from ..parameter import Parameter
from ..regularizers import add_gradient
from ..structures import flat, mapped
from ..training.arrays import is_structure
from . import formulas
from .quantities import LayerTrace, Quantity
from .record import Step, loss_quantities, record
from .verify import verify


class Trace:
    """One recorded step of a model; made by ``model.trace(x, y)``.

    Index it by layer and quantity, ``trace["dense_1", "dz"]``, by a gradient's path, ``trace["dense_1/kernel"]``, or
    by "values", "weights" and "loss" for the loss. ``print(trace)`` tells the whole step.

    Attributes:
        layers: the :class:`LayerTrace` of each layer, lowest first.
        loss: L, regularizers included.
        before, after: every parameter's value before and after the update, by path.
        slots: what the optimizer keeps of each trained parameter, before and after the step: by path, then by name.
        iteration: the number of the step, from 1 on.
        gradients: ∂L/∂ of every trained parameter, by path.
        penalties: ∂R/∂ of those with a regularizer, by path; it is part of the gradient.
        verification: what :meth:`verify` found last; its ticks stand beside the gradients when the trace is printed.
    """

    verification: Any = None
    step: Any = None  # what the step started from: minikeras.tracing.record.Step

    def __init__(self, model: Any, layers: list[LayerTrace], head: dict[str, Quantity], loss: float) -> None:
        self.model_name, self.layers, self._head, self.loss = model.name, layers, head, loss
        self.before: dict[str, np.ndarray] = {}
        self.after: dict[str, np.ndarray] = {}
        self.slots: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
        self.iteration = 1
        self.gradients: dict[str, np.ndarray] = {}
        self.penalties: dict[str, np.ndarray] = {}
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

        Raises:
            KeyError: if no trained parameter has that path.
            IndexError: if it has no such entry.
            ValueError: if it belongs to another layer than Dense.
        """
        path = self._path(path)
        *_, owner, name = path.split("/")
        layer, index = self.layer(owner), tuple(index)
        if layer.kind != "Dense" or name not in ("kernel", "bias"):
            raise ValueError(f"explain writes out kernels and biases of Dense layers. Received: {path!r}")
        shape = self.gradients[path].shape
        if len(index) != len(shape) or not all(0 <= i < size for i, size in zip(index, shape, strict=True)):
            raise IndexError(f"{path} has the shape {shape}. Received: index={index}")
        products = dz = layer["dz"].value.reshape(-1, shape[-1])[:, index[-1]]
        rule, words = f"Σₙ dz[n, {index[-1]}]", [""] * len(dz)
        if name == "kernel":
            d, k = index
            x = layer["x"].value.reshape(-1, shape[0])[:, d]
            products, rule = x * dz + 0.0, f"Σₙ x[n, {d}] · dz[n, {k}]"
            words = [f"{a:.7g} · {b:.7g} = " for a, b in zip(x, dz, strict=True)]
        entry = f"{name}[{', '.join(map(str, index))}]"
        total, penalty = products.sum(), self.penalties.get(path)
        if penalty is not None:
            rule, total = f"{rule} + ∂R/∂{entry}", total + penalty[index]
        lines = [f"∂L/∂{entry} of {layer.name} = {rule} = {total:.7g}"]
        order = np.argsort(-np.abs(products), kind="stable")[:terms]
        lines += [f"  n = {n}:  {words[n]}{products[n]:.7g}" for n in order]
        if len(order) < len(products):
            others = products.sum() - products[order].sum()
            lines.append(f"  and {len(products) - len(order)} smaller terms, together {others:.7g}")
        if penalty is not None:
            lines.append(f"  ∂R/∂{entry}, the regularizer's: {penalty[index]:.7g}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return console.spelt(self.to_text())

    def _repr_html_(self) -> str:
        """How a notebook shows the step: each array's picture, layer, formula, shape and range."""
        return of_trace(self)

    def to_text(self) -> str:
        """The whole step in words and numbers; ``str`` spells in ASCII what stdout cannot show."""
        lines = [f"One training step of {self.model_name}", "", "Forward"]
        for layer in self.layers:
            lines.append(f"\n{layer.name} ({layer.kind})")
            lines += [q.to_text() for q in layer if not q.backward]
        lines += ["", "Loss"]
        lines += [q.to_text() for q in self._head.values()]
        lines += [f"L, with any regularizers = {self.loss:.6g}", "", "Backward"]
        for layer in reversed(self.layers):
            lines.append(f"\n{layer.name} ({layer.kind})")
            lines += [self._with_ticks(layer, q) for q in layer if q.backward]
        lines += ["", f"Update    {self.update[0]}    η = {self.learning_rate:.6g}"]
        for path, after in self.after.items():
            change = np.linalg.norm(after - self.before[path])
            size = np.linalg.norm(self.before[path])
            lines.append(f"{path} {after.shape}: ‖Δw‖ = {change:.4g}, ‖w‖ = {size:.4g}")
        return "\n".join(lines)

    def _with_ticks(self, layer: LayerTrace, q: Quantity) -> str:
        tensor = f"{layer.name}/{q.name[1:]}"
        first, *rest = q.to_text().split("\n")
        if self.verification is not None and tensor in self.verification.shapes:
            for title, tick in self.verification.ticks(tensor).items():
                mark, _, error = tick.partition(" ")
                first += f"    {mark} {title} {error}".rstrip()
        return "\n".join([first, *rest])

    def verify(
        self, methods: Sequence[str] = ("complex", "central", "keras"), probes: int | None = 10, seed: int = 0
    ) -> Any:
        """Holds every dW, db, dz and dx of the step against numbers that know nothing of the backward pass.

        Args:
            methods: "complex" and "central" look at single entries, by the complex step and by differences;
                "keras" compares all entries with real Keras, on its present backend, where it is installed.
            probes: how many entries of each tensor, at random; None for all.
            seed: of the choice of entries.

        Returns:
            a :class:`~minikeras.tracing.Verification`: print it, or call its ``assert_ok()``.

        All is done in float64. For a model in another dtype, a float64 copy takes the step again and is judged, and
        the traced numbers are held against the copy's, to what float32 can keep. The model stays as it is.
        """
        self.verification = verify(self, methods, probes, seed)
        return self.verification

    def to_latex(self) -> str:
        """The formulas of the step, one line each, for a document that loads amsmath."""
        lines = [r"\begin{align*}"]
        for layer in self.layers:
            for q in layer:
                lines.append(rf"\text{{{layer.name.replace('_', chr(92) + '_')}}} &: {q.latex} \\")
        lines += [rf"\text{{loss}} &: {q.latex} \\" for q in self._head.values()]
        return "\n".join([*lines, rf"\text{{update}} &: {self.update[1]}", r"\end{align*}"])

    def page(
        self,
        path: Any,
        classes: Sequence[str] | None = None,
        snapshots: Any = None,
        mistakes: Sequence[Any] = (),
    ) -> Path:
        """Writes the step as one self-contained HTML file, for a browser; see :mod:`minikeras.page`.

        Args:
            path: of the file.
            classes: names of the classes.
            snapshots: a :class:`~minikeras.tracing.Snapshots` that followed ``fit``, for a slider over its steps.
            mistakes: names of the bug zoo, or what :func:`minikeras.page.planted` gave, for switches that plant them.

        Returns:
            where it is.

        Raises:
            MissingExtraError: without Jinja2 or latex2mathml.
        """
        return page.write(self, path, classes, snapshots, mistakes)

    def replay(self, model: Any) -> None:
        """Gives a model of the same shapes the weights that this step ended with.

        Raises:
            ShapeError: if the shapes differ.
        """
        model.set_weights(list(self.after.values()))


def trace_step(model: Any, x: Any, y: Any, sample_weight: Any = None, apply: bool = False) -> Trace:
    """Records one training step of a compiled model on one batch.

    Args:
        x, y, sample_weight: the batch; of a model with several inputs or outputs, a list or a dictionary of arrays.
        apply: True leaves the model at the new weights, as ``train_on_batch`` would; False puts everything back.
    """
    x, y, sample_weight = model._batch_of(x if is_structure(x) else np.asarray(x), y, sample_weight)
    model._prepare(x, training=True)
    before = {p.path: p.value.copy() for p in model.weights}
    state = State(model)
    slots = [(v, v.value.copy()) for v in model.optimizer.variables]
    iteration = model.optimizer.iterations + 1

    with threads.blas_threads(model._largest_product(len(flat(x)[0]))):  # the last bits of a product depend on it
        layers, loss, y_pred = record(model, x, y, sample_weight)
    trace = Trace(model, layers, loss_quantities(model, y, y_pred, sample_weight), loss)
    trace.step = Step(model, mapped(np.array, x), mapped(np.array, y), sample_weight, before, state)
    trace.before = before
    trace.gradients = {p.path: p.grad.copy() for p in model._trained}
    trace.penalties = {p.path: _penalty(p) for p in model._trained if p.regularizer is not None}
    model.optimizer.step(model._trained)
    trace.after = {p.path: p.value.copy() for p in model.weights}
    trace.iteration, trace.slots = iteration, _slots(model._trained, slots)
    if not apply:
        for p in model.weights:
            p.assign(before[p.path])
        for v, value in slots:
            v.value[...] = value
        state.put_back()
    return trace


def _penalty(p: Parameter) -> np.ndarray:
    """∂R/∂w."""
    gradient = np.zeros_like(p.value)
    add_gradient(p.regularizer, p.value, gradient)
    return gradient


def _slots(trained: Any, variables: list[tuple[Any, np.ndarray]]) -> dict[str, dict[str, Any]]:
    """What the optimizer keeps of each parameter, before and after the step, by the parameter's path and the slot."""
    found: dict[str, dict[str, Any]] = {p.path: {} for p in trained}
    for v, before in variables:
        for path, slots in found.items():
            name = v.name.removeprefix(path.replace("/", "_") + "_")
            if name != v.name and before.shape:
                slots[name] = (before, v.value.copy())
    return found
