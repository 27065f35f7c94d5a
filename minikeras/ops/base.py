"""What every function of ``ops`` is: an Operation without parameters, and Keras's function beside it.

An operation's class has the constructor arguments of Keras's class, written as annotations; ``call`` takes the arrays.
Keras's function takes both, the arrays first:

>>> class Scale(Op):
...     '''y = by · x;  dx = by · dy.'''
...     by: float = 2.0
...     def call(self, x):
...         return self.by * x
...     def backward(self, dy):
...         return self.by * dy
>>> scale = Scale.function()
>>> scale(np.array([1.0, 2.0]), by=3.0)
array([3., 6.])
>>> Scale(3.0, name="triple").get_config()
{'name': 'triple', 'by': 3.0}

Three bases save writing: :class:`Elementwise` (y = f(x), dx = f′(x) dy), :class:`Binary` (two arrays that are stretched
to one shape), and :func:`constant` for functions without a derivative.

Dtypes: a list of floats is an array of ``floatx``; where an array of floats meets one of integers, the result has the
floats' dtype, as in Keras.
"""

from inspect import Parameter as Argument
from inspect import Signature, signature
from types import FunctionType, ModuleType
from typing import Any, ClassVar

import numpy as np

from .. import config
from ..operation import Operation
from ..parameter import Parameter
from ..running import _running
from ..structures import flat, mapped
from ..tensor import KerasTensor, Tensor, as_array, functions, value, wrapped


class Op(Operation):
    """A recorded function of arrays; see the module."""

    takes_arrays = True
    #: True if ``call`` takes lists of arrays; otherwise a list is one array.
    takes_structures: ClassVar[bool] = False
    #: True if integers are cast to ``floatx``.
    needs_floats: ClassVar[bool] = False
    #: The constructor's arguments.
    arguments: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, name: str | None = None, **given: Any) -> None:
        values = dict(zip(self.arguments, args, strict=False)) | given
        unknown = [key for key in given if key not in self.arguments]
        missing = [key for key in self.arguments if key not in values and not hasattr(self, key)]
        if unknown or missing or len(args) > len(self.arguments):
            raise TypeError(f"{type(self).__name__} takes {self.arguments}. Received: {args}, {given}")
        vars(self).update(values)
        if name is not None:
            self._name = name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = [key for key, kind in vars(cls).get("__annotations__", {}).items() if "ClassVar" not in str(kind)]
        cls.arguments = (*cls.arguments, *(key for key in own if key not in cls.arguments))

    @property
    def name(self) -> str:  # type: ignore[override]
        """Its name in a graph, made when it is first asked for."""
        if "_name" not in vars(self):
            self._name = config.unique_name(type(self).__name__)
        return self._name

    @property
    def differentiable(self) -> bool:
        """False if the results depend on nothing, to the chain rule."""
        return True

    def __call__(self, *args: Any, record: bool = False) -> Any:  # type: ignore[override]
        if not self.takes_structures:
            args = tuple(operand(a, self.needs_floats) for a in args)
        if record or (_running.get() is not None and self.differentiable):
            return super().__call__(*args, record=record)
        leaves = flat(args) if self.takes_structures else args
        if any(isinstance(a, KerasTensor) for a in leaves):
            return self.symbolic_call(*args)
        values = mapped(value, args) if self.takes_structures else map(value, args)
        outputs = self.call(*values)
        outputs = outputs if type(outputs) is np.ndarray else mapped(as_array, outputs)
        return mapped(wrapped, outputs) if any(isinstance(a, Tensor) for a in leaves) else outputs

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, in Keras's form."""
        return {"name": self.name, **{key: getattr(self, key) for key in self.arguments}}

    @classmethod
    def from_config(cls, op_config: dict[str, Any]) -> "Op":
        return cls(**op_config)

    @classmethod
    def function(cls) -> Any:
        """Keras's function: takes the arrays, then the constructor's arguments."""
        arrays = list(signature(cls.call).parameters.values())[1:]
        count = len(arrays)

        def run(*args: Any, **kwargs: Any) -> Any:
            operands = args[:count]
            operands += tuple(kwargs.pop(a.name, a.default) for a in arrays[len(operands) :])
            for a, given in zip(arrays, operands, strict=True):
                if given is Argument.empty:
                    raise TypeError(f"{run.__name__}() misses the argument {a.name!r}")
            y = cls(*args[count:], **kwargs)(*operands)
            return wrapped(y) if isinstance(y, np.ndarray) else mapped(wrapped, y)

        options = [
            Argument(key, Argument.POSITIONAL_OR_KEYWORD, default=getattr(cls, key, Argument.empty))
            for key in cls.arguments
        ]
        run.__signature__ = Signature([*(a.replace(kind=Argument.POSITIONAL_OR_KEYWORD) for a in arrays), *options])  # type: ignore[attr-defined]
        run.__name__ = run.__qualname__ = config.snake_case(cls.__name__)
        run.__doc__, run.__module__ = cls.__doc__, cls.__module__
        return run


