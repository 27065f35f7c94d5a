"""Both libraries trained from their own weights and orders over several seeds: equivalent within a margin?"""

import statistics
from collections.abc import Callable
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
    """Two one-sided Welch tests at 5 %.

    Equivalent if the 90 % interval of the difference of means lies within ± margin.

    >>> equivalence([0.88, 0.881, 0.879], [0.8801, 0.8811, 0.8791])["equivalent"]
    True
    >>> equivalence([0.88, 0.881, 0.879], [0.89, 0.891, 0.889])["equivalent"]
    False
    """
    a, b = np.asarray(ours, float), np.asarray(theirs, float)
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    difference, width = float(a.mean() - b.mean()), 0.0
    if va + vb > 0:
        freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
        width = t_quantile(0.95, freedom) * float(np.sqrt(va + vb))
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
    epochs: int,
    seeds: int,
    tick: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Trains the classic classifier in float32, with other seeds on either side.

    Returns:
        the accuracies on held-out rows, by seed, and :func:`equivalence` of them.
    """
    ours, theirs = [], []
    arguments = {"data": data, "validation": validation, "epochs": epochs, "dtype": "float32"}
    for seed in range(seeds):
        tick(f"seed {seed + 1} of {seeds}: minikeras")
        run = same_seed.ours(keras.backend, **arguments, seed=1000 + seed)
        ours.append(run["history"]["val_accuracy"][-1])
        tick(f"seed {seed + 1} of {seeds}: Keras")
        run = keras.ask("same_seed", **arguments, seed=seed)
        theirs.append(run["history"]["val_accuracy"][-1])
    return {"minikeras": ours, "keras": theirs, **equivalence(ours, theirs)}
