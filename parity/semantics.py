"""Where Keras's own backends mean different things, shown on purpose, with the engine beside them."""

import math
from typing import Any

import minikeras

from . import compare, specs, tasks
from .worker import Keras

Answers = dict[str, dict[str, str]]
"""who: {what was asked: the answer}."""

LOGITS, LABEL = (0.0, 20.0, 0.0), 0
SATURATED = "Softmax and cross-entropy at logits (0, 20, 0), the truth being class 0"
RELU = "relu and leaky_relu (slope 0.2) where the derivative is a convention"
DOUBLE = "Relative error of single operations asked for in float64 (double precision keeps about 1e-16)"


def check(keras: Keras) -> tuple[list[compare.Comparison], dict[str, Answers]]:
    """Asks Keras and the engine the same questions.

    Returns:
        verdicts of the engine in the backend's meaning, and for each question who answers what.
    """
    rows, answers = saturated(keras)
    return rows, {SATURATED: answers, RELU: rectified(keras), DOUBLE: double(keras)}


def saturated(keras: Keras) -> tuple[list[compare.Comparison], Answers]:
    """Softmax and cross-entropy at logits (0, 20, 0) with the truth 0, in float64 (PyTorch: float32).

    TensorFlow goes back to the logits: loss 20, gradient (−1, 1, 0). JAX and PyTorch clip the probability at 1e-7:
    loss 16.118, gradient exactly 0, so nothing is learnt from the worst mistakes. The engine has both, by name.
    """
    dtype = "float32" if keras.backend == "torch" else "float64"
    theirs = keras.ask("saturated", logits=LOGITS, label=LABEL, dtype=dtype)
    answers = {f"Keras on {keras.backend}": _loss(theirs)}
    rows = []
    for name in ("logits", "clipped"):
        with minikeras.config.using(floatx=dtype):
            mine = tasks.saturated(minikeras, LOGITS, LABEL, dtype, name)
        answers[f'minikeras, mode="{name}"'] = _loss(mine)
        if name == specs.MODES[keras.backend]:
            case = f'saturated softmax, mode="{name}"'
            rows = compare.tensors("gradients", case, mine, theirs, dtype)
    return rows, answers


def _loss(found: tasks.Tensors) -> dict[str, str]:
    gradient = ", ".join(f"{g:.3g}" for g in found["dlogits"])
    return {"loss": f"{float(found['loss']):.6g}", "gradient": f"({gradient})"}


def rectified(keras: Keras) -> Answers:
    """relu and leaky_relu (slope 0.2) at NaN and at their kink, in float32.

    relu(NaN) is NaN everywhere; relu′(NaN) is 0 on TensorFlow, on JAX and in the engine (z > 0 is false), 1 on PyTorch
    (z ≤ 0 is false). leaky_relu′(0) is the slope, on JAX 1 (z ≥ 0 is true).
    """
    asked: dict[str, Any] = {"values": (math.nan, 0.0), "dtype": "float32"}
    with minikeras.config.using(floatx="float32"):
        mine = tasks.rectified(minikeras, **asked)
    found = {f"Keras on {keras.backend}": keras.ask("rectified", **asked), "minikeras": mine}
    shown = ("relu(nan)", "relu′(nan)", "relu′(0)", "leaky_relu′(0)")
    return {who: {name: f"{a[name]:g}" for name in shown} for who, a in found.items()}


POINTS: dict[str, Any] = {
    "tanh": [0.7],
    "leaky_relu": [-0.7],
    "gelu": [0.7],
    "mean of squares": [[0.1, 0.7, 1.3]],
    "product": [[0.1, 0.7]],
}
TRUTH = {
    "tanh": math.tanh(0.7),
    "leaky_relu": -0.2 * 0.7,
    "gelu": 0.7 * (1 + math.erf(0.7 / math.sqrt(2))) / 2,
    "mean of squares": math.fsum((0.1**2, 0.7**2, 1.3**2)) / 3,
    "product": 0.1 * 0.3 + 0.7 * 1.1,
}
"""By Python's own arithmetic."""


def errors(found: tasks.Tensors) -> dict[str, float]:
    """Each operation's relative distance from the truth."""
    return {name: abs(float(found[name][0]) - truth) / abs(truth) for name, truth in TRUTH.items()}


def double(keras: Keras) -> Answers:
    """How exact single operations of float64 really are: several of Keras's pass through float32. The models that use
    one are judged as single precision (:data:`parity.specs.ROUNDED`)."""
    with minikeras.config.using(floatx="float64"):
        found = {
            f"Keras on {keras.backend}": keras.ask("double", points=POINTS),
            "minikeras": tasks.double(minikeras, POINTS),
        }
    return {who: {name: f"{e:.0e}" if e else "exact" for name, e in errors(a).items()} for who, a in found.items()}
