"""Dtype policies: in which dtype a layer computes, and in which it keeps its weights. Here both are one.

The dtype of layers that are made without one is a setting, ``floatx``; :mod:`minikeras.config` has it too, as in Keras.

>>> DTypePolicy("float64")
<DTypePolicy "float64">
>>> get("mixed_float16")
Traceback (most recent call last):
minikeras.errors.UnsupportedError: minikeras has no mixed precision: NumPy ... Received: 'mixed_float16'
"""

from typing import Any

import numpy as np

from .errors import UnsupportedError, missing

_FLOATS = ("float32", "float64")
_floatx = "float32"


def floatx() -> str:
    """Default dtype of layers, "float32" or "float64"."""
    return _floatx


def set_floatx(value: str) -> None:
    """Sets the dtype of every layer made from now on.

    Raises:
        ValueError: for anything but "float32" and "float64". Keras also knows "float16" and "bfloat16",
            which NumPy has no fast arithmetic for.
    """
    global _floatx
    if value not in _FLOATS:
        raise ValueError(f"Unknown `floatx` value: {value!r}. Expected one of {_FLOATS}.")
    _floatx = value


class DTypePolicy:
    """A dtype by name.

    Args (as in Keras):
        name: "float32" or "float64"; default ``floatx``.

    Raises:
        TypeError: if the name is no string.
        ValueError: for mixed precision and for other dtypes.
    """

    quantization_mode = None

    def __init__(self, name: str | None = None) -> None:
        name = floatx() if name is None else name
        if not isinstance(name, str):
            raise TypeError(f"'name' must be a string, such as 'float32'. Received: name={name} (of type {type(name)})")
        if name.startswith("mixed_"):
            raise UnsupportedError(
                "minikeras has no mixed precision: NumPy computes in float16 more slowly than in float32, and has no "
                f"bfloat16. Received: {name!r}"
            )
        if name not in _FLOATS:
            raise UnsupportedError(f"A dtype policy must be one of {_FLOATS}. Received: {name!r}")
        self._name = name

    @property
    def name(self) -> str:
        """Name of the policy."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype of inputs and outputs."""
        return self._name

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self._name

    def get_config(self) -> dict[str, Any]:
        """Keras's config."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "DTypePolicy":
        """The policy of a config."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'


FloatDTypePolicy = DTypePolicy


def serialize(dtype_policy: DTypePolicy) -> dict[str, Any]:
    """The config of a policy, in Keras's form."""
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": dtype_policy.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> DTypePolicy:
    """The policy of a config in Keras's form.

    Raises:
        ValueError: for a policy of another class.
    """
    if config["class_name"] not in ("DTypePolicy", "FloatDTypePolicy"):
        raise UnsupportedError(f"minikeras has no dtype policy {config['class_name']!r}.")
    return DTypePolicy(**config["config"])


def get(identifier: Any) -> DTypePolicy:
    """A policy from None, a policy, a name or a config."""
    if isinstance(identifier, DTypePolicy):
        return identifier
    return deserialize(identifier) if isinstance(identifier, dict) else DTypePolicy(identifier)


def dtype_policy() -> DTypePolicy:
    """The dtype of layers made from now on, as a policy: that of ``floatx``."""
    return DTypePolicy(_floatx)


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Sets the dtype of layers made from now on.

    Raises:
        ValueError: for a policy of mixed precision, which minikeras has not.

    Differs from Keras: it is one setting with ``floatx``.
    """
    set_floatx(get(policy).variable_dtype)


_MISSING = {
    "DTypePolicyMap": "Each layer has its own `dtype` argument.",
    **dict.fromkeys(
        ("AWQDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy", "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy"),
        "There is no quantization.",
    ),
}

__all__ = sorted(["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize", *_MISSING])


def __getattr__(name: str) -> Any:
    if name in _MISSING:
        return missing(f"keras.dtype_policies.{name}", _MISSING[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def dtype_name(dtype: Any) -> str:
    """A dtype's name from a name, a NumPy dtype or Keras's DTypePolicy config; None means ``floatx``.

    >>> dtype_name({"class_name": "DTypePolicy", "config": {"name": "float64"}})
    'float64'
    """
    if isinstance(dtype, dict):
        dtype = dtype["config"]["name"]
    dtype = getattr(dtype, "variable_dtype", dtype)
    if dtype is None:
        return floatx()
    if isinstance(dtype, str) and dtype.startswith("mixed_"):
        dtype = DTypePolicy(dtype).name
    name = "object" if dtype == "string" else np.dtype(dtype).name
    if name in ("float16", "bfloat16", "complex64"):
        raise ValueError(f"A layer's dtype must be float32, float64 or an integer dtype. Received: dtype={dtype!r}")
    return name
