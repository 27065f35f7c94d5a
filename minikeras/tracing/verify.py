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
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..errors import UnsupportedError, require
from ..layers.base import Layer
from ..layers.dense import Dense
from ..layers.last_activation import LastActivation
from ..layers.regularization.dropout import Dropout
from ..layers.within import everyone, members
from ..parameter import Parameter
from ..random import SeedGenerator
from ..testing.autodiff import differentiate, gradients
from ..testing.checker import Checker, compared
from ..testing.inputs import inputs_of
from ..testing.precision import in_dtype
from ..testing.result import GradientCheck, Row
from ..testing.subjects import Gradients, ModelSubject, Numbers
from ..testing.tolerances import limit, noise, rounded
from .quantities import LayerTrace, Quantity
from .record import Step, record, trained
from .shifts import again, by_layer, shifted

METHODS = {"complex": "complex step", "central": "differences", "keras": "Keras"}
OWN = "own dtype"


@dataclass
class Verification(GradientCheck):
    """What :meth:`Trace.verify` found: a :class:`~minikeras.testing.GradientCheck` with a line for each tensor.

    A tensor is named by what the gradient is of: "dense/kernel", "dense/bias", "dense/x" for the layer's input,
    "dense/z" for its pre-activation; "add/x[0]", … for several inputs. For a layer that is called twice, "dense/kernel"
    is the gradient of the first call, "dense (call 2)/kernel" that of the second, and "dense/kernel (all calls)" their
    sum, which the optimizer gets. Methods are "complex", "central" and "keras", which judge the step in float64; and
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

    def __init__(self, trace: Any) -> None:
        step: Step = trace.step
        super().__init__(step.model, step.x, step.y, step.sample_weight, training=True)
        self.parameters = parameters_of(trace.layers, step.model)
        self.own = tensors(trace.layers, self.parameters, trace.gradients)
        self.is_double = {layer.dtype for layer in everyone(step.model)} == {"float64"}

    def gradients(self, dtype: str) -> Gradients:
        """The traced ones if they are in float64, else those of the step walked again."""
        with in_dtype(self.model, dtype):
            self.state.put_back()
            x = inputs_of(self.model, self.x)
            self.recorded, *_ = record(self.model, x, *self.model._targets(x, self.y, self.sample_weight))
            sums = {p.path: p.grad.copy() for p in self.model.trainable_weights}
        self.again = tensors(self.recorded, self.parameters, sums)
        return Gradients(self.own if self.is_double else self.again)

    @contextmanager
    def numbers(self, dtype: Any) -> Iterator[Numbers]:
        shifts = {t: np.zeros(g.shape, dtype) for t, g in self.again.items() if t not in self.parameters}
        with super().numbers(dtype) as n, shifted(self.model._head, self.recorded, shifts):
            yield replace(n, arrays={t: n.arrays[p.path] for t, p in self.parameters.items()} | shifts)


def verify(trace: Any, methods: Sequence[str], probes: int | None, seed: int) -> Verification:
    """:meth:`minikeras.tracing.Trace.verify`."""
    for method in methods:
        if method not in METHODS:
            raise ValueError(f"Unknown method: {method!r}. Expected some of {tuple(METHODS)}.")
    result = Verification(trace.model_name, "float64", titles={method: METHODS[method] for method in methods})
    with again(trace):
        subject = StepSubject(trace)
        result.shapes = {t: g.shape for t, g in subject.own.items()}
        by_steps = [method for method in methods if method != "keras"]
        checker = Checker(subject, result, by_steps, probes, np.random.default_rng(seed), None)
        checker.run()
        checker.explain(subject.rows, {t: p.value for t, p in subject.parameters.items()})
        if "keras" in methods:
            _add_keras(result, subject, checker.mine, trace.loss)
    if not subject.is_double:
        result.titles[OWN] = subject.model.dtype
        _add_own(result, trace, subject.recorded, subject.own, checker.mine)
    return result


def tensors(
    layers: list[LayerTrace], parameters: dict[str, Parameter], sums: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Every gradient of a recorded step that something can be added to: of parameters, of an input, of a z before φ.

    A layer's dy is the dx of the layer above.

    Args:
        parameters: the trained ones, by the names of :func:`parameters_of`.
        sums: their gradients over all calls, by path.
    """
    judged = [(f"{layer.name}/{q.name[1:]}", q.value) for layer in layers for q in layer if _judged(layer, q)]
    found = dict(judged)
    return found | {t: sums[p.path] for t, p in parameters.items() if t not in found}


