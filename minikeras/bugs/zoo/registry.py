"""What a mutant is, and how one is switched on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from ...errors import nearest

Patch = tuple[Any, str, Callable[..., Any]]


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        name: what it is called.
        what: what the mistake is, in a sentence.
        seen: where it has been seen, in a sentence.
        patches: a function that gives (class, method, wrong method), made anew for each use.
    """

    name: str
    what: str
    seen: str
    patches: Callable[[], list[Patch]]


MUTANTS: dict[str, Mutant] = {}
"""The mutants of stacks of dense layers and of the step, by name: a check of gradients or of SGD's step sees each."""

SEQUENCE_MUTANTS: dict[str, Mutant] = {}
"""Those of embeddings, recurrent layers and attention, by name."""

GRAPH_MUTANTS: dict[str, Mutant] = {}
"""Those of the chain rule over calls and of a layer's state, by name: a check of gradients sees each."""

IMAGE_MUTANTS: dict[str, Mutant] = {}
"""Those of convolution, pooling and batch normalization, by name."""

UPDATE_MUTANTS: dict[str, Mutant] = {}
"""Those of an optimizer's rule, by name: :func:`minikeras.testing.update_error` sees each."""

TABLES = {
    "dense layers and the step": MUTANTS,
    "graphs and state": GRAPH_MUTANTS,
    "images": IMAGE_MUTANTS,
    "sequences": SEQUENCE_MUTANTS,
    "updates": UPDATE_MUTANTS,
}
"""All tables, by what their mutants are mistakes in."""


def register(
    what: str, seen: str, table: dict[str, Mutant] = MUTANTS
) -> Callable[[Callable[[], list[Patch]]], Callable[[], list[Patch]]]:
    """Adds a function that gives patches to a table, under its own name."""

    def add(patches: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
        table[patches.__name__] = Mutant(patches.__name__, what, seen, patches)
        return patches

    return add


@contextmanager
def mutant(name: str) -> Iterator[Mutant]:
    """The engine with one mistake, as long as the ``with`` block lasts.

    Raises:
        ValueError: for a name that is in none of the tables.
    """
    known = {name: m for table in TABLES.values() for name, m in table.items()}
    if name not in known:
        raise ValueError(f"No mutant {name!r}; there are {list(known)}.{nearest(name, known)}")
    with ExitStack() as stack:
        for owner, method, wrong in known[name].patches():
            stack.enter_context(patch.object(owner, method, wrong))
        yield known[name]
