"""Is every gradient of a step right? Each is held against numbers that know nothing of the backward pass.

With s a zero added to a layer's input, or to its z, ∂L/∂s is the delta there; so every tensor of the step can be
differentiated numerically, and not the weights alone.

>>> import minikeras as keras
>>> model = keras.Sequential([keras.layers.Dense(2, activation="softmax", input_shape=(3,), name="out")])
>>> model.compile(loss="sparse_categorical_crossentropy")
>>> verification = model.trace(np.eye(3), [0, 1, 1]).verify(methods=("complex", "central"))
>>> verification.passed, verification["out/kernel", "complex"].error < 1e-12
(True, True)
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from .. import kernels
from ..activations import Activation
from ..errors import require
from ..layers.base import Layer
from ..layers.dense import Dense
from ..layers.last_activation import LastActivation
from ..layers.regularization.dropout import Dropout
from ..layers.within import State
from ..testing.autodiff import differentiate
from ..testing.checker import Checker, compared
from ..testing.precision import in_dtype
from ..testing.result import GradientCheck, Row
from ..testing.subjects import Gradients, ModelSubject, Numbers
from ..testing.tolerances import limit, noise, rounded
from .record import Step, record
from .trace import LayerTrace, Quantity, Trace

METHODS = {"complex": "complex step", "central": "differences", "keras": "Keras"}
OWN = "own dtype"


@dataclass
class Verification(GradientCheck):
    """What :meth:`Trace.verify` found: a :class:`~minikeras.testing.GradientCheck` with a line for each tensor.

    A tensor is named by what the gradient is of: "dense/kernel", "dense/bias", "dense/x" for the layer's input,
    "dense/z" for its pre-activation. Methods are "complex", "central" and "keras", which judge the step in float64; and
    "own dtype", the traced numbers themselves beside those of float64.

    Attributes:
        shapes: of every gradient, by tensor.
        titles: of the columns, by method.
    """

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def ticks(self, tensor: str) -> dict[str, str]:
        """For each column a tick or a cross with the error, or a dash where nothing was compared."""
        rows = {row.method: row for row in self.rows if row.tensor == tensor}
        return {title: _tick(rows.get(method)) for method, title in self.titles.items()}

    def cells(self) -> list[tuple[str, ...]]:
        head = ("gradient of", "shape", *self.titles.values())
        return [head, *((t, str(shape), *self.ticks(t).values()) for t, shape in self.shapes.items())]

    def notes(self) -> str:
        lines = [super().notes()]
        if OWN in self.titles:
            lines.append(f"{self.titles[OWN]}: the traced numbers beside a float64 copy's, which the others judge.")
        return "\n".join(line for line in lines if line)


def _tick(row: Row | None) -> str:
    return "–" if row is None else f"{'✓' if row.passed else '✗'} {row.error:.0e}"


class StepSubject(ModelSubject):
    """A step as a thing to check: L as a function of the trained parameters, every layer's input, every Dense's z."""

    def __init__(self, trace: Trace) -> None:
        step: Step = trace.step
        super().__init__(step.model, step.x, step.y, step.sample_weight, training=True)
        self.traced = trace.layers if step.model.dtype == "float64" else None
        self.parameters = {f"{layer.name}/{p.name}": p for layer in self.model.layers for p in layer.trainable_weights}

    def gradients(self, dtype: str) -> Gradients:
        """The traced ones if they are in float64, else those of the step walked again."""
        with in_dtype(self.model, dtype):
            self.state.put_back()
            x = np.array(self.x, dtype)
            self.recorded, *_ = record(self.model, x, *self.model._targets(x, self.y, self.sample_weight))
        return Gradients(tensors(self.traced or self.recorded))

    @contextmanager
    def numbers(self, dtype: Any) -> Iterator[Numbers]:
        shifts = {t: np.zeros(g.shape, dtype) for t, g in tensors(self.recorded).items() if t not in self.parameters}
        with super().numbers(dtype) as n, _shifted(self.model, self.model.layers, shifts):
            yield replace(n, arrays={t: n.arrays[p.path] for t, p in self.parameters.items()} | shifts)


def verify(trace: Trace, methods: Sequence[str], probes: int | None, seed: int) -> Verification:
    """:meth:`minikeras.tracing.Trace.verify`."""
    for method in methods:
        if method not in METHODS:
            raise ValueError(f"Unknown method: {method!r}. Expected some of {tuple(METHODS)}.")
    mine = tensors(trace.layers)
    result = Verification(trace.model_name, "float64", shapes={t: g.shape for t, g in mine.items()})
    result.titles = {method: METHODS[method] for method in methods}
    with again(trace):
        subject = StepSubject(trace)
        by_steps = [method for method in methods if method != "keras"]
        checker = Checker(subject, result, by_steps, probes, np.random.default_rng(seed), None)
        checker.run()
        checker.explain(len(subject.x), {t: p.value for t, p in subject.parameters.items()})
        if "keras" in methods:
            _add_keras(result, subject, checker.mine, trace.loss)
    if subject.model.dtype != "float64":
        result.titles[OWN] = subject.model.dtype
        _add_own(result, trace, subject.recorded, mine, checker.mine)
    return result


def tensors(layers: list[LayerTrace]) -> dict[str, np.ndarray]:
    """Every gradient of a recorded step that something can be added to: of parameters, of an input, of a z before φ.

    A layer's dy is the dx of the layer above.
    """
    return {
        f"{layer.name}/{q.name[1:]}": q.value for layer in layers for q in layer if q.backward and _judged(layer, q)
    }


def _judged(layer: LayerTrace, q: Quantity) -> bool:
    own = {f"d{p.name}" for p in getattr(layer.layer, "trainable_weights", ())}
    at_z = isinstance(getattr(type(layer.layer), "activation", None), LastActivation)
    return q.name in own or (q.name == "dx" and isinstance(layer.layer, Layer)) or (q.name == "dz" and at_z)


@contextmanager
def again(trace: Trace) -> Iterator[None]:
    """The model as it was before the step; Dropout drops what it dropped, whatever the dtype."""
    step = trace.step
    now = State(step.model)
    with ExitStack() as stack:
        stack.callback(now.put_back)
        for p in step.model.weights:
            stack.enter_context(patch.object(p, "value", step.before[p.path].copy()))
        for recorded in trace.layers:
            layer = recorded.layer
            if isinstance(layer, Dropout) and "keep" in recorded.quantities:
                stack.enter_context(patch.object(layer, "call", _dropping(layer, recorded["keep"].value)))
        step.state.put_back()
        yield


def _dropping(layer: Dropout, keep: np.ndarray) -> Callable[..., np.ndarray]:
    def call(x: np.ndarray, training: bool = False) -> np.ndarray:
        layer.save(keep=keep)
        return layer._drop(x, keep, "y")

    return call


class _Shifted(Activation):
    """An activation that adds a shift to z first."""

    def __init__(self, activation: Any, shift: np.ndarray) -> None:
        super().__init__(activation.__name__)
        self._right, self._shift = activation, shift

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        z += self._shift.reshape(z.shape)
        self._right.forward(z, y)

    def forward_bias(self, z: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        kernels.select(z.dtype).add_bias(z, b)
        self.forward(z, y)


@contextmanager
def _shifted(model: Any, layers: Sequence[Any], shifts: dict[str, np.ndarray]) -> Iterator[None]:
    """Layers that add a shift to their input, and to z where they have one; the loss, to logits that it gets."""
    head = model._head
    with ExitStack() as stack:
        for layer in layers:
            at_x, at_z = (shifts.get(f"{layer.name}/{place}") for place in "xz")
            if at_x is not None:
                stack.enter_context(patch.object(layer, "call", _at_input(layer.call, at_x)))
            if at_z is not None and head.fused and layer is layers[-1]:
                stack.enter_context(patch.object(head, "loss_of", _at_logits(head.loss_of, at_z)))
            elif at_z is not None:
                stack.enter_context(patch.object(layer, "activation", _Shifted(layer.activation, at_z)))
        yield


def _at_input(call: Callable[..., Any], shift: np.ndarray) -> Callable[..., Any]:
    return lambda x, *args, **kwargs: call(x + shift.reshape(x.shape), *args, **kwargs)


def _at_logits(loss_of: Callable[..., Any], shift: np.ndarray) -> Callable[..., Any]:
    return lambda y_pred, *args: loss_of(y_pred + shift.reshape(y_pred.shape), *args)


def _add_keras(result: Verification, subject: StepSubject, mine: dict[str, np.ndarray], loss: float) -> None:
    """A row for each tensor from real Keras, or a warning that says why there is none."""
    try:
        keras = require("keras", "parity")
        with _floatx(keras, "float64"):  # the dtype in which Keras computes a loss
            theirs, dtype = _keras(keras, subject)
    except Exception as error:  # not installed, no such layer there, a backend without derivatives
        result.warnings.append(f"Keras: not compared. {error}")
        return
    for tensor, g in theirs.items():
        rounding = noise(abs(loss), g.size, dtype=dtype)
        result.rows.append(compared(tensor, "keras", mine[tensor], g.reshape(mine[tensor].shape), dtype, rounding))


@contextmanager
def _floatx(keras: Any, dtype: str) -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def _keras(keras: Any, subject: StepSubject) -> tuple[dict[str, np.ndarray], str]:
    """Keras's gradients by tensor, and the precision that they can have."""
    from ..saving import to_keras

    with in_dtype(subject.model, "float64"):
        y, w = subject._targets("float64")
        theirs = to_keras(subject.model)
    names: list[str] = []
    stages: list[Callable[[Any], Any]] = []
    for layer, real, recorded in zip(subject.model.layers, theirs.layers, subject.recorded, strict=True):
        names.append(f"{layer.name}/x")
        if isinstance(layer, Dense):  # cut in two at z
            names.append(f"{layer.name}/z")
            stages += [partial(_product, keras, real), real.activation]
        elif isinstance(layer, Dropout) and "keep" in recorded.quantities:
            kept = keras.ops.convert_to_tensor(recorded["keep"].value * layer._scale, "float64")
            stages.append(partial(operator.mul, kept))
        else:
            stages.append(real)
    _, _, dx, dv = differentiate(theirs, np.array(subject.x, "float64"), y, w, stages)
    found = dict(zip(names, dx, strict=True)) | dict(zip(subject.parameters, dv, strict=True))
    double = keras.config.backend() != "torch" and all(g.dtype == np.float64 for g in found.values())
    return found, "float64" if double else "float32"  # Keras's matmul on torch is in float32 whatever it gets


