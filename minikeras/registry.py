"""Names for things: one way of turning a string or a config into an object and back, in Keras's form.

Each room (losses, optimizers, layers, …) makes one :class:`Registry` and enters what it has. A registry is
also the allow-list of :func:`minikeras.saving.load_model`: what is not entered here cannot come out of a file.

>>> class Halve:
...     def __init__(self, by=2.0): self.by = by
...     def get_config(self): return {"by": self.by}
>>> registry = Registry("halver", "keras.halvers")
>>> registry.add(Halve, "halve")
>>> registry.serialize(registry.get("halve"))
{'module': 'keras.halvers', 'class_name': 'Halve', 'config': {'by': 2.0}, 'registered_name': None}
>>> registry.get("halv")
Traceback (most recent call last):
...
ValueError: Could not interpret halver identifier: 'halv'. Did you mean 'halve'?
"""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from . import custom_objects as customs
from .errors import nearest


class _Registries(dict[str, "Registry"]):
    def __missing__(self, module: str) -> "Registry":
        import_module(module.replace("keras.", f"{__package__}.", 1))
        if module not in self:
            raise KeyError(module)
        return self[module]


#: Every registry, by the module that Keras writes into configs; the module is loaded if it has to be.
registries = _Registries()


class Registry:
    """What a string or a config may name, for one kind of object.

    Args:
        kind: what a member is called in error messages, such as "loss".
        module: the module Keras writes into configs, such as "keras.losses".
    """

    def __init__(self, kind: str, module: str) -> None:
        self.kind = kind
        self.module = module
        self._objects: dict[str, Any] = {}
        self._later: dict[str, Callable[[str], Any]] = {}
        registries.setdefault(module, self)

    def add_later(self, names: Iterable[str], load: Callable[[str], Any]) -> None:
        """Enters names whose objects ``load(name)`` gives when they are first asked for."""
        self._later |= dict.fromkeys(names, load)

    def _known(self, name: str) -> Any:
        if name in self._later:
            self._objects[name] = self._later.pop(name)(name)
        return self._objects[name]

    def add(self, obj: Any, *aliases: str) -> None:
        """Enters a class or function under its own name and any aliases."""
        for name in (obj.__name__, *aliases):
            self._objects[name] = obj

    def __iter__(self) -> Iterator[str]:
        return iter([*self._objects, *self._later])

    def __contains__(self, name: object) -> bool:
        return name in self._objects or name in self._later

    def lookup(self, name: str, custom_objects: dict[str, Any] | None = None) -> Any:
        """The class or function of that name.

        Raises:
            ValueError: if there is none; suggests the nearest name.
        """
        custom = customs.found([name], custom_objects)
        if custom is not None:
            return custom
        try:
            return self._known(name)
        except (KeyError, TypeError):
            hint = nearest(name, self) if isinstance(name, str) else ""
            message = f"Could not interpret {self.kind} identifier: {name!r}.{hint}"
            raise ValueError(message) from None

    def get(self, identifier: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """Turns None, a name, a config, a class or an object into an object (None stays None)."""
        if identifier is None:
            return None
        if isinstance(identifier, dict):
            return self.deserialize(identifier, custom_objects)
        obj = self.lookup(identifier, custom_objects) if isinstance(identifier, str) else identifier
        if isinstance(obj, type):
            obj = obj()
        if callable(obj) or hasattr(obj, "get_config"):
            return obj
        raise ValueError(f"Could not interpret {self.kind} identifier: {identifier!r}")

    def serialize(self, obj: Any) -> Any:
        """An object's config in Keras's form; a function is named by its name."""
        if obj is None:
            return None
        if hasattr(obj, "get_config"):
            name = type(obj).__name__
            known = name in self and self._known(name) is type(obj)
            return {
                "module": self.module if known else None,
                "class_name": name,
                "config": obj.get_config(),
                "registered_name": None if known else customs.get_registered_name(type(obj)),
            }
        return customs.get_registered_name(obj)

    def deserialize(self, config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
        """The object a config describes: Keras's dictionary, or a plain name.

        Raises:
            ValueError: if the config is malformed or names something that is not entered here.
        """
        if config is None:
            return None
        if isinstance(config, str):
            return self.get(config, custom_objects)
        if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
            raise ValueError(f"A {self.kind} config needs the keys 'class_name' and 'config'. Received: {config!r}")
        if config["class_name"] == "function":  # how Keras 3 writes a plain function
            return self.lookup(config["config"], custom_objects)
        custom = customs.found([config.get("registered_name")], custom_objects)
        cls = self.lookup(config["class_name"], custom_objects) if custom is None else custom
        if not isinstance(cls, type):
            raise ValueError(f"{config['class_name']!r} is a function, not a {self.kind} class.")
        if hasattr(cls, "from_config"):
            return cls.from_config(config["config"])
        return cls(**config["config"])
