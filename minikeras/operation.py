"""Operation: whatever has a forward and a backward; every layer and every function of ``ops`` is one.

An operation is written as two methods that stand side by side::

    call(x)            y = f(x), and self.save(…) of what the derivative needs
    backward(dy)       dx = ∂L/∂x, given dy = ∂L/∂y; what was saved is in self.saved()

``call`` may take and return one array, or a list, tuple or dictionary of arrays. ``backward`` then gets what ``call``
returned and gives what ``call`` took: ∂L/∂ of each array in its place. With several arguments it gives a tuple with one
entry for each. An output that nothing used has dy None. ``backward`` writes into none of these arrays.

An operation that only calls other operations needs no ``backward``: the chain rule over the calls inside is inherited
(:mod:`minikeras.calls`).

>>> class Square(Operation):
...     def call(self, x):
...         self.save(x=x)
...         return x * x
...     def backward(self, dy):
...         return 2 * self.saved()["x"] * dy
>>> square = Square()
>>> square(np.array([3.0]), record=True)
array([9.])
>>> square.backward(np.array([1.0]))
array([6.])
"""

from functools import partial, wraps
from typing import Any

import numpy as np

from . import config, graph
from .calls import Call, Pass, last_call
from .parameter import Parameter
from .running import _running
from .structures import flat, mapped, pack
from .tensor import KerasTensor, Tensor, plain, wrapped