def _product(keras: Any, dense: Any, x: Any) -> Any:
    z = keras.ops.matmul(x, dense.kernel)
    return z if dense.bias is None else keras.ops.add(z, dense.bias)


def _add_own(
    result: Verification,
    trace: Trace,
    recorded: list[LayerTrace],
    mine: dict[str, np.ndarray],
    right: dict[str, np.ndarray],
) -> None:
    """A row for each tensor: the traced numbers against those of the float64 copy."""
    flipped = sum(_flipped(a, b) for a, b in zip(trace.layers, recorded, strict=True))
    for tensor, g in mine.items():
        row = compared(tensor, OWN, g, right[tensor], "float32", rounded(right.values(), g.size))
        result.rows.append(replace(row, limit=np.inf, kinks=flipped) if flipped and not row.passed else row)
    if flipped:
        result.warnings.append(
            f"{OWN}: {flipped} pre-activations are so near 0 that rounding puts them on the other side of a kink."
        )


def _flipped(a: LayerTrace, b: LayerTrace) -> int:
    """How many entries of z, or of x in a layer without one, have another sign in b, if they differ by rounding."""
    at = next((name for name in ("z", "x") if name in a.quantities), None)
    if at is None:  # several inputs
        return 0
    own, copy = a[at].value, b[at].value
    apart = np.abs(own - copy)[(own > 0) != (copy > 0)]
    return len(apart) if apart.max(initial=0) <= limit("complex", "float32") * np.abs(copy).max(initial=0) else 0
