"""Where Keras's own backends mean different things, shown on purpose."""

from typing import Any

import numpy as np

import minikeras

from . import compare, specs, tasks
from .worker import Keras

LOGITS, LABEL = (0.0, 20.0, 0.0), 0


def check(keras: Keras) -> tuple[list[compare.Row], list[dict[str, Any]]]:
    """Softmax and cross-entropy at logits (0, 20, 0) with the truth 0, in float64 (PyTorch: float32).

    TensorFlow goes back to the logits: loss 20, gradient (−1, 1, 0). JAX and PyTorch clip the probability at 1e-7:
    loss 16.118, gradient exactly 0, so nothing is learnt from the worst mistakes. The engine has both, by name.

    Returns:
        verdicts of the engine in the backend's mode, and one line for each mode.
    """
    dtype = "float32" if keras.backend == "torch" else "float64"
    theirs = keras.ask("saturated", logits=LOGITS, label=LABEL, dtype=dtype)
    mode = specs.MODES[keras.backend]
    lines = [_line(f"Keras on {keras.backend}", theirs)]
    rows = []
    for name in ("logits", "clipped"):
        with minikeras.config.using(floatx=dtype):
            mine = tasks.saturated(minikeras, LOGITS, LABEL, dtype, name)
        lines.append(_line(f'minikeras, mode="{name}"', mine))
        if name == mode:
            case = f'saturated softmax, mode="{name}"'
            rows = compare.tensors("gradients", case, mine, theirs, dtype)
    return rows, lines


def _line(who: str, found: tasks.Tensors) -> dict[str, Any]:
    gradient = np.asarray(found["dlogits"], np.float64)
    return {"who": who, "loss": float(found["loss"]), "gradient": [float(f"{g:.3g}") for g in gradient]}
