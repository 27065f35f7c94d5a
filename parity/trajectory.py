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


def rows(mine: dict[str, Any], theirs: dict[str, Any]) -> list[compare.Comparison]:
    """The verdicts on a float64 run: losses, accuracies and weights of every epoch."""
    found = []
    dtype = "float64"
    for name in theirs["history"]:
        kind = "accuracy" if "accuracy" in name else "loss"
        a, b = np.asarray(mine["history"][name]), np.asarray(theirs["history"][name])
        error = float(np.max(np.abs(a - b) / (1 if kind == "accuracy" else np.abs(b))))
        worst = int(np.argmax(np.abs(a - b)))
        bound = tolerances.limit(f"trajectory {kind}", dtype)
        values = (float(a[worst]), float(b[worst]))
        passed = error <= bound
        found.append(
            compare.Comparison(
                "trajectory", f"{len(b)} epochs", name, dtype, error, bound, passed, index=(worst,), values=values
            )
        )
    error = _apart(mine, theirs)
    bound = tolerances.limit("trajectory weights", dtype)
    found.append(
        compare.Comparison(
            "trajectory", f"{len(mine['weights'])} epochs", "weights", dtype, error, bound, error <= bound
        )
    )
    return found


def turned(data: Any, size: int) -> Any:
    """The same batches with the rows of each in reverse: the same sums in another order.

    >>> turned((np.arange(5), np.arange(5)), 3)[0]
    array([2, 1, 0, 4, 3])
    """
    x, y = data
    order = np.concatenate([np.arange(start, min(start + size, len(x)))[::-1] for start in range(0, len(x), size)])
    return x[order], y[order]


def sampled(steps: int, count: int = 32) -> list[int]:
    """Some steps, close together at first: 1, 2, 3, …, ``steps``.

    >>> sampled(100, 8)
    [1, 2, 4, 7, 14, 27, 52, 100]
    """
    return [int(n) for n in np.unique(np.geomspace(1, steps, count).round())]


def check(
    keras: Keras,
    data: Any,
    validation: Any,
    epochs: int,
    tick: Callable[[str], None] = lambda name: None,
) -> tuple[list[compare.Comparison], dict[str, Any]]:
    """float64: the verdicts of :func:`rows`. float32: no further from Keras than some times Keras from itself.

    Keras is compared with itself twice: with the rows of every batch in reverse, which changes nothing but the order
    of the sums; and on TensorFlow also with ``jit_compile`` on. The further of the two is what float32 promises.

    Returns:
        rows, and the curves for the plots.
    """
    given = case(data, validation, epochs)
    size = given["spec"].rows
    steps = sampled(epochs * -(-len(data[0]) // size))
    given = {**given, "steps": steps}
    jit = keras.backend == "jax"  # without it JAX is slow; on PyTorch it needs a compiler
    runs: dict[str, dict[str, Any]] = {}
    for dtype in ("float64", "float32"):
        tick(f"minikeras {dtype}")
        runs[f"minikeras {dtype}"] = ours(given, dtype, keras.backend)
        tick(f"Keras {dtype}")
        runs[f"keras {dtype}"] = keras.ask("trajectory", **given, dtype=dtype, jit=jit)
    tick("Keras float32, rows of each batch in reverse")
    reverse = {**given, "data": turned(data, size)}
    controls = {"rows reversed": keras.ask("trajectory", **reverse, dtype="float32", jit=jit)}
    if keras.backend == "tensorflow":
        tick("Keras float32, jit on")
        controls["jit on"] = keras.ask("trajectory", **given, dtype="float32", jit=True)
    found = []
    mine, theirs = runs["minikeras float32"], runs["keras float32"]
    pairs = {"float32: minikeras from Keras": (mine, theirs)}
    pairs |= {f"float32: Keras from itself, {name}": (run, theirs) for name, run in controls.items()}
    pairs["float32: Keras from float64"] = (theirs, runs["minikeras float64"])
    if keras.backend != "torch":
        found = rows(runs["minikeras float64"], runs["keras float64"])
        pairs["float64: minikeras from Keras"] = (runs["minikeras float64"], runs["keras float64"])
    error = _apart(mine, theirs)
    itself = {name: _apart(run, theirs) for name, run in controls.items()}
    bound = tolerances.limit("trajectory", "float32") * max(itself.values())
    bound = max(bound, tolerances.limit("trajectory floor", "float32"))
    found.append(
        compare.Comparison("trajectory", f"{epochs} epochs", "weights", "float32", error, bound, error <= bound)
    )
    curves = {
        "steps": steps,
        "drift": {
            name: [distance(x, y) for x, y in zip(a["steps"], b["steps"], strict=True)]
            for name, (a, b) in pairs.items()
        },
        "promise": {"minikeras": error, "itself": itself, "float64": _apart(theirs, runs["minikeras float64"])},
        "history": {who: run["history"] for who, run in runs.items()},
        "seconds": {who: run["seconds"] for who, run in runs.items()},
    }
    return found, curves


def _apart(a: dict[str, Any], b: dict[str, Any]) -> float:
    """The largest distance of two runs' weights at the end of an epoch."""
    return max(distance(x, y) for x, y in zip(a["weights"], b["weights"], strict=True))
