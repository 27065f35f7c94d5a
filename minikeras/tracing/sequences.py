"""The arrays of a recurrent layer, row by row: (N, T, …), every gate under its own letter.

A cell computes (T, N, …), all gates side by side, and keeps its states in T + 1 steps, the initial one first. Here
h′ (``h_before``) and h are the states before and after each step. The gradients of the states, dh and dc, go through
a cell's backward kernel from step to step and are not kept there; :func:`state_gradients` takes them out on the way.
"""

from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
OF_STEPS = ("z", "gates", "mask", "a", "q", "tanh_c")  # one entry a step; h and c have one more


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
        elif name == "shown":
            found[name] = a[..., 0].swapaxes(0, 1)
        elif name.startswith("dstate"):
            found[{"dstate0": "dh0", "dstate1": "dc0"}[name]] = a
        elif name != "gates":
            found[name] = a
    return found


def state_gradients(layer: Any, frame: Any, dy: Any) -> Arrays:
    """dh, and an LSTM's dc, of every step, (N, T, K): ∂L/∂h and ∂L/∂c by all that comes after the step.

    The kernel of the cell is called for one step at a time, from the last to the first, so these are its own numbers.

    Args:
        layer: a recurrent layer with a cell of this package.
        frame: what its call saved.
        dy: ∂L/∂(what the call returned).
    """
    dy, *dlast = dy if layer.return_state else (dy,)
    z, h, cell = frame["z"], frame["h"], layer.cell
    states = [np.zeros_like(h[0]) for _ in range(cell._states)]
    for state, given in zip(states, dlast, strict=False):
        state += 0 if given is None else given
    steps = np.zeros_like(h[1:])
    if dy is not None:
        steps[slice(None) if layer.return_sequences else -1] = dy.swapaxes(0, 1) if layer.return_sequences else dy
    if frame["shown"] is not None:
        steps *= frame["shown"]
    found: dict[str, list[np.ndarray]] = {"dh": [], "dc": []}
    for t in reversed(range(len(z))):
        now = {name: a[t : t + 1] if name in OF_STEPS and a is not None else a for name, a in frame.items()}
        now |= {name: frame[name][t : t + 2] for name in ("h", "c") if name in frame}
        on = np.ones(len(h[0]), bool) if not len(frame["mask"]) else frame["mask"][t] != 0
        dh = states[0] + steps[t]
        found["dh"].append(dh)
        if len(states) > 1:
            found["dc"].append(_through_output(cell, now, dh, states[1], on))
        cell.loop_backward(now, steps[t : t + 1], states, np.empty_like(z[t : t + 1]))
    return {name: np.stack(a[::-1], axis=1) for name, a in found.items() if a}


def _through_output(cell: Any, now: Any, dh: np.ndarray, dc: np.ndarray, on: np.ndarray) -> np.ndarray:
    """dc + φ′(c) ⊙ dh ⊙ o, an LSTM's (5), in rows that make the step; dc in the others."""
    o, through = now["gates"][0, :, 3 * cell.units :], np.empty_like(dc)
    cell.activation.backward(dh * o, now["c"][1], now["tanh_c"][0], through)
    return np.where(on[:, None], dc + through, dc)
