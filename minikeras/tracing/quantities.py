"""What a traced step consists of: named arrays with their formulas, layer by layer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import console
from ..errors import nearest


@dataclass(frozen=True)
class Quantity:
    """One array of the step: its value, its formula as text and as LaTeX."""

    name: str
    value: np.ndarray
    formula: str
    latex: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def backward(self) -> bool:
        """True if it is a gradient."""
        return self.name.startswith("d")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        return console.spelt(self.to_text())

    def to_text(self) -> str:
        """The formula, the shape and the value; ``str`` spells in ASCII what stdout cannot show."""
        with np.printoptions(precision=4, suppress=True, threshold=24, edgeitems=2, linewidth=100):
            text = str(self.value).replace("\n", "\n  ")
        return f"{self.formula}    {self.shape}\n  {text}"


@dataclass(frozen=True)
class LayerTrace:
    """The quantities of one layer, in the order in which the step meets them.

    Attributes:
        layer: the layer itself.
    """

    name: str
    kind: str
    quantities: dict[str, Quantity] = field(default_factory=dict)
    layer: Any = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> Quantity:
        if name not in self.quantities:
            known = list(self.quantities)
            raise KeyError(f"{self.name} ({self.kind}) has no quantity {name!r}; it has {known}.{nearest(name, known)}")
        return self.quantities[name]

    def __iter__(self) -> Iterator[Quantity]:
        return iter(self.quantities.values())
