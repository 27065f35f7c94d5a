"""The recorded call, and the chain rule over recorded calls.

A pass that is recorded writes down every call of an operation: the arrays that went in, the arrays that came out, what
the derivative needs, and the calls made inside it. The chain rule is then one loop, last call first
(:meth:`Call.chain`)::

    dy = ∂L/∂(outputs) is known    →    dx = backward(dy)    →    dx is added to ∂L/∂(inputs)

An array is recognised by its identity. An array that several calls took gets the sum of what they give back; a call
whose outputs have no influence on L is skipped; so is one that depends on nothing whose derivative is wanted.

>>> from minikeras import layers
>>> square = layers.Dense(1, use_bias=False, dtype="float64")      # y = (x w) w: the layer is called twice
>>> class Twice(layers.Layer):
...     def __init__(self, **kwargs):
...         super().__init__(**kwargs)
...         self.inner = square
...     def call(self, x):
...         return self.inner(self.inner(x))
>>> twice = Twice(dtype="float64")
>>> square.build((None, 1))
>>> square.set_weights([[[3.0]]])
>>> twice(np.array([[5.0]]), record=True)
array([[45.]])
>>> twice.backward(np.array([[1.0]])), square.kernel.grad          # dx = w², dw = 2 x w
(array([[9.]]), array([[30.]]))
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .errors import NotRecordedError
from .parameter import Parameter
from .running import _running
from .structures import copied, flat, mapped, pack
from .tensor import as_array, plain, wrapped
from .workspace import NEW, Workspace


class Pass:
    """What the calls of one forward pass, and of the backward pass over them, have in common.

    Args:
        record: True writes the calls down; without it nothing is kept.
        workspace: memory that is used again at every step, under its keys; None makes every array anew.
        absorbed: the layers whose last activation is left out, since the loss contains it.
        notes: True keeps every named buffer, dy and dx of every call, for a trace.

    Attributes:
        begun: the call with which the pass was begun, until the caller takes it; None where there was no such one.
        calls: the number of calls so far.
        live: identities of arrays that depend on something whose derivative is wanted.
        masks: from an array's identity to the array and its mask.
        memory: ``memory[key, shape, dtype]`` is an uninitialised array: a new one, or that of the workspace.
        seen: parameters that have a gradient of this pass.
        losses: the losses that layers added, in their order.
        wanted: from the identity of an array whose gradient a tape asks for to that gradient, once it is known.
        left_out: those of the absorbed layers that were called.
    """

    __slots__ = (
        *("absorbed", "begun", "calls", "left_out", "live", "losses", "masks", "memory", "notes", "record", "seen"),
        "wanted",
    )

    def __init__(
        self, record: bool = False, workspace: Workspace | None = None, absorbed: Any = (), notes: bool = False
    ) -> None:
        self.record, self.absorbed, self.notes = record, absorbed, notes
        self.begun: Call | None = None
        self.memory = NEW if workspace is None else workspace
        self.calls = 0
        self.live: set[int] = set()
        self.masks: dict[int, tuple[Any, Any]] = {}
        self.seen: set[Parameter] = set()
        self.losses: list[Any] = []
        self.wanted: dict[int, Any] = {}
        self.left_out: set[Any] = set()

    def depends(self, structure: Any) -> None:
        """Notes that arrays depend on something whose derivative is wanted."""
        if type(structure) is np.ndarray:
            self.live.add(id(structure))
        else:
            self.live.update(map(id, flat(structure)))

    def add_gradient(self, parameter: Parameter, gradient: np.ndarray) -> None:
        """Adds to a parameter's gradient; the first one of the pass overwrites what was there."""
        parameter.rows = None
        if parameter in self.seen:
            parameter.grad[...] += gradient
        else:
            parameter.grad[...] = gradient
            self.seen.add(parameter)