class Elementwise(Op):
    """y = f(x), entry by entry;  dx = f′(x) dy.

    A subclass defines ``f(x)`` and ``df(x, y)``, which is f′(x).
    """

    needs_floats = True

    def f(self, x: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define f(x).")

    def df(self, x: np.ndarray, y: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define df(x, y).")

    def call(self, x: np.ndarray) -> np.ndarray:
        y = self.f(x)
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        return dy * self.df(kept["x"], kept["y"])


class Binary(Op):
    """y = f(x1, x2), entry by entry, both stretched to one shape.

    A subclass defines ``f(x1, x2)`` and ``df(dy, x1, x2, y)``, which is the pair dx1, dx2 in the shape of y; each is
    then summed over the axes along which its array was stretched.
    """

    def f(self, x1: Any, x2: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define f(x1, x2).")

    def df(self, dy: np.ndarray, x1: Any, x2: Any, y: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define df(dy, x1, x2, y).")

    def call(self, x1: Any, x2: Any) -> np.ndarray:
        a, b = promoted(x1, x2)
        y = self.f(a, b)
        self.save(shapes=(x1, x2), values=(a, b), y=y)
        return y

    def backward(self, dy: np.ndarray) -> tuple[Any, Any]:
        kept = self.saved()
        (a, b), (x1, x2) = kept["values"], kept["shapes"]
        d1, d2 = self.df(dy, a, b, kept["y"])
        return summed_to(d1, x1), summed_to(d2, x2)


class Constant(Op):
    """A function whose results depend on nothing, to the chain rule: counts, comparisons, positions."""

    @property
    def differentiable(self) -> bool:
        return False

    def backward(self, dy: Any) -> None:
        return None


def constant(f: Any) -> Any:
    """Keras's function from a plain one; the arguments before the slash are arrays.

    >>> @constant
    ... def count_above(x, /, limit=0.0):
    ...     return np.count_nonzero(x > limit)
    >>> count_above([1.0, -2.0, 3.0])
    array(2)
    """
    options = [a for a in signature(f).parameters.values() if a.kind is not Argument.POSITIONAL_ONLY]

    def call(self: Any, *args: Any) -> Any:
        return f(*args, **{a.name: getattr(self, a.name) for a in options})

    arrays = [a.replace(kind=Argument.POSITIONAL_OR_KEYWORD) for a in signature(f).parameters.values()]
    arrays = arrays[: len(arrays) - len(options)]
    call.__signature__ = Signature([Argument("self", Argument.POSITIONAL_OR_KEYWORD), *arrays])  # type: ignore[attr-defined]
    name = "".join(word.capitalize() for word in f.__name__.split("_"))
    body = {"call": call, "__doc__": f.__doc__, "__module__": f.__module__, "__annotations__": {}}
    for option in options:
        body["__annotations__"][option.name] = Any
        if option.default is not Argument.empty:
            body[option.name] = option.default
    made = type(name, (Constant,), body).function()  # type: ignore[attr-defined]
    made.__name__ = made.__qualname__ = f.__name__
    return made


def functions_of(family: ModuleType) -> dict[str, Any]:
    """Keras's functions in a module of ``ops``, by name."""
    found = {name: f for name, f in vars(family).items() if isinstance(f, FunctionType) and not name.startswith("_")}
    return {name: f for name, f in found.items() if f.__module__.startswith(family.__name__)}


# Operands.


def operand(x: Any, needs_floats: bool = False) -> Any:
    """What was passed as an array: lists become one (stacked, if there are tensors in them); numbers stay numbers."""
    if isinstance(x, list | tuple):
        if any(isinstance(a, Tensor | Parameter | KerasTensor) for a in flat(x)):
            x = functions["stack"]([operand(a) for a in x])
        else:
            x = np.asarray(x)
            x = x.astype(config.floatx()) if x.dtype == np.float64 else x
    elif isinstance(x, np.generic):
        x = np.asarray(x)
    if needs_floats:
        if isinstance(x, np.ndarray | Parameter):
            if x.dtype.kind in "biu":
                x = value(x).astype(config.floatx())
        elif isinstance(x, bool | int | float):
            x = np.asarray(x, config.floatx())
    return x


def promoted(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Both with the dtype that Keras gives their result: floats win over integers, whatever their width."""
    a: Any = getattr(x1, "dtype", None)
    b: Any = getattr(x2, "dtype", None)
    kind: Any
    if a is None and b is None:
        kind = config.floatx() if isinstance(x1, float) or isinstance(x2, float) else None
        return np.asarray(x1, kind), np.asarray(x2, kind)
    if a is None or b is None:
        (number, other) = (x1, b) if a is None else (x2, a)
        kind = config.floatx() if isinstance(number, float) and other.kind in "biu" else other
        kind = np.dtype("int32") if other.kind == "b" and type(number) is int else kind
        kind = np.dtype(complex) if isinstance(number, complex) and other.kind != "c" else kind
        return np.asarray(x1, kind), np.asarray(x2, kind)
    if a == b:
        return x1, x2
    if a.kind in "biu" and b.kind in "fc":
        return x1.astype(b), x2
    if b.kind in "biu" and a.kind in "fc":
        return x1, x2.astype(a)
    return x1, x2


def summed_to(d: Any, x: Any) -> Any:
    """d, summed over the axes along which x was stretched; None where x has no derivative."""
    if d is None or not isinstance(x, np.ndarray) or x.dtype.kind not in "fc":
        return None
    if d.ndim > x.ndim:
        d = d.sum(axis=tuple(range(d.ndim - x.ndim)))
    axes = tuple(i for i in range(x.ndim) if x.shape[i] == 1 != d.shape[i])
    if axes:
        d = d.sum(axis=axes, keepdims=True)
    if d.shape != x.shape:
        d = np.broadcast_to(d, x.shape)
    return d if d.dtype == x.dtype else d.astype(x.dtype if d.dtype.kind != "c" else d.dtype)


def normal_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """An axis argument as a tuple of axes from 0; None means all."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a + ndim if a < 0 else a for a in (axis if isinstance(axis, list | tuple) else (axis,)))
