"""What code between operations sees: recorded arrays (Tensor) and symbols of a graph (KerasTensor).

Both have the operators of :class:`~minikeras.arithmetic.Arithmetic`: each calls the function of :mod:`minikeras.ops` of
that name, and so is recorded with its derivative.

>>> t = wrapped(np.array([[1.0, 2.0], [3.0, 4.0]]))
>>> (t[0] * 2 + 1).sum()
array(8.)
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from .arithmetic import Arithmetic, _operator, lost, ops, refuse_change
from .calls import running


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
        return iter(ops().unstack(self))

    @property
    def T(self) -> "Tensor":  # type: ignore[override]
        return ops().transpose(self)

    def astype(self, dtype: Any, **unused: Any) -> "Tensor":  # type: ignore[override]
        return ops().cast(self, dtype)

    def reshape(self, *shape: Any, **unused: Any) -> "Tensor":  # type: ignore[override]
        return ops().reshape(self, _sizes(shape))

    def transpose(self, *axes: Any) -> "Tensor":
        return ops().transpose(self, _sizes(axes) or None)

    def flatten(self, order: str = "C") -> "Tensor":  # type: ignore[override]
        return ops().ravel(self)

    def clip(self, min: Any = None, max: Any = None) -> "Tensor":  # type: ignore[override]
        return ops().clip(self, -np.inf if min is None else min, np.inf if max is None else max)

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
        return getattr(ops(), name)(self, *args, **kwargs)

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
    *(
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "copy",
        "cumprod",
        "cumsum",
        "diagonal",
        "dot",
        "max",
        "mean",
        "min",
    ),
    *(
        "nonzero",
        "prod",
        "ravel",
        "repeat",
        "round",
        "sort",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "trace",
        "var",
    ),
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
        from . import config

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
        return ops().transpose(self)

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
