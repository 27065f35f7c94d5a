"""What can be checked: a model with its loss, a layer, a loss. Each is a number L that depends on named arrays.

==========  ==========================  =================================
subject     L                           arrays
==========  ==========================  =================================
model       Σ w ℓ(t, f(x; θ)) + A + R   the trained parameters, and x
layer       ⟨u, f(x; θ)⟩, u random      its parameters, and x
loss        Σ w ℓ(t, y), w random       y_pred
==========  ==========================  =================================

A is what layers add in the pass (``add_loss``, activity regularizers), R the penalties of the weights.

With a random cotangent u nothing cancels: with ones the derivative of a softmax, whose rows sum to 1, would be 0, right
or wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..calls import Pass
from ..layers.within import State
from ..optimizers import SGD
from ..structures import copied, flat, mapped, pack
from ..training.tracking import Tracker
from ..workspace import Workspace
from .differences import Loss
from .inputs import Arrays, arrays_of, floats, inputs_of, names_of
from .precision import in_dtype
from .tolerances import RATE


@dataclass
class Numbers:
    """L as a function without arguments, the arrays that it reads, and the size of the terms that it is a sum of."""

    loss: Loss
    arrays: Arrays
    magnitude: float = 1.0


@dataclass
class Gradients:
    """The gradients under test, and what is wrong besides their numbers."""

    arrays: Arrays
    problems: list[str] = field(default_factory=list)


class ModelSubject:
    """A compiled model on one batch; x, y and the sample weights may be structures of arrays."""

    def __init__(self, model: Any, x: Any, y: Any, sample_weight: Any, training: bool) -> None:
        self.model, self.training, self.name = model, training, model.name
        model._build_for(arrays_of(x))
        with in_dtype(model, "float64"):
            self.x, self.y, self.sample_weight = inputs_of(model, x), y, sample_weight
        self.rows = len(flat(self.x)[0])
        graph = model._graph
        self.names = names_of("x", self.x, None if graph is None else [symbol.name for symbol in graph.symbols])
        self.state = State(model)

    @contextmanager
    def numbers(self, dtype: Any) -> Iterator[Numbers]:
        """L and its arrays in a dtype."""
        model = self.model
        with in_dtype(model, dtype):
            x = inputs_of(model, self.x)
            y, w = self._targets(dtype)
            arrays = {p.path: p.value for p in model.trainable_weights} | floats(self.names, x)

            def loss() -> Any:
                self.state.put_back()
                over = Pass()
                value, _ = model._head.forward(model, x, y, w, self.training, over)
                penalties = [p.regularizer(p.value) for p in model.trainable_weights if p.regularizer is not None]
                return value + sum(map(np.sum, over.losses)) + sum(penalties)

            yield Numbers(loss, arrays, abs(loss()))

    def _targets(self, dtype: Any) -> tuple[Any, Any]:
        """Targets and sample weights as the trainer takes them; labels are looked at in float64, not in complex."""
        model = self.model
        model.dtype = "float64"
        y, w = model._targets(self.x, self.y, self.sample_weight)
        model.dtype = dtype
        return y, w

    def gradients(self, dtype: str) -> Gradients:
        """What ``compute_gradients`` gives, the second time it is called, and the gradient of each input."""
        model, problems = self.model, []
        with in_dtype(model, dtype):
            x = inputs_of(model, self.x)
            kept = copied(x)

            def compute() -> Arrays:
                self.state.put_back()
                return model.compute_gradients(x, self.y, self.sample_weight, training=self.training)[1]

            before = model.get_weights()
            first, second = compute(), compute()
            for p, value in zip(model.weights, before, strict=True):
                if not np.array_equal(p.value, value, equal_nan=True):
                    problems.append(f"{p.path}: compute_gradients moved it, and must leave it as it was.")
            for path, g in first.items():
                if not np.array_equal(g, second[path], equal_nan=True):
                    problems.append(f"{path}: the second call on the same batch gives another gradient than the first.")
            self.state.put_back()
            y, w = model._targets(x, self.y, self.sample_weight)
            over = Pass(record=True)
            over.live.update(map(id, flat(x)))
            model._head.forward(model, x, y, w, self.training, over)
            dx = model._head.backward()
            for name, now, was in zip(self.names, flat(x), flat(kept), strict=True):
                if not np.array_equal(now, was, equal_nan=True):
                    problems.append(f"{name}: the model writes into its input.")
        return Gradients(second if dx is None else second | floats(self.names, dx, x), problems)

    def update(self, dtype: str) -> Arrays:
        """(w − w′) / η of one real training step."""
        self.state.put_back()
        return step_gradients(self.model, self.x, self.y, self.sample_weight, dtype=dtype)

    def steps_as_it_predicts(self) -> bool:
        """Whether L is the same when training, as it is not with Dropout."""
        if self.training:
            return True
        values = []
        for training in (False, True):
            other = ModelSubject(self.model, self.x, self.y, self.sample_weight, training)
            other.state = self.state
            with other.numbers("float64") as n:
                values.append(n.loss())
        return values[0] == values[1]


def step_gradients(
    model: Any, x: Any, y: Any, sample_weight: Any = None, *, dtype: str = "float64", rate: float = RATE
) -> Arrays:
    """(w − w′) / η for every trained parameter: the gradient that a training step of plain SGD really takes.

    It is the second of two steps from the same weights on the same batch. The model, its optimizer and its metrics are
    afterwards as before. Constraints are left out.

    >>> from minikeras import Sequential, layers
    >>> model = Sequential([layers.Dense(1, kernel_initializer="ones", input_shape=(1,), name="d")], name="m")
    >>> model.compile("sgd", "mse")
    >>> step_gradients(model, [[1.0]], [[0.0]])["m/d/bias"]
    array([2.])
    """
    kept = {name: getattr(model, name) for name in ("optimizer", "_tracker", "_reusable", "_head")}
    with in_dtype(model, dtype):
        constrained = [(p, p.constraint) for p in model.weights]
        try:
            model.optimizer = SGD(float(rate), name="plain_sgd")
            model._tracker = Tracker(None, None, dtype)
            model._reusable = Workspace()
            for p, _ in constrained:
                p.constraint = None
            cast = inputs_of(model, x)
            targets, weights = model._targets(cast, y, sample_weight)
            model._prepare(cast, training=True)
            before = {p.path: p.value.copy() for p in model.trainable_weights}
            state = State(model)
            model._take_step(cast, targets, weights)  # what this one leaves behind must not matter
            state.put_back()
            for p in model.trainable_weights:
                p.assign(before[p.path])
            model._take_step(cast, targets, weights)
            state.put_back()
            eta = model.optimizer.learning_rate
            return {p.path: (before[p.path] - p.value) / eta for p in model.trainable_weights}
        finally:
            for p, constraint in constrained:
                p.constraint = constraint
            for name, value in kept.items():
                setattr(model, name, value)


class LayerSubject:
    """A layer on one batch, under a random cotangent; x and y may be structures of arrays.

    Args:
        draw: True draws every parameter at random, since a bias of zeros or a scale of ones hides a wrong formula.
    """

    def __init__(self, layer: Any, x: Any, training: bool, rng: np.random.Generator, draw: bool = True) -> None:
        self.layer, self.training = layer, training
        self.x = mapped(np.asarray, x)
        self.name = f"{layer.name} ({type(layer).__name__})"
        layer(mapped(lambda a: a[:1], self.x))
        self.drawn = [(p, _drawn(p, rng) if draw else p.value) for p in layer.weights]
        self.state = State(layer)
        with self._in_dtype("float64"):
            outputs = flat(self._forward(self._inputs("float64")))
            self.u = [rng.normal(size=y.shape) for y in outputs]

    @contextmanager
    def _in_dtype(self, dtype: Any) -> Iterator[None]:
        """The layer in a dtype, with copies of the drawn parameters."""
        with in_dtype(self.layer, dtype):
            self.state.put_back()
            for p, value in self.drawn:
                p.value[...] = value
            self.start = State(self.layer)
            yield

    def _inputs(self, dtype: Any) -> Any:
        return mapped(lambda a: np.array(a, dtype if a.dtype.kind in "fc" else a.dtype), self.x)

    def _forward(self, x: Any, record: bool = False) -> Any:
        self.start.put_back()
        return self.layer(x, training=self.training, record=record)

    def _terms(self, y: Any) -> Any:
        return np.concatenate([(u * a).ravel() for u, a in zip(self.u, flat(y), strict=True)])

    @contextmanager
    def numbers(self, dtype: Any) -> Iterator[Numbers]:
        """L and its arrays in a dtype."""
        with self._in_dtype(dtype):
            x = self._inputs(self.layer.dtype)
            arrays = {p.path: p.value for p in self.layer.trainable_weights}
            terms = np.abs(self._terms(self._forward(x)))
            arrays |= floats(names_of("x", x), x)
            yield Numbers(lambda: self._terms(self._forward(x)).sum(), arrays, float(terms.sum()))

    def gradients(self, dtype: str) -> Gradients:
        """What ``backward`` gives after two calls, and whether it keeps the contract of a layer."""
        layer, problems = self.layer, []
        with self._in_dtype(dtype):
            x = self._inputs(dtype)
            u = [a.astype(dtype) for a in self.u]
            kept = copied(x), copied(u)

            def compute() -> Arrays:
                y = self._forward(x, record=True)
                for a in flat(y):
                    if a.dtype != dtype:
                        problems.append(f"call() gives {a.dtype} from {dtype}: a constant of another dtype?")
                dx = layer.backward(pack(y, u))
                left = layer._recorded[:]
                layer._recorded.clear()
                if left:
                    problems.append("backward() left a recorded call behind; it must take saved() once for each call.")
                found = {p.path: p.grad.copy() for p in layer.trainable_weights}
                named = {} if dx is None else floats(names_of("x", x), dx, x)
                return found | {name: np.array(d) for name, d in named.items()}

            first, second = compute(), compute()
            for path, g in first.items():
                if not np.array_equal(g, second[path], equal_nan=True):
                    problems.append(
                        f"{path}: the second backward() gives another gradient than the first; it must overwrite "
                        f"Parameter.grad, not add to it."
                    )
            for name, now, before in (("x", x, kept[0]), ("dy", u, kept[1])):
                if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(flat(now), flat(before), strict=True)):
                    problems.append(f"{name}: the layer writes into it.")
            for name, a in zip(names_of("x", x), flat(x), strict=True):
                if name in first and first[name].shape != a.shape:
                    problems.append(
                        f"{name}: backward() returned dx of shape {first[name].shape} for x of shape {a.shape}."
                    )
                    del first[name]
        return Gradients(first, list(dict.fromkeys(problems)))


def _drawn(p: Any, rng: np.random.Generator) -> np.ndarray:
    """Random values for a parameter: near its own ones, and positive where those are positive (a variance)."""
    if p.value.dtype.kind not in "fc":
        return p.value.copy()
    values = p.value + 0.5 * rng.normal(size=p.shape)
    positive = not p.trainable and p.value.size > 0 and bool((p.value > 0).all())
    return np.abs(values) + 0.1 if positive else values


class LossSubject:
    """A loss on one batch, with random weights on its values."""

    def __init__(self, loss: Any, y_true: Any, y_pred: np.ndarray, sample_weight: np.ndarray) -> None:
        self.loss, self.y_true, self.y_pred, self.w = loss, y_true, y_pred, sample_weight
        self.name = f"{loss.name} ({type(loss).__name__})"

    @contextmanager
    def numbers(self, dtype: Any) -> Iterator[Numbers]:
        """L and y_pred in a dtype."""
        y = np.array(self.y_pred, dtype)

        def loss() -> Any:
            return np.sum(self.loss(self.y_true, y, self.w))

        yield Numbers(loss, {"y_pred": y}, abs(loss()))

    def gradients(self, dtype: str) -> Gradients:
        """What ``backward`` gives."""
        y = np.array(self.y_pred, dtype)
        kept, problems = y.copy(), []
        dy = np.array(self.loss.backward(self.y_true, y, self.w))
        if not np.array_equal(y, kept):
            problems.append("y_pred: the loss writes into it.")
        if dy.shape != y.shape:
            return Gradients({}, [f"y_pred: backward() returned shape {dy.shape} for y_pred of shape {y.shape}."])
        return Gradients({"y_pred": dy}, problems)
