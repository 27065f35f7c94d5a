"""The small functions of ``keras.backend``: dtypes, settings and names.

The mathematics that Keras 2 kept here (``K.square``) is found too: :mod:`minikeras.legacy.backend`.

>>> result_type("int32", "float32"), result_type("int8", "uint8"), result_type("int32", 1.0)
('float32', 'int16', 'float32')
"""

from typing import Any

import numpy as np

from .config import (
    backend,
    clear_session,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from .legacy import backend as legacy

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]

_FLOATS = ("float64", "float32", "float16", "bfloat16")
_DTYPES = (
    *_FLOATS,
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float8_e4m3fn",
    "float8_e5m2",
    "bool",
    "string",
    "complex64",
    "complex128",
)

_uids: dict[str, int] = {}


def __getattr__(name: str) -> Any:
    if name.startswith("_") or not hasattr(legacy, name):
        raise AttributeError(f"minikeras.backend has no {name!r}")
    return getattr(legacy, name)


def standardize_dtype(dtype: Any) -> str:
    """A dtype's name, from a name, a NumPy dtype or a Python type; None means ``floatx``.

    Raises:
        ValueError: for what is no dtype of Keras.

    >>> standardize_dtype(np.float64), standardize_dtype(np.dtype("float64")), standardize_dtype(None)
    ('float64', 'float64', 'float32')
    """
    if dtype is None:
        return floatx()
    if isinstance(dtype, type) and dtype in (bool, int, float, str):
        return {bool: "bool", int: "int32", float: floatx(), str: "string"}[dtype]
    name = getattr(dtype, "name", None)
    if name is None:
        name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", str(dtype))
    if name not in _DTYPES:
        raise ValueError(f"Invalid dtype: {dtype}")
    return name


def is_float_dtype(dtype: Any) -> bool:
    """True for the floating-point dtypes."""
    return standardize_dtype(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype: Any) -> bool:
    """True for the integer dtypes, unsigned ones included."""
    return standardize_dtype(dtype).startswith(("int", "uint"))


def is_keras_tensor(x: Any) -> bool:
    """True for a symbolic tensor, such as the one that ``Input`` gives in Keras; no array is one."""
    return any(cls.__name__ == "KerasTensor" for cls in type(x).__mro__)


def get_uid(prefix: str = "") -> int:
    """The number of calls with this prefix so far, this one included."""
    _uids[prefix] = _uids.get(prefix, 0) + 1
    return _uids[prefix]


def result_type(*dtypes: Any) -> str:
    """The dtype of an operation on arrays of these dtypes.

    The widest float, whatever the integers beside it; else as NumPy, with ``floatx`` for ``uint64`` beside a signed
    integer. A Python number has no width of its own.

    Args (as in Keras):
        *dtypes: names, dtypes, arrays, or Python numbers and their types.

    Source: the lattice of JAX's type promotion, with 64 bits.
    """
    weak: list[type] = []
    names: list[str] = []
    for dtype in dtypes:
        kind = dtype if dtype in (int, float) and isinstance(dtype, type) else type(dtype)
        if kind in (int, float):
            weak.append(kind)
        else:
            names.append(standardize_dtype(getattr(dtype, "dtype", dtype)))
    floats = {name for name in names if name in _FLOATS}
    if floats:
        if floats == {"float16", "bfloat16"}:
            return "float32"
        return min(floats, key=_FLOATS.index)
    if float in weak or not dtypes:
        return floatx()
    integers = [name for name in names if name != "bool"]
    if not integers:
        return "int32" if weak else "bool"
    if "uint64" in integers and any(name.startswith("int") for name in integers):
        return floatx()
    return np.result_type(*integers).name
