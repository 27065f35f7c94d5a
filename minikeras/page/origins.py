"""Where a layer's arrays come from: x is the y of a layer before, dy the dx of a layer after."""

import itertools
from typing import Any

import numpy as np

from . import rules


def add(content: Any, number: int) -> None:
    """Gives the arrays of a layer that have no rule one, or a sentence.

    Args:
        content: a :class:`~minikeras.page.content.Content`.
        number: of the layer.
    """
    own = content.owners[number]
    before = [names["y"] for names in content.owners[:number] if "y" in names]
    after = [i for names in content.owners[number + 1 :] for name, i in names.items() if name.startswith("dx")]
    for name, i in own.items():
        array = content.arrays[i]
        if array["rule"] or array["side"] == "update":
            continue
        if name.startswith("x"):
            _trace(content, i, before[::-1])
            if not array["rule"] and content.values[i].tobytes() in content.inputs:
                array["given"] = "It is an input of the model."
        elif name.startswith("dy"):
            _trace(content, i, after)
        elif array["batch"] is None and not name.startswith("d"):
            array["given"] = "It is what training has made of this weight up to this step."


def _trace(content: Any, number: int, candidates: list[int]) -> None:
    """Says of which array, or of which two, an array is the copy or the sum."""
    value = content.values[number]
    alike = [i for i in candidates if content.values[i].shape == value.shape]
    for i in alike:
        if np.array_equal(content.values[i], value):
            content.set_rule(number, rules.rule("copy origin"), {"origin": i})
            return
    r = rules.letters(value.ndim)
    for i, j in itertools.combinations(alike[:6], 2):
        if np.array_equal(content.values[i] + content.values[j], value):
            content.set_rule(number, rules.rule(f"sum[{r}] = a[{r}] + b[{r}]"), {"a": i, "b": j})
            return
