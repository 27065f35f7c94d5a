"""Initializer: the base of all initializers."""

from typing import Any

import numpy as np


class Initializer:
    """The base of all initializers: ``__call__(shape, dtype=None)`` and ``get_config()``."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Initializer":
        """The initializer that a config describes."""
        return cls(**config)

    def clone(self) -> "Initializer":
        """A new one of the same config (and so, if unseeded, with another seed)."""
        return self.from_config(self.get_config())
