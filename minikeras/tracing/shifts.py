"""A recorded step walked again, with numbers added to its arrays: what :mod:`minikeras.tracing.verify` differentiates.

With s a zero added to a layer's input, to its z, or to its parameters in one of its calls, ∂L/∂s is the gradient there.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from typing import Any
from unittest.mock import patch

import numpy as np

from .. import kernels
from ..activations import Activation
from ..layers.regularization.dropout import Dropout
from ..layers.within import State
from ..structures import flat, mapped
from ..testing.inputs import names_of
from .quantities import LayerTrace
from .record import trained


def by_layer(layers: list[LayerTrace]) -> Iterable[tuple[Any, list[LayerTrace]]]:
    """Each layer with its calls, in their order."""
    found: dict[int, list[LayerTrace]] = {}
    for recorded in layers:
        found.setdefault(id(recorded.layer), []).append(recorded)
    return [(calls[0].layer, calls) for calls in found.values()]


@contextmanager
def again(trace: Any) -> Iterator[None]:
    """The model as it was before the step; Dropout drops what it dropped, whatever the dtype."""
    step = trace.step
    now = State(step.model)
    with ExitStack() as stack:
        stack.callback(now.put_back)
        for p in step.model.weights:
            stack.enter_context(patch.object(p, "value", step.before[p.path].copy()))
        for layer, calls in by_layer(trace.layers):
            if isinstance(layer, Dropout) and "keep" in calls[0].quantities:
                keeps = cycle([recorded["keep"].value for recorded in calls])
                stack.enter_context(patch.object(layer, "call", _dropping(layer, keeps)))
        step.state.put_back()
        yield


def _dropping(layer: Dropout, keeps: Iterator[np.ndarray]) -> Callable[..., np.ndarray]:
    def call(x: np.ndarray, training: bool = False) -> np.ndarray:
        keep = next(keeps)
        layer.save(keep=keep)
        return layer._drop(x, keep, "y")

    return call


class _Shifted(Activation):
    """An activation that adds a shift to z first, at each call the next one; None adds nothing."""

    def __init__(self, activation: Any, shifts: Iterator[np.ndarray | None]) -> None:
        super().__init__(activation.__name__)
        self._right, self._shifts = activation, shifts

    def forward(self, z: np.ndarray, y: np.ndarray) -> None:
        shift = next(self._shifts)
        if shift is not None:
            z += shift.reshape(z.shape)
        self._right.forward(z, y)

    def forward_bias(self, z: np.ndarray, b: np.ndarray, y: np.ndarray) -> None:
        kernels.select(z.dtype).add_bias(z, b)
        self.forward(z, y)


@contextmanager
def shifted(head: Any, recorded: list[LayerTrace], shifts: dict[str, np.ndarray]) -> Iterator[None]:
    """Layers that add a shift to their inputs, to their parameters in one call of several, and to z where they have
    one; the loss, to logits that it gets."""
    absorbing = {id(h.absorbed): h for h in getattr(head, "heads", [head]) if h.absorbed is not None}
    with ExitStack() as stack:
        for layer, calls in by_layer(recorded):
            at = [{t[len(c.name) + 1 :]: s for t, s in shifts.items() if t.startswith(f"{c.name}/")} for c in calls]
            zs: list[Any] = [own.pop("z", None) for own in at]
            if any(at):
                stack.enter_context(patch.object(layer, "call", _at_call(layer, cycle(at))))
            if id(layer) in absorbing:
                h = absorbing[id(layer)]
                stack.enter_context(patch.object(h, "loss_of", _at_logits(h.loss_of, zs[0])))
            elif any(z is not None for z in zs):
                stack.enter_context(patch.object(layer, "activation", _Shifted(layer.activation, cycle(zs))))
        yield


def _at_call(layer: Any, shifts: Iterator[dict[str, np.ndarray]]) -> Callable[..., Any]:
    right = layer.call

    def call(*args: Any, **kwargs: Any) -> Any:
        own = next(shifts)
        named = {name: a for name, a in kwargs.items() if isinstance(a, np.ndarray) and not name.endswith("mask")}
        inputs = [*flat(args), *named.values()]
        moved = iter([_plus(a, own.get(name)) for name, a in zip(names_of("x", inputs), inputs, strict=True)])
        args, named = mapped(lambda _: next(moved), args), {name: next(moved) for name in named}
        with ExitStack() as stack:
            for p in trained(layer):
                if p.name in own:
                    stack.enter_context(patch.object(p, "value", p.value + own[p.name]))
            return right(*args, **kwargs | named)

    return call


def _plus(x: Any, shift: Any) -> Any:
    return x if shift is None else x + shift.reshape(x.shape)


def _at_logits(loss_of: Callable[..., Any], shift: Any) -> Callable[..., Any]:
    return lambda y_pred, *args: loss_of(_plus(y_pred, shift), *args)