class Call:
    """One call of an operation.

    Attributes:
        operation: what was called.
        outer: the call inside which this one is made, or None; with ``Pass.notes``, also after it was made.
        over: the :class:`Pass` that it belongs to.
        number: its number in the pass; buffers are kept under it.
        training: whether layers such as Dropout behave as in training; None where nothing says so.
        given: the arrays and parameters that were passed, flat; their identities are what other calls know.
        inputs: the arguments as the operation received them (cast to its dtype), in their structure.
        outputs: what it returned, plain arrays in their structure.
        takes_arrays: True if minikeras's own code makes the calls inside it, and so gets plain arrays.
        is_for_users: True if other code gets the outputs: they are given as tensors then.
        saved: what ``backward`` needs.
        inner: the calls made inside it, in their order.
        added: losses that were added inside it and have a gradient: further outputs, for the chain rule.
        dadded: ∂L/∂(added), while it is gone back through.
        wants_dx: True if ∂L/∂(inputs) is wanted.
        live: True if ∂L/∂(outputs) is wanted.
        notes: with ``Pass.notes``, named arrays of this call, and dy and dx.
    """

    given: Any = ()
    inputs: Any = None
    outputs: Any = None
    added: tuple[np.ndarray, ...] = ()
    dadded: Any = ()
    wants_dx = live = going_back = False

    def __init__(self, operation: Any, outer: "Call | None", over: Pass) -> None:
        self.operation, self.outer, self.over = operation, outer, over
        self.takes_arrays = operation is None or operation.takes_arrays
        self.is_for_users = outer is None or not outer.takes_arrays
        self.number = over.calls = over.calls + 1
        self.training: bool | None = None if outer is None else outer.training
        self.saved: dict[str, Any] = {}
        self.inner: list[Call] = []
        self.notes: dict[str, Any] = {}

    # Forward.

    def took(self, given: Any, inputs: Any) -> None:
        """Notes the arguments, before the operation runs."""
        self.given, self.inputs = given, inputs
        live = self.over.live
        for a in given:
            if id(a) in live or (isinstance(a, Parameter) and a.trainable):
                self.wants_dx = True
                if inputs is not a:  # casting may have made new arrays
                    self.over.depends(inputs)
                break

    def gave(self, outputs: Any) -> Any:
        """The outputs as arrays, after the operation ran.

        In a recorded pass they are noted. The call goes into the list of the outer one; without an outer one into that
        of the operation, unless the pass was begun with it: then ``Pass.begun`` has it.
        """
        if type(outputs) is not np.ndarray:
            outputs = mapped(as_array, outputs)
        over, outer = self.over, self.outer
        if not over.record:
            return outputs
        self.outputs = outputs
        if self.wants_dx or self.operation.is_trained or any(call.live for call in self.inner):
            self.live = True
            over.depends(outputs)
        if outer is None:
            if over.begun is not self:
                self.operation._recorded.append(self)
            return outputs
        outer.inner.append(self)
        if self.added:
            outer.added += self.added
        if not over.notes:
            self.outer = None  # no circle of references: the calls of a step go with the next one
        return outputs

    @classmethod
    @contextmanager
    def root(cls, over: Pass, training: bool | None = None, outer: "Call | None" = None) -> "Iterator[Call]":
        """A call of no operation: the calls inside the ``with`` block are its inner ones."""
        call = cls(None, outer, over)
        call.training = training
        token = _running.set(call)
        try:
            yield call
        finally:
            _running.reset(token)

    # Backward.

    def back(self, dy: Any, added: Any = ()) -> Any:
        """∂L/∂(inputs) from ∂L/∂(outputs) and ∂L/∂(added), and the gradients of the operation's parameters."""
        operation, seen = self.operation, self.over.seen
        token = _running.set(self)
        self.going_back, self.dadded = True, added
        try:
            if operation is None or not operation.has_backward:
                dx = self.chain(dy)
            else:
                own = operation.own_parameters
                again = () if seen.isdisjoint(own) else [(p, p.grad.copy()) for p in own if p in seen]
                dx = operation.backward(dy)
                if self.over.notes:
                    self.notes |= {f"d{p.name}": p.grad.copy() for p in own}
                for p, gradient in again:
                    p.grad[...] += gradient
                seen.update(own)
        finally:
            self.going_back = False
            _running.reset(token)
        if self.over.notes:
            self.notes |= {"dy": copied(dy), "dx": copied(dx)}
        return dx

    def chain(self, dy: Any, added: Any = None, of: Any = None, to: Any = None) -> Any:
        """The chain rule over the calls inside: ∂L/∂(inputs), in the inputs' structure.

        Args:
            dy, added: ∂L/∂(of), and ∂L/∂(self.added) if it is not known from :meth:`back`.
            of, to: other arrays of the calls inside in place of the outputs and the inputs.
        """
        d = Cotangents(self)
        d.add(flat(self.outputs if of is None else of), flat(dy))
        if self.added:
            d.add(self.added, self.dadded if added is None else added)
        for call in reversed(self.inner):
            if call.live:
                d.go_back(call)
        self._check_that_all_was_recorded(d)
        return d.pop(self.inputs if to is None else to) if self.wants_dx else None

    def _check_that_all_was_recorded(self, d: "Cotangents") -> None:
        """Raises NotRecordedError for an output that no recorded call made: its gradient would be lost."""
        if not d.reaches(self.outputs):
            return
        lost = [a for a in flat(self.outputs) if d.reaches(a)]
        known = {id(a) for call in self.inner for a in flat(call.outputs)} | {id(a) for a in flat(self.inputs)}
        if any(id(a) not in known for a in lost):
            of = self.operation
            name = "__call__" if of is None else f"call() of '{of.name}' ({type(of).__name__})"
            raise NotRecordedError(
                f"{name} returned an array that no recorded operation made, so no gradient can go back through it. "
                f"Compute it with minikeras.ops, or give the class a backward() method."
            )


