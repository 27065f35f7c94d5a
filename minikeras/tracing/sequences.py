"""The arrays of a recurrent layer, row by row: (N, T, …), every gate under its own letter.

A cell computes (T, N, …), all gates side by side, and keeps its states in T + 1 steps, the initial one first. Here
h′ (``h_before``) and h are the states before and after each step.
"""

import numpy as np

Arrays = dict[str, np.ndarray]


def by_step(kept: Arrays, gates: tuple[str, ...]) -> Arrays:
    """What a cell kept of a sequence, renamed and with the batch first.

    Args:
        gates: the letters of the gates, in the order in which they stand side by side.

    >>> h = np.arange(3.0).reshape(3, 1, 1)
    >>> z = h[1:]
    >>> found = by_step({"z": z, "gates": z, "h": h}, ("h",))
    >>> {name: a.ravel().tolist() for name, a in found.items()}
    {'h_before': [0.0, 1.0], 'h': [1.0, 2.0]}
    """
    found: Arrays = {}
    for name, a in kept.items():
        if name == "work" or not a.size or (name == "z" and a is kept.get("gates")):  # σ may have overwritten z
            continue
        if name == "gates" and len(gates) > 1:
            found |= dict(zip(gates, np.split(a.swapaxes(0, 1), len(gates), axis=-1), strict=True))
        elif name in ("h", "c"):
            found |= {f"{name}_before": a[:-1].swapaxes(0, 1), name: a[1:].swapaxes(0, 1)}
        elif name in ("z", "dz", "a", "da", "q", "tanh_c", "mask"):
            found[name] = a.swapaxes(0, 1)
        elif name.startswith("dstate"):
            found[{"dstate0": "dh0", "dstate1": "dc0"}[name]] = a
        elif name != "gates":
            found[name] = a
    return found
