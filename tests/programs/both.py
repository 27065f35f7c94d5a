"""Runs a program twice, once with Keras and once with minikeras: only what ``keras`` means differs.

A program is a file of ``examples/``, written as people write for Keras. It sees ``keras``, ``np`` and ``GradientTape``
(TensorFlow's with Keras) and leaves its numbers in the dictionary ``logged``. Weights are the same in both:
:func:`same_start` draws them from NumPy.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "examples"


def names() -> list[str]:
    """The names of all programs."""
    return sorted(path.stem for path in FOLDER.glob("*.py"))


def same_start(*models: Any) -> None:
    """Gives the weights of some built models new values, drawn in the order of ``weights``."""
    rng = np.random.default_rng(7)
    for model in models:
        model.set_weights([rng.normal(size=np.shape(w)) * 0.4 for w in model.get_weights()])


def run(name: str, library: Any) -> dict[str, Any]:
    """What a program logs with a library."""
    source = (FOLDER / f"{name}.py").read_text()
    logged: dict[str, Any] = {}
    library.utils.set_random_seed(1)
    seen = {"keras": library, "np": np, "same_start": same_start, "logged": logged, "GradientTape": _tape(library)}
    real = sys.modules.get("keras")
    sys.modules["keras"] = library  # for "from keras import layers"
    try:
        exec(compile(source, f"{name}.py", "exec"), seen)
    finally:
        sys.modules.pop("keras")
        if real is not None:
            sys.modules["keras"] = real
    return logged


def _tape(library: Any) -> Any:
    if hasattr(library, "GradientTape"):
        return library.GradientTape
    import tensorflow

    return tensorflow.GradientTape


def difference(ours: Any, theirs: Any) -> float:
    """The largest difference between two structures of numbers, relative to 1; infinite for other keys or shapes."""
    if isinstance(ours, dict) or isinstance(theirs, dict):
        if not (isinstance(ours, dict) and isinstance(theirs, dict) and list(ours) == list(theirs)):
            return float("inf")
        return max((difference(ours[key], theirs[key]) for key in ours), default=0.0)
    if isinstance(ours, list | tuple) and len(ours) != len(theirs):
        return float("inf")
    if isinstance(ours, list | tuple):
        return max((difference(a, b) for a, b in zip(ours, theirs, strict=True)), default=0.0)
    a, b = np.asarray(ours, float), np.asarray(theirs, float)
    if a.shape != b.shape:
        return float("inf")
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b)), initial=0.0))
