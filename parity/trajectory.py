"""Whole epochs on given batches in a given order, the short last batch included."""

from collections.abc import Callable
from typing import Any

import numpy as np

import minikeras

from . import compare, specs, tasks, tolerances
from .worker import Keras


def case(data: Any, validation: Any, epochs: int) -> dict[str, Any]:
    """The classic classifier, its weights and the data."""
    spec = specs.article()
    with minikeras.config.using(floatx="float64"):
        weights = specs.weights(specs.build(minikeras, spec), 5)
    return {"spec": spec, "weights": weights, "data": data, "validation": validation, "epochs": epochs}


def ours(given: dict[str, Any], dtype: str, backend: str) -> dict[str, Any]:
    """The engine's run, in the meaning of a Keras backend."""
    with minikeras.config.using(floatx=dtype):
        return tasks.trajectory(minikeras, **given, dtype=dtype, mode=specs.MODES[backend])


def distance(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """The largest norm-relative distance of two lists of weights."""
    return max(compare.relative(x, y) for x, y in zip(a, b, strict=True))


def rows(mine: dict[str, Any], theirs: dict[str, Any], backend: str = "tensorflow") -> list[compare.Row]:
    """The verdicts on a float64 run: losses, accuracies and weights of every epoch."""
    found = []
    dtype = "float64"
    scale = 1.0 if backend != "torch" else 1e8
    for name in theirs["history"]:
        kind = "accuracy" if "accuracy" in name else "loss"
        a, b = np.asarray(mine["history"][name]), np.asarray(theirs["history"][name])
        error = float(np.max(np.abs(a - b) / (1 if kind == "accuracy" else np.abs(b))))
        worst = int(np.argmax(np.abs(a - b)))
        bound = tolerances.limit(f"trajectory {kind}", dtype) * scale
        values = (float(a[worst]), float(b[worst]))
        passed = error <= bound
        found.append(
            compare.Row(
                "trajectory", f"{len(b)} epochs", name, dtype, error, bound, passed, index=(worst,), values=values
            )
        )
    error = max(distance(a, b) for a, b in zip(mine["weights"], theirs["weights"], strict=True))
    bound = tolerances.limit("trajectory weights", dtype) * scale
    found.append(
        compare.Row("trajectory", f"{len(mine['weights'])} epochs", "weights", dtype, error, bound, error <= bound)
    )
    return found


def check(
    keras: Keras,
    data: Any,
    validation: Any,
    epochs: int,
    tick: Callable[[str], None] = lambda name: None,
) -> tuple[list[compare.Row], dict[str, Any]]:
    """float64: the verdicts of :func:`rows`. float32: no further from Keras than some times Keras's distance from
    itself, the larger of that between jit on and off, and of that from its float64 run.

    Returns:
        rows, and the curves for the plots.
    """
    given = case(data, validation, epochs)
    jit = keras.backend == "jax"  # without it JAX is slow; on PyTorch it needs a compiler
    runs: dict[tuple[str, str], dict[str, Any]] = {}
    for dtype in ("float64", "float32"):
        tick(f"minikeras {dtype}")
        runs["minikeras", dtype] = ours(given, dtype, keras.backend)
        tick(f"Keras {dtype}")
        runs["keras", dtype] = keras.ask("trajectory", **given, dtype=dtype, jit=jit)
    again = runs["keras", "float32"]
    if keras.backend != "torch":
        tick(f"Keras float32, jit {'off' if jit else 'on'}")
        again = keras.ask("trajectory", **given, dtype="float32", jit=not jit)
    found = [] if keras.backend == "torch" else rows(runs["minikeras", "float64"], runs["keras", "float64"])
    mine, theirs = runs["minikeras", "float32"], runs["keras", "float32"]
    judge = runs["minikeras", "float64"]["weights"]
    drift = {
        "minikeras from Keras": [distance(a, b) for a, b in zip(mine["weights"], theirs["weights"], strict=True)],
        "Keras from itself, jit on and off": [
            distance(a, b) for a, b in zip(again["weights"], theirs["weights"], strict=True)
        ],
        "Keras from float64": [distance(a, b) for a, b in zip(theirs["weights"], judge, strict=True)],
    }
    if keras.backend != "torch":
        drift["float64: minikeras from Keras"] = [
            distance(a, b)
            for a, b in zip(runs["minikeras", "float64"]["weights"], runs["keras", "float64"]["weights"], strict=True)
        ]
    error = max(drift["minikeras from Keras"])
    promised = max(max(drift["Keras from itself, jit on and off"]), max(drift["Keras from float64"]))
    bound = max(tolerances.limit("trajectory", "float32") * promised, tolerances.limit("trajectory floor", "float32"))
    found.append(compare.Row("trajectory", f"{epochs} epochs", "weights", "float32", error, bound, error <= bound))
    curves = {
        "drift": drift,
        "history": {f"{who} {dtype}": run["history"] for (who, dtype), run in runs.items()},
        "seconds": {f"{who} {dtype}": run["seconds"] for (who, dtype), run in runs.items()},
    }
    return found, curves
