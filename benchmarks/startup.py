"""What comes before the second epoch: the import, and the compiler with an empty and with a filled cache."""

import tempfile
from typing import Any

from .fresh import ask
from .peers import Tick, ratios, summary


def run(data: str, rows: int, rounds: int, left_out: dict[str, str], tick: Tick) -> Any:
    """``{"import": {module: …}, "first epoch": {name: …, + "epoch", "above"}}``, every figure from fresh processes.

    "above" is what the first epoch, counted from the start of the process, takes more than an epoch of its own.
    """
    from .competitors import KERAS

    imports: dict[str, list[float]] = {"numpy": [], "minikeras": []}
    for number in range(1, 2 * rounds + 1):
        for module, seconds in imports.items():
            tick(f"import {module}, round {number}")
            seconds.append(ask("importing", module=module))
    peers = {name: peer.environment for name, peer in KERAS.items() if not peer.lacking}
    for name, environment in peers.items():
        tick(f"import {name}")
        imports[name] = [ask("importing", environment, module="keras")]

    firsts: dict[str, list[dict[str, float]]] = {"minikeras, cold cache": [], "minikeras, warm cache": []}
    for number in range(1, min(rounds, 3) + 1):
        with tempfile.TemporaryDirectory() as cache:
            for name, found in firsts.items():
                tick(f"{name}, round {number}")
                environment = {"NUMBA_CACHE_DIR": cache, "MINIKERAS_BACKEND": "numba"}
                found.append(ask("first_epoch", environment, library="minikeras", data=data, rows=rows))
    for name, environment in peers.items():
        tick(f"first epoch of {name}")
        try:
            firsts[name] = [ask("first_epoch", environment, library="keras", data=data, rows=rows)]
        except RuntimeError as error:
            left_out[f"{name}, first epoch"] = str(error)
    return {
        "import": ratios({name: summary(seconds) for name, seconds in imports.items()}, "numpy"),
        "first epoch": {
            name: summary([f["first"] for f in found])
            | {"epoch": summary([f["second"] for f in found])["median"]}
            | {"above": summary([f["first"] - f["second"] for f in found])["median"]}
            for name, found in firsts.items()
        },
    }