class Operation:
    """A function of arrays with its derivative; see the module."""

    #: True if the class has a backward of its own; without one, the calls inside are gone back through.
    has_backward = False
    #: True if this backward goes through the calls inside by ``Call.chain``, and so knows of losses added there.
    chains = False
    #: True if ``call`` is minikeras's own and gets plain arrays; other code between operations sees Tensors.
    takes_arrays = False
    #: True if it has parameters whose gradient is wanted.
    is_trained = False
    #: The parameters into whose ``grad`` its ``backward`` writes.
    own_parameters: Any = ()
    #: The dtype of its buffers.
    _dtype: Any = np.dtype("float64")

    #: Its calls on symbols, of the class :class:`~minikeras.graph.Node`.
    _inbound_nodes: Any = ()

    _top: list[Call]

    def __init__(self, name: str | None = None) -> None:
        self.name = name or config.unique_name(type(self).__name__)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in vars(cls):
            giver = next(base for base in cls.__mro__ if "backward" in vars(base))
            #: A base without a call gives its backward to the calls of its subclasses; the backward beside another
            #: class's call belongs to that call alone.
            cls.has_backward = giver is cls or (giver is not Operation and "call" not in vars(giver))
            if cls.has_backward:
                cls.call = _recordable(cls.call, cls.backward)  # type: ignore[method-assign]
            else:
                cls.backward = Operation.backward  # type: ignore[method-assign]
            if "takes_arrays" not in vars(cls):
                cls.takes_arrays = cls.has_backward

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """y = f(x); keeps what ``backward`` needs with ``self.save(…)``."""
        raise NotImplementedError(f"{type(self).__name__} does not have a `call()` method implemented.")

    def backward(self, dy: Any) -> Any:
        """dx from dy, and the gradient of every parameter into its ``grad``. Writes into neither x nor dy."""
        call = last_call(self)
        return call.chain(dy) if call.going_back else call.back(dy)

    def __call__(self, *args: Any, record: bool = False, **kwargs: Any) -> Any:
        """Forward pass on arrays; on symbols (:class:`~minikeras.tensor.KerasTensor`), one more node of their graph."""
        arguments = flat(args) + flat(tuple(kwargs.values()))
        if any(isinstance(a, KerasTensor) for a in arguments):
            return self.symbolic_call(*args, **kwargs)
        outer = _running.get()
        call = Call(self, outer, Pass(record) if outer is None else outer.over)
        given = [a if isinstance(a, Parameter) else plain(a) for a in arguments]
        if record and outer is None:
            call.over.depends(given)
        values = [a.value if isinstance(a, Parameter) else a for a in given]
        inputs = args[0] if len(args) == 1 and not kwargs else (*args, *kwargs.values())
        if call.over.record:
            call.took(given, pack(inputs, values))
        args, named = pack((args, tuple(kwargs.values())), values)
        tensors = call.is_for_users or any(isinstance(a, Tensor) for a in arguments)
        outputs = self._run(call, args, dict(zip(kwargs, named, strict=True)))
        return mapped(wrapped, outputs) if tensors else outputs

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """The symbols of the outputs; the call becomes a node of their graph."""
        return graph.call(self, args, kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Symbols with the outputs' shapes and dtypes, for arguments with symbols among them."""
        return graph.inferred(self, args, kwargs)

    @property
    def input(self) -> Any:
        """The symbol, or list of symbols, that it was first called on."""
        return self._first_node("input").input

    @property
    def output(self) -> Any:
        """The symbol, or list of symbols, that its first call gave."""
        return self._first_node("output").output

    def _first_node(self, what: str) -> Any:
        if not self._inbound_nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {what}: call it on an Input, "
                f"or build the model that it is in."
            )
        return self._inbound_nodes[0]

    def __getstate__(self) -> dict[str, Any]:
        """A copy has no nodes; those of a graph are made again with it."""
        return {name: value for name, value in vars(self).items() if name != "_inbound_nodes"}

    def _run(self, call: Call, args: Any, kwargs: dict[str, Any]) -> Any:
        """Runs ``call`` as the running call; plain arrays."""
        token = _running.set(call)
        try:
            outputs = self.call(*args, **kwargs)
        finally:
            _running.reset(token)
        return call.gave(outputs)

    @property
    def _recorded(self) -> list[Call]:
        """The recorded calls that were made outside any other one and not gone back through."""
        if "_top" not in vars(self):
            self._top = []
        return self._top

    # What call and backward use.

    def save(self, **values: Any) -> None:
        """Keeps what ``backward`` needs, if this call is recorded."""
        call = _running.get()
        if call is not None and call.over.record:
            call.saved.update(values)

    def saved(self) -> dict[str, Any]:
        """What the call that is gone back through saved; outside a backward pass, the latest recorded call.

        Raises:
            NotRecordedError: if there is none.
        """
        return last_call(self).saved

    def buffer(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """An uninitialised array: a new one, or in a step of ``fit`` the same memory at every step.

        Args:
            dtype: by default that of the layer.
        """
        call = _running.get()
        if dtype is None:
            dtype = self._dtype
        if call is None:
            return np.empty(shape, dtype)
        over = call.over
        array = over.memory[(call.number, name), shape, dtype]
        if over.notes:
            call.notes[name] = array
        return array

    @property
    def wants_dx(self) -> bool:
        """False if nothing reads the dx that ``backward`` returns; it may then return None and save the work."""
        call = _running.get()
        return call is None or call.wants_dx or not call.going_back


class Inherited(Operation):
    """The call and backward of a base class as one operation, for ``super().call(x)`` in a subclass.

    A subclass that defines ``call`` and no ``backward`` gets its derivative from the calls inside it, and this is one.
    """

    def __init__(self, operation: Operation, call: Any, backward: Any) -> None:
        self.name, self.operation = operation.name, operation
        self.call, self.backward = partial(call, operation), partial(backward, operation)  # type: ignore[method-assign]

    has_backward = takes_arrays = True

    @property
    def is_trained(self) -> bool:  # type: ignore[override]
        return self.operation.is_trained

    @property
    def own_parameters(self) -> Any:  # type: ignore[override]
        return self.operation.own_parameters


def _recordable(call: Any, backward: Any) -> Any:
    """``call``, which records itself if it runs inside the ``call`` of a subclass that has no backward of its own."""

    @wraps(call)
    def recordable(self: Operation, *args: Any, **kwargs: Any) -> Any:
        if self.has_backward:
            return call(self, *args, **kwargs)
        return Inherited(self, call, backward)(*args, **kwargs)

    return recordable