def parameters_of(layers: list[LayerTrace], model: Any) -> dict[str, Parameter]:
    """The trained parameters by name: "layer/kernel", or the path and "(all calls)" where the layer is called again."""
    named = [(f"{calls[0].name}/{p.name}", p, len(calls)) for layer, calls in by_layer(layers) for p in trained(layer)]
    once = {name: p for name, p, calls in named if calls == 1}
    known, names = set(map(id, once.values())), {name for name, *_ in named}
    others = [p for p in model.trainable_weights if id(p) not in known]
    return once | {f"{p.path} (all calls)" if p.path in names else p.path: p for p in others}


def _judged(layer: LayerTrace, q: Quantity) -> bool:
    own = {f"d{p.name}" for p in trained(layer.layer)}
    at_z = isinstance(getattr(type(layer.layer), "activation", None), LastActivation)
    at_x = isinstance(layer.layer, Layer) and (q.name == "dx" or q.name.startswith("dx["))
    return q.name in own or at_x or (q.name == "dz" and at_z)


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
    """Keras's gradients by tensor, and the precision that they can have.

    Along a Sequential's chain they are taken layer by layer, of other models those of the parameters alone.
    """
    from ..saving import to_keras

    chain = [recorded for recorded in subject.recorded if recorded.layer in subject.model.layers]
    is_chain = subject.model.layers == [recorded.layer for recorded in chain]
    if not is_chain and (random := [each.name for each in everyone(subject.model) if members(each, SeedGenerator)]):
        raise UnsupportedError(f"Of a model that is no chain of layers, random draws cannot be repeated: {random}.")
    with in_dtype(subject.model, "float64"):
        y, w = subject._targets("float64")
        theirs = to_keras(subject.model)
    if is_chain:
        found = _along_the_chain(keras, theirs, subject, chain, y, w)
    else:
        names = {id(p): name for name, p in subject.parameters.items()}
        found = {
            names[id(p)]: g
            for p, g in zip(subject.model.trainable_weights, gradients(theirs, subject.x, y, w), strict=True)
        }
    double = keras.config.backend() != "torch" and all(g.dtype == np.float64 for g in found.values())
    double = double and (is_chain or all(x.dtype == "float64" for x in theirs.inputs))  # Keras casts to these
    return found, "float64" if double else "float32"  # Keras's matmul on torch is in float32 whatever it gets


def _along_the_chain(
    keras: Any, theirs: Any, subject: StepSubject, chain: list[LayerTrace], y: Any, w: Any
) -> dict[str, np.ndarray]:
    """Keras's gradients of every layer's input and z, and of the parameters."""
    names: list[str] = []
    stages: list[Callable[[Any], Any]] = []
    for layer, real, recorded in zip(subject.model.layers, theirs.layers, chain, strict=True):
        names.append(f"{layer.name}/x")
        if isinstance(layer, Dense):  # cut in two at z
            names.append(f"{layer.name}/z")
            stages += [partial(_product, keras, real), real.activation]
        elif isinstance(layer, Dropout) and "keep" in recorded.quantities:
            kept = keras.ops.convert_to_tensor(recorded["keep"].value * layer._scale, "float64")
            stages.append(partial(operator.mul, kept))
        else:
            stages.append(partial(real, training=True))
    _, _, dx, dv = differentiate(theirs, subject.x, y, w, stages)
    return dict(zip(names, dx, strict=True)) | dict(zip(subject.parameters, dv, strict=True))


def _product(keras: Any, dense: Any, x: Any) -> Any:
    z = keras.ops.matmul(x, dense.kernel)
    return z if dense.bias is None else keras.ops.add(z, dense.bias)


def _add_own(
    result: Verification,
    trace: Any,
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
