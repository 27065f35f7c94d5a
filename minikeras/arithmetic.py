"""The operators, methods and NumPy functions of tensors, parameters and symbols: each is the function of ``ops``.

A NumPy function whose result a gradient must pass is taken by its name from :mod:`minikeras.ops`. One that is not there
is an error, since its gradient would be lost. On arrays that nothing depends on, NumPy just computes.
"""

from typing import Any

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


def ops() -> Any:
    """The module :mod:`minikeras.ops`, loaded at the first operator."""
    from . import ops as functions

    return functions


def _operator(name: str, swapped: bool = False) -> Any:
    def operator(self: Any, other: Any) -> Any:
        if not isinstance(other, _NUMBERS) and not hasattr(other, "__array__"):
            return NotImplemented
        f = getattr(ops(), name)
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
        return ops().negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops().absolute(self)

    def __invert__(self) -> Any:
        return ops().logical_not(self)

    def __getitem__(self, key: Any) -> Any:
        return ops().get_item(self, key)

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
    f = getattr(ops(), name, None) if name is not None else None
    if f is None:
        raise lost(f"numpy.{func.__name__}")
    try:
        return f(*args, **kwargs)
    except TypeError as error:
        raise lost(f"numpy.{func.__name__} with these arguments ({error})") from error


def _computed(f: Any, args: Any, kwargs: Any) -> Any:
    from .tensor import wrapped

    return mapped(wrapped, f(*mapped(value, args), **mapped(value, kwargs)))
