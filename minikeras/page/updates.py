"""The update of a weight as rules: plain SGD, SGD with momentum, Adam."""

from typing import Any

import numpy as np

from ..scalars import scalar
from .rules import letters

#: What a slot of the optimizer is called on the page, and its words.
SLOTS = {
    ("Adam", "momentum"): ("m", "mean of the gradients"),
    ("Adam", "velocity"): ("v", "mean of their squares"),
    ("SGD", "momentum"): ("v", "velocity: the change of w, which goes on from step to step"),
}


def kind(trace: Any, parameter: Any = None) -> str:
    """ "SGD", "Adam", or "" for an update that has no rules here."""
    optimizer = trace.step.model.optimizer
    more = (optimizer.weight_decay, optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm)
    if not getattr(optimizer, "is_plain", False) or any(limit is not None for limit in more):
        return ""
    if getattr(parameter, "constraint", None) is not None or getattr(optimizer, "amsgrad", False):
        return ""
    name = type(optimizer).__name__
    return name if name in ("SGD", "Adam") and type(optimizer).__module__.startswith("minikeras.") else ""


def scalars(trace: Any) -> dict[str, tuple[np.ndarray, str]]:
    """The numbers in the rules, with words."""
    optimizer, rate = trace.step.model.optimizer, trace.learning_rate
    found: dict[str, tuple[float, str]] = {"rate": (rate, "η, the learning rate")}
    if kind(trace) == "SGD" and optimizer.momentum:
        found["mu"] = (
            float(scalar(optimizer.momentum, np.dtype(trace.step.model.dtype))),
            "μ, how much of the velocity is kept",
        )
    if kind(trace) == "Adam":
        alpha = optimizer.alpha(np.float64(rate), np.float64(trace.iteration))
        found |= {
            "beta1": (optimizer.beta_1, "β₁, how much of the mean m is kept"),
            "new1": (1 - optimizer.beta_1, "1 − β₁, the share of the new gradient"),
            "beta2": (optimizer.beta_2, "β₂, how much of the mean v is kept"),
            "new2": (1 - optimizer.beta_2, "1 − β₂, the share of the new square"),
            "alpha": (float(alpha), f"α = η √(1 − β₂ᵗ) / (1 − β₁ᵗ) at t = {trace.iteration}"),
            "epsilon": (optimizer.epsilon, "ε, against division by zero"),
        }
    return {name: (np.array(value), words) for name, (value, words) in found.items()}


def texts(trace: Any, parameter: Any, names: set[str]) -> dict[str, str]:
    """The rules of a parameter's slots and of its new value; names are those of the arrays that there are.

    "before" is the old weight, "gradient" its gradient, "m_before" an old slot (missing if it is zero).
    """
    optimizer, i = trace.step.model.optimizer, letters(parameter.value.ndim)
    found = {"SGD": _sgd, "Adam": _adam, "": lambda *_: {}}[kind(trace, parameter)](optimizer, i, names)
    return {name: text for name, text in found.items() if name in names}


def _sgd(optimizer: Any, i: str, names: set[str]) -> dict[str, str]:
    step = f"rate[] gradient[{i}]"
    if not optimizer.momentum:
        return {"after": f"after[{i}] = before[{i}] - {step}"}
    old = f"mu[] v_before[{i}] " * ("v_before" in names)
    after = f"before[{i}] + mu[] v[{i}] - {step}" if optimizer.nesterov else f"before[{i}] + v[{i}]"
    return {"v": f"v[{i}] = {old}- {step}", "after": f"after[{i}] = {after}"}


def _adam(optimizer: Any, i: str, names: set[str]) -> dict[str, str]:
    old_m, old_v = (f"beta{n}[] {s}_before[{i}] + " * (f"{s}_before" in names) for n, s in ((1, "m"), (2, "v")))
    return {
        "m": f"m[{i}] = {old_m}new1[] gradient[{i}]",
        "v": f"v[{i}] = {old_v}new2[] gradient[{i}] gradient[{i}]",
        "after": "adam before m v alpha epsilon",
    }