class Cotangents:
    """∂L/∂a for arrays a, by identity, while a backward pass runs; parameters get theirs into ``grad``."""

    def __init__(self, call: Call) -> None:
        self._call, self._sums = call, 0
        self._known: dict[int, np.ndarray] = {}
        self._own: set[int] = set()  # those that are sums made here; a dy of another call is never written into

    def add(self, arrays: Iterable[Any], gradients: Iterable[Any]) -> None:
        """Adds one gradient to each array's, where there is one."""
        known = self._known
        for a, gradient in zip(arrays, gradients, strict=False):
            if gradient is None:
                continue
            key = id(a)
            if isinstance(a, Parameter):
                self._call.over.add_gradient(a, gradient)
            elif key not in known:
                known[key] = gradient
            elif key in self._own:
                known[key] += gradient
            else:
                self._sums += 1
                name, before = (self._call.number, f"sum {self._sums}"), known[key]
                total = self._call.over.memory[name, before.shape, before.dtype]
                known[key] = np.add(before, gradient, out=total)
                self._own.add(key)

    def reaches(self, structure: Any) -> bool:
        """True if the gradient of some array is known."""
        if type(structure) is np.ndarray:
            return id(structure) in self._known
        return not self._known.keys().isdisjoint(map(id, flat(structure)))

    def go_back(self, call: Call) -> None:
        """Takes the gradients of a call's outputs, or of losses added inside, and adds those of its inputs."""
        if not (self.reaches(call.outputs) or (call.added and self.reaches(call.added))):
            return  # L does not depend on them
        if wanted := self._call.over.wanted:  # an array that calls inside pass on is complete at the one that made it
            wanted |= {id(a): self.peek(a) for a in flat(call.outputs) if id(a) in wanted and self.reaches(a)}
        added = self.pop(call.added) if call.added else ()
        dx = call.back(self.pop(call.outputs), added)
        if dx is not None:
            self.add(call.given, (dx,) if type(dx) is np.ndarray else flat(dx))

    def peek(self, array: Any) -> Any:
        """∂L/∂array as far as it is known, or None."""
        return self._known.get(id(array))

    def pop(self, structure: Any) -> Any:
        """Takes the gradients of some arrays out, in their structure; None where there is none."""
        if type(structure) is np.ndarray:
            return self._known.pop(id(structure), None)
        arrays = flat(structure)
        taken = {key: self._known.pop(key, None) for key in {id(a): a for a in arrays}}  # one may occur twice
        return pack(structure, (taken.pop(id(a), None) for a in arrays))


def pulled(f: Any, x: np.ndarray, dy: Any = None) -> np.ndarray:
    """Σ dy ∂f(x)/∂x for a function written with :mod:`minikeras.ops`; dy is 1 by default.

    >>> pulled(lambda x: (x * x).sum(), np.array([1.0, 2.0]))
    array([2., 4.])
    """
    with Call.root(Pass(record=True)) as root:
        given = wrapped(np.array(x))
        root.inputs, root.wants_dx = given.plain, True
        root.over.live.add(id(given.plain))
        root.outputs = np.asarray(plain(f(given)))
        dx = root.chain(np.ones_like(root.outputs) if dy is None else dy)
    return np.zeros_like(x) if dx is None else dx


def last_call(operation: Any) -> Call:
    """The latest recorded call of an operation that was not gone back through; it is taken out.

    Raises:
        NotRecordedError: if there is none.
    """
    call = _running.get()
    if call is not None and call.going_back:
        if operation is call.operation or operation is getattr(call.operation, "operation", None):
            return call
        for i in reversed(range(len(call.inner))):  # a layer whose own backward goes through its layers by hand
            if call.inner[i].operation is operation:
                return call.inner.pop(i)
    if not operation._recorded:
        raise NotRecordedError(
            f"backward() of '{operation.name}' needs a recorded forward pass before it: "
            f"call the layer or its model with record=True, and go back once for each such call."
        )
    return operation._recorded.pop()
