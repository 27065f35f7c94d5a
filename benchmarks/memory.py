"""How much memory the article's program takes at its peak, above the float64 arrays that the caller made."""

import os
from typing import Any

from .fresh import ask
from .peers import Tick


def run(rows: int, left_out: dict[str, str], tick: Tick) -> Any:
    """``{name: {arrays, above}}`` in MB: minikeras for 1 and 5 epochs, with and without loading Numba; each Keras."""
    from .competitors import ENGINES, KERAS

    if not os.path.exists("/proc/self/clear_refs"):
        left_out["memory"] = "it is read from Linux's /proc"
        return {}
    cases = {
        f"{name}, {epochs} epoch{'s' * (epochs > 1)}{', Numba loaded before' * warm}": (engine, epochs, warm)
        for name, engine in ENGINES.items()
        if not engine.lacking
        for epochs, warm in ((1, False), (5, False), (1, True))
        if not warm or engine.needs
    }
    cases |= {f"{name}, 1 epoch": (peer, 1, False) for name, peer in KERAS.items() if not peer.lacking}
    found = {}
    for name, (who, epochs, warm) in cases.items():
        tick(name)
        library = "minikeras" if name.startswith("minikeras") else "keras"
        try:
            found[name] = ask("memory", who.environment, library=library, rows=rows, epochs=epochs, warm=warm)
        except RuntimeError as error:
            left_out[f"{name}, memory"] = str(error)
    return found
