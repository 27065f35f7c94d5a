"""A dictionary whose entries are attributes, and that can be frozen."""

import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from ..errors import nearest


class Config:
    """Settings by name, as attributes or entries.

    Args (as in Keras):
        **kwargs: the first entries.

    >>> config = Config(rate=0.1)
    >>> config.units = 3
    >>> config, config["units"], "rate" in config
    (<Config {'rate': 0.1, 'units': 3}>, 3, True)
    >>> config.freeze()
    >>> config.units = 4
    Traceback (most recent call last):
    ValueError: Cannot mutate attribute(s) because the config is frozen.
    """

    _config: dict[str, Any]
    _frozen: bool

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_config", kwargs)
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """True if the entries cannot be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Refuses every change from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allows changes again."""
        object.__setattr__(self, "_frozen", False)

    def _entries(self) -> dict[str, Any]:
        """The entries, to be changed."""
        if self._frozen:
            raise ValueError("Cannot mutate attribute(s) because the config is frozen.")
        return self._config

    def as_dict(self) -> dict[str, Any]:
        """A dictionary of the entries."""
        return dict(self._config)

    def to_json(self) -> str:
        """The entries as JSON."""
        return json.dumps(self._config)

    def keys(self) -> KeysView[str]:
        return self._config.keys()

    def values(self) -> ValuesView[Any]:
        return self._config.values()

    def items(self) -> ItemsView[str, Any]:
        return self._config.items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """An entry, or ``value``."""
        return self._config.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Takes an entry out, as ``dict.pop``."""
        return self._entries().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Adds or replaces entries, as ``dict.update``."""
        self._entries().update(*args, **kwargs)

    def __setitem__(self, key: str, item: Any) -> None:
        self._entries()[key] = item

    def __setattr__(self, name: str, value: Any) -> None:
        self._entries()[name] = value

    def __delitem__(self, key: str) -> None:
        del self._entries()[key]

    def __getitem__(self, key: str) -> Any:
        return self._config[key]

    def __getattr__(self, name: str) -> Any:
        entries = self.__dict__.get("_config", {})
        if name in entries:
            return entries[name]
        raise AttributeError(f"Unknown attribute: {name!r}.{nearest(name, entries)}")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __contains__(self, item: object) -> bool:
        return item in self._config

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
