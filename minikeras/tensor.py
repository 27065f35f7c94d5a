"""What code between operations sees: recorded arrays (Tensor) and symbols of a graph (KerasTensor).

Both can be calculated with (:class:`Arithmetic`), as can parameters: each operator, method and NumPy function is the
function of :mod:`minikeras.ops` of that name, and so is recorded with its derivative. A NumPy function that ``ops`` has
not is an error where a gradient must pass its result, since the gradient would be lost. On arrays that nothing depends
on, NumPy just computes.

>>> t = wrapped(np.array([[1.0, 2.0], [3.0, 4.0]]))
>>> (t[0] * 2 + 1).sum()
array(8.)
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from . import config
from .running import running
from .structures import flat, mapped

#: NumPy's names where ``ops`` has another one.
_OTHER_NAMES = {"remainder": "mod", "conjugate": "conj", "rint": "round", "true_divide": "divide", "astype": "cast"}
_REDUCED = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp"}
_NUMBERS = (int, float, complex, list, tuple)
#: NumPy functions that only look at arrays.
_LOOKING = frozenset(
    (
        *("array2string", "array_equal", "array_repr", "array_str", "can_cast", "iscomplexobj", "isrealobj"),
        *("may_share_memory", "ndim", "result_type", "save", "savetxt", "savez", "shape", "shares_memory", "size"),
    )
)


class _Functions(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        import_module(f"{__package__}.ops")
        return self.get(name)


#: The functions of :mod:`minikeras.ops` by name, None for other names; loading ``ops`` fills it.
functions = _Functions()


def _operator(name: str, swapped: bool = False) -> Any:
    def operator(self: Any, other: Any) -> Any:
        if not isinstance(other, _NUMBERS) and not hasattr(other, "__array__"):
            return NotImplemented
        f = functions[name]
        return f(other, self) if swapped else f(self, other)

    operator.__doc__ = f"``ops.{name}``."
    return operator


class Arithmetic:
    """What can be calculated with: operators and NumPy functions are recorded."""

    __slots__ = ()

    __add__, __radd__ = _operator("add"), _operator("add", swapped=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", swapped=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", swapped=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", swapped=True)
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _operator("floor_divide", swapped=True)
    __mod__, __rmod__ = _operator("mod"), _operator("mod", swapped=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", swapped=True)
    __matmul__, __rmatmul__ = _operator("matmul"), _operator("matmul", swapped=True)
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __and__, __rand__ = _operator("logical_and"), _operator("logical_and", swapped=True)
    __or__, __ror__ = _operator("logical_or"), _operator("logical_or", swapped=True)
    __xor__, __rxor__ = _operator("logical_xor"), _operator("logical_xor", swapped=True)

    def __neg__(self) -> Any:
        return functions["negative"](self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return functions["absolute"](self)

    def __invert__(self) -> Any:
        return functions["logical_not"](self)

    def __getitem__(self, key: Any) -> Any:
        return functions["get_item"](self, key)

    @property
    def is_live(self) -> bool:
        """True if a gradient may have to pass this array in the pass that runs."""
        raise NotImplementedError(f"{type(self).__name__} does not define is_live.")

    @property
    def array(self) -> Any:
        """The plain array that it stands for."""
        raise NotImplementedError(f"{type(self).__name__} does not define array.")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        refuse_change(kwargs.get("out") or ())
        if any_live(inputs):
            name = _OTHER_NAMES.get(ufunc.__name__, ufunc.__name__) if method == "__call__" else None
            if method == "reduce" and ufunc.__name__ in _REDUCED:
                name = _REDUCED[ufunc.__name__]
                kwargs = {key: a for key, a in kwargs.items() if key in ("axis", "keepdims")}
                inputs, kwargs = inputs[:1], {"axis": inputs[1] if len(inputs) > 1 else 0, **kwargs}
            return _recorded(ufunc, name, inputs, kwargs)
        return _computed(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        refuse_change((kwargs.get("out"), *(args[:1] if func.__name__ in ("copyto", "put", "place") else ())))
        if any_live((args, kwargs)) and func.__name__ not in _LOOKING:
            of_pairs = func.__module__ == "numpy.fft"  # Keras's functions of these names take (real, imaginary)
            name = None if of_pairs else _OTHER_NAMES.get(func.__name__, func.__name__)
            return _recorded(func, name, args, kwargs)
        return _computed(func, args, kwargs)


def value(a: Any) -> Any:
    """The plain array of a tensor or parameter; anything else as it is."""
    return a.array if isinstance(a, Arithmetic) else a


def any_live(structure: Any) -> bool:
    """True if a gradient may have to pass one of the arrays."""
    return any(isinstance(a, Arithmetic) and a.is_live for a in flat(structure))


def refuse_change(arrays: Any) -> None:
    """Raises TypeError if one of the arrays is recorded, since its derivative was written down already."""
    if any_live(arrays):
        raise TypeError(
            "A recorded array cannot be changed in place: its gradient would be wrong. Make a new one, for example "
            "with ops.where, ops.slice_update or ops.scatter_update."
        )


def lost(name: str) -> TypeError:
    """The error for a function without a derivative on an array that a gradient must pass."""
    return TypeError(
        f"{name} has no derivative here, and a gradient must pass its result. Use a function of minikeras.ops, or "
        f"ops.stop_gradient(x) or x.numpy() where no gradient is wanted."
    )


def _recorded(func: Any, name: str | None, args: Any, kwargs: dict[str, Any]) -> Any:
    f = None if name is None else functions[name]
    if f is None:
        raise lost(f"numpy.{func.__name__}")
    try:
        return f(*args, **kwargs)
    except TypeError as error:
        raise lost(f"numpy.{func.__name__} with these arguments ({error})") from error


def _computed(f: Any, args: Any, kwargs: Any) -> Any:
    return mapped(wrapped, f(*mapped(value, args), **mapped(value, kwargs)))


class Tensor(Arithmetic, np.ndarray):
    """An array that operations gave; its operators, methods, indexing and NumPy functions are recorded as ``ops``.

    Attributes:
        plain: the array itself, which recorded calls know.
        _keras_mask: which time steps count, or None; as in Keras.
    """

    plain: np.ndarray | None = None
    _origin: "Tensor | None" = None
    _keras_mask: Any = None

    __eq__, __ne__ = _operator("equal"), _operator("not_equal")
    __hash__ = None  # type: ignore[assignment]

    def __array_finalize__(self, source: Any) -> None:
        if isinstance(source, Tensor):  # a NumPy method that is not recorded made this one
            self._origin = source if source.plain is not None else source._origin

    @property
    def array(self) -> np.ndarray:
        if self.plain is not None:
            return self.plain
        if self._origin is not None and self._origin.is_live:
            raise lost("A NumPy method that made an array from a recorded one")
        return self.view(np.ndarray)

    @property
    def is_live(self) -> bool:
        call = running()
        return call is not None and call.over.record and id(self.plain) in call.over.live

    def numpy(self) -> np.ndarray:
        """The numbers as a plain array."""
        return np.array(self.array)

    def __float__(self) -> float:
        call: Any = running()
        if self.is_live and hasattr(call.operation, "has_backward"):  # not in a loop on a tape
            raise lost("float()")
        return float(self.view(np.ndarray))

    def __setitem__(self, key: Any, new: Any) -> None:
        refuse_change(self)
        self.view(np.ndarray)[plain(key)] = plain(new)

    # x += y makes a new array, as with Keras's tensors.
    __iadd__, __isub__, __imul__ = _operator("add"), _operator("subtract"), _operator("multiply")
    __itruediv__, __ifloordiv__, __imod__ = _operator("divide"), _operator("floor_divide"), _operator("mod")
    __ipow__, __imatmul__ = _operator("power"), _operator("matmul")

    def __iter__(self) -> Iterator[Any]:
        return iter(functions["unstack"](self))

    @property
    def T(self) -> "Tensor":  # type: ignore[override]
        return functions["transpose"](self)

    def astype(self, dtype: Any, **unused: Any) -> "Tensor":  # type: ignore[override]
        return functions["cast"](self, dtype)

    def reshape(self, *shape: Any, **unused: Any) -> "Tensor":  # type: ignore[override]
        return functions["reshape"](self, _sizes(shape))

    def transpose(self, *axes: Any) -> "Tensor":
        return functions["transpose"](self, _sizes(axes) or None)

    def flatten(self, order: str = "C") -> "Tensor":  # type: ignore[override]
        return functions["ravel"](self)

    def clip(self, min: Any = None, max: Any = None) -> "Tensor":  # type: ignore[override]
        return functions["clip"](self, -np.inf if min is None else min, np.inf if max is None else max)

    def __repr__(self) -> str:
        return repr(plain(self))

    def __str__(self) -> str:
        return str(plain(self))

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec)

    def __reduce__(self) -> Any:
        return (wrapped, (np.array(plain(self)),))


def _sizes(given: Any) -> Any:
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else given


def _method(name: str) -> Any:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        try:
            return functions[name](self, *args, **kwargs)
        except TypeError:  # an argument of NumPy's
            if self.is_live:
                raise
            return mapped(wrapped, getattr(plain(self), name)(*args, **kwargs))

    method.__name__, method.__doc__ = name, f"``ops.{name}``."
    return method


def _unrecorded(name: str) -> Any:
    original = getattr(np.ndarray, name)

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if self.is_live:
            raise lost(f"ndarray.{name}")
        return original(plain(self), *args, **kwargs)

    method.__name__ = name
    return method


for _name in (
    *("all", "any", "argmax", "argmin", "argsort", "copy", "cumprod", "cumsum", "diagonal", "dot", "max", "mean"),
    *("min", "nonzero", "prod", "ravel", "repeat", "round", "sort", "squeeze", "std", "sum", "swapaxes", "take"),
    *("trace", "var"),
):
    setattr(Tensor, _name, _method(_name))
for _name in ("choose", "compress", "conj", "conjugate", "fill", "partition", "put", "resize", "searchsorted"):
    setattr(Tensor, _name, _unrecorded(_name))


class KerasTensor(Arithmetic):
    """A symbol: what stands for an array while a graph is made.

    Args:
        shape: sizes of the axes; None where unknown.
        dtype: its name.
        name: for display.

    Attributes:
        _keras_history: the operation that made it, which of its calls did, and which of the outputs it is.
    """

    _keras_history: Any = None

    def __init__(self, shape: Any, dtype: Any = "float32", name: str | None = None) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype).name if dtype != "string" else "string"
        self.name = name or config.unique_name("KerasTensor")
        self._keras_mask: Any = None

    is_live = True

    @property
    def array(self) -> Any:
        return self

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def T(self) -> Any:
        return functions["transpose"](self)

    def _refused(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"{self!r} is a symbol and has no numbers. Where they are needed, call the model on data; to write a loop "
            f"or a condition, use a function of minikeras.ops or a custom layer."
        )

    __iter__ = __len__ = __bool__ = __float__ = __int__ = __array__ = __setitem__ = _refused

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def wrapped(a: Any) -> Any:
    """The array as a Tensor; anything else as it is."""
    if type(a) is not np.ndarray:
        return a
    tensor = a.view(Tensor)
    tensor.plain = a
    return tensor


def plain(a: Any) -> Any:
    """The array behind a Tensor; anything else as it is."""
    return a.array if isinstance(a, Tensor) else a


def as_array(a: Any) -> Any:
    """The array behind a Tensor; numbers, NumPy's too, as arrays without axes, which a pass can tell apart."""
    return np.asarray(a) if isinstance(a, np.generic | bool | int | float) else plain(a)
