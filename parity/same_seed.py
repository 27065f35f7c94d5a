"""The classic program in both libraries from ``set_random_seed(42)`` alone: no weight and no order is copied."""

from collections.abc import Callable
from typing import Any

import numpy as np

import minikeras

from . import compare, specs, tasks, tolerances
from .worker import Keras


def bits_differ(a: list[np.ndarray], b: list[np.ndarray]) -> int:
    """How many numbers are not the same to the last bit.

    >>> bits_differ([np.ones(2)], [np.ones(2)])
    0
    """
    return sum(
        int((x.view(f"u{x.itemsize}") != y.view(f"u{y.itemsize}")).sum())
        if x.shape == y.shape and x.dtype == y.dtype
        else x.size
        for x, y in zip(a, b, strict=True)
    )


def ours(
    backend: str,
    data: Any,
    validation: Any,
    epochs: int,
    dtype: str,
    seed: int = 42,
    stream: str | None = None,
    test: Any = None,
) -> dict[str, Any]:
    """The engine's run on a backend's stream."""
    with minikeras.config.using(floatx=dtype):
        return tasks.same_seed(
            minikeras, data, validation, epochs, dtype, seed, specs.MODES[backend], stream or backend, test
        )


def rows(mine: dict[str, Any], theirs: dict[str, Any], dtype: str) -> list[compare.Row]:
    """The verdicts: the initial weights' bits, then loss and accuracy of every epoch, and the final weights."""
    count = sum(w.size for w in theirs["initial"])
    differ = bits_differ(mine["initial"], theirs["initial"])
    found = [compare.Row("same-seed", f"{count:,} initial weights", "bits", dtype, float(differ), 0.0, differ == 0)]
    for name, expected in theirs["history"].items():
        a, b = np.asarray(mine["history"][name]), np.asarray(expected)
        exact = "accuracy" in name and dtype == "float64"
        bound = 0.0 if exact else tolerances.limit("same-seed", dtype)
        worst = int(np.argmax(np.abs(a - b)))
        error, pair = float(abs(a[worst] - b[worst])), (float(a[worst]), float(b[worst]))
        found.append(
            compare.Row(
                "same-seed", f"{len(b)} epochs", name, dtype, error, bound, error <= bound, error, (worst,), pair
            )
        )
    error = max(compare.relative(a, b) for a, b in zip(mine["final"], theirs["final"], strict=True))
    bound = tolerances.limit("trajectory weights", "float64") if dtype == "float64" else 0.1
    found.append(
        compare.Row("same-seed", f"{len(expected)} epochs", "final weights", dtype, error, bound, error <= bound)
    )
    return found


def check(
    keras: Keras,
    data: Any,
    validation: Any,
    epochs: int,
    dtype: str,
    seed: int = 42,
    tick: Callable[[str], None] = lambda name: None,
) -> tuple[list[compare.Row], dict[str, Any]]:
    """Runs both.

    Returns:
        rows, and both runs as ``{"minikeras": …, "keras": …}``.
    """
    tick("minikeras")
    mine = ours(keras.backend, data, validation, epochs, dtype, seed)
    tick(f"Keras on {keras.backend}")
    theirs = keras.ask("same_seed", data=data, validation=validation, epochs=epochs, dtype=dtype, seed=seed)
    return rows(mine, theirs, dtype), {"minikeras": mine, "keras": theirs}
