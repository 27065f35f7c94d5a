"""Bidirectional: a of the layer that reads from the start, b of the one that reads from the end, turned round::

    concat:  y = [a, b]        sum:  y = a + b        ave:  y = (a + b) / 2        mul:  y = a ⊙ b

The two layers stand before it on the page; their dy are parts of this one's, and dx is the sum of their dx.
"""

from typing import Any

import numpy as np

from ..rules import Arrays, Beside, Texts


def half(layer: Any, a: Arrays) -> Beside:
    return {"half": (np.array(0.5, a["a"].dtype), "forward", "1/2")} if layer.merge_mode == "ave" else {}


def bidirectional(layer: Any, a: Arrays) -> Texts:
    r = "n,t" if layer.return_sequences else "n"
    y = "y0" if layer.return_state else "y"
    right = {
        "concat": f"a[{r},k] + b[{r},k-{a['a'].shape[-1]}]",  # a term outside its array is none
        "sum": f"a[{r},k] + b[{r},k]",
        "ave": f"half[] a[{r},k] + half[] b[{r},k]",
        "mul": f"a[{r},k] b[{r},k]",
    }
    return {y: f"{y}[{r},k] = {right[layer.merge_mode]}"} if layer.merge_mode in right else {}
