"""Both libraries trained from weights and orders of their own over several seeds: equivalent within a margin?

Each side draws its initial weights and orders itself, from the same seeds, so the accuracies come in pairs. With d the
differences of the pairs, d̄ their mean, s their deviation and n their number, two one-sided t-tests at 5 % each hold the
two libraries for equivalent if the 90 % interval::

    d̄ ± t(0.95, n − 1) · s / √n

lies within ± :data:`MARGIN`. Source: Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987), the two one-sided tests.
"""

import json
import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from . import same_seed
from .worker import Keras

MARGIN = 0.003
"""0.3 points of accuracy, fixed before any run."""


def t_quantile(p: float, freedom: float) -> float:
    """Student's t from the normal quantile z: z + (z³ + z)/4ν + (5z⁵ + 16z³ + 3z)/96ν² + ….

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.

    >>> round(t_quantile(0.95, 18), 3)
    1.734
    """
    z = statistics.NormalDist().inv_cdf(p)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def equivalence(ours: Any, theirs: Any, margin: float = MARGIN) -> dict[str, Any]:
    """The two one-sided paired t-tests of the module's docstring.

    >>> equivalence([0.88, 0.881, 0.879], [0.8801, 0.8811, 0.8791])["equivalent"]
    True
    >>> equivalence([0.88, 0.881, 0.879], [0.89, 0.891, 0.889])["equivalent"]
    False
    """
    a, b = np.asarray(ours, float), np.asarray(theirs, float)
    difference = float((a - b).mean())
    width = t_quantile(0.95, len(a) - 1) * float((a - b).std(ddof=1)) / math.sqrt(len(a))
    interval = (difference - width, difference + width)
    return {
        "means": (float(a.mean()), float(b.mean())),
        "deviations": (float(a.std(ddof=1)), float(b.std(ddof=1))),
        "difference": difference,
        "interval": interval,
        "margin": margin,
        "equivalent": -margin < interval[0] and interval[1] < margin,
    }


def check(
    keras: Keras,
    data: Any,
    validation: Any,
    test: Any,
    epochs: int,
    seeds: int,
    file: Path,
    tick: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Trains the classic classifier in float32, seed by seed.

    Args:
        file: where the runs are kept, seed by seed; those that are there already are not done again.

    Returns:
        the accuracies on the test rows, by seed, and :func:`equivalence` of them.
    """
    settings = {"backend": keras.backend, "rows": len(data[0]), "epochs": epochs, "versions": keras.versions}
    kept = json.loads(file.read_text()) if file.exists() else {}
    runs = kept.get("runs", []) if kept.get("settings") == settings else []
    arguments = {"data": data, "validation": validation, "epochs": epochs, "dtype": "float32", "test": test}
    for seed in range(len(runs) + 1, seeds + 1):
        tick(f"seed {seed} of {seeds}: minikeras")
        mine = same_seed.ours(keras.backend, **arguments, seed=seed)
        tick(f"seed {seed} of {seeds}: Keras")
        theirs = keras.ask("same_seed", **arguments, seed=seed)
        runs.append({"seed": seed, "minikeras": _kept(mine), "keras": _kept(theirs)})
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"settings": settings, "runs": runs}, indent=1))
    ours, theirs = ([run[who]["test"]["accuracy"] for run in runs[:seeds]] for who in ("minikeras", "keras"))
    return {"minikeras": ours, "keras": theirs, **equivalence(ours, theirs)}


def _kept(run: dict[str, Any]) -> dict[str, Any]:
    return {name: run[name] for name in ("test", "history", "seconds")}
