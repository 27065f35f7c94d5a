"""Custom classes and functions by name: those registered once for all, and those of a scope.

A registered object is written into a file under its package and name, ``"mine>Scale"``, and found again by both.

>>> @register_keras_serializable("mine")
... class Scale:
...     pass
>>> get_registered_name(Scale), get_registered_object("mine>Scale") is Scale
('mine>Scale', True)
>>> with custom_object_scope({"twice": lambda x: 2 * x}):
...     get_registered_object("twice")(4)
8
"""

from collections.abc import Callable
from contextvars import ContextVar
from inspect import isclass
from typing import Any

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scope: ContextVar[dict[str, Any] | None] = ContextVar("_scope", default=None)


class CustomObjectScope:
    """Makes custom objects known inside a ``with`` block.

    Args:
        custom_objects: name to class or function.
    """

    def __init__(self, custom_objects: dict[str, Any] | None) -> None:
        self.custom_objects = custom_objects or {}
        self._tokens: list[Any] = []

    def __enter__(self) -> "CustomObjectScope":
        self._tokens.append(_scope.set({**scoped(), **self.custom_objects}))
        return self

    def __exit__(self, *exception: Any) -> None:
        _scope.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope


def scoped() -> dict[str, Any]:
    """The objects of the scopes around."""
    return _scope.get() or {}


def get_custom_objects() -> dict[str, Any]:
    """The dictionary of the registered objects, by name; what is put into it is known from then on."""
    return _registered


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """A decorator that registers a class or function as ``package>name``.

    Args (as in Keras):
        name: by default that of the class or function.
    """

    def decorated(obj: Any) -> Any:
        registered = f"{package}>{name or obj.__name__}"
        _registered[registered], _names[obj] = obj, registered
        return obj

    return decorated


def get_registered_name(obj: Any) -> str:
    """``package>name`` of a registered class or function, else its own name."""
    return _names.get(obj, obj.__name__)


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """The object of that name, from a scope, the registered ones, or the dictionaries; None if there is none."""
    for known in (scoped(), _registered, custom_objects or {}, module_objects or {}):
        if name in known:
            return known[name]
    return None


def found(names: list[Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The custom object of the first of some names that has one; a class or function, or None."""
    for name in names:
        if isinstance(name, str):
            obj = get_registered_object(name, custom_objects)
            if obj is not None and (isclass(obj) or callable(obj)):
                return obj
    return None
