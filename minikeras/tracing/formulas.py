"""What each quantity of a step is, as text and as LaTeX.

The letters are those of the layers' docstrings: N batch, D inputs, K units or classes; a leading d means ∂L/∂.
"""

import re
from typing import Any

from ..operation import Operation

Formula = tuple[str, str]

GRADIENT = re.compile(r"\\d\{((?:[^{}]|\{[^{}]*\})*)\}")  # \d{x} in a layer's LaTeX is ∂L/∂x


def of_layer(layer: Operation, fused: bool) -> dict[str, Formula]:
    """Formulas of a layer's quantities, by quantity: its class's ``quantities``, with its activation's name for φ.

    Args:
        fused: True if the loss contains this layer's activation.
    """
    quantities = {**_ANY, **getattr(layer, "quantities", {})}
    f = getattr(getattr(layer, "activation", getattr(layer, "_f", None)), "__name__", "f")
    has_bias = getattr(layer, "bias", None) is not None
    found = {}
    for name, (text, latex) in quantities.items():
        if not has_bias:
            text, latex = text.replace(" + b", ""), latex.replace(" + b", "")
        latex = GRADIENT.sub(r"\\frac{\\partial L}{\\partial \1}", latex)
        found[name] = (text.replace("φ", f), latex.replace(r"\varphi", rf"\mathrm{{{_tex(f)}}}"))
    if f == "softmax":
        found |= {d: _softmax(d, d[1:]) for d in ("dx", "dz") if "φ" in quantities.get(d, ("",))[0]}
    if fused:
        d = "dz" if "dz" in found else "dx"
        found[d] = (f"{d} = (p − t) · w", r"\frac{\partial L}{\partial z_n} = (p_n - t_n)\, w_n")
    for p in getattr(layer, "trainable_weights", ()):
        if p.regularizer is not None and f"d{p.name}" in found:
            text, latex = found[f"d{p.name}"]
            w = text.partition(" ")[0].removeprefix("d")
            found[f"d{p.name}"] = (f"{text} + ∂R/∂{w}", rf"{latex} + \frac{{\partial R}}{{\partial {w}}}")
    return found


_ANY = {"x": ("x", "x"), "dy": ("dy = ∂L/∂y", r"\frac{\partial L}{\partial y}")}


def _softmax(d: str, at: str) -> Formula:
    return (
        f"{d}[n,k] = y[n,k] (dy[n,k] − Σⱼ dy[n,j] y[n,j])",
        rf"\frac{{\partial L}}{{\partial {at}_{{nk}}}} = y_{{nk}}\Big(\frac{{\partial L}}{{\partial y_{{nk}}}}"
        r" - \sum_j \frac{\partial L}{\partial y_{nj}} y_{nj}\Big)",
    )


def update(optimizer: Any) -> Formula:
    """The optimizer's rule; that of an optimizer without a ``formula`` is only named."""
    name = type(optimizer).__name__
    return getattr(optimizer, "formula", (f"w ← {name}(w, g, η)", rf"w \leftarrow \mathrm{{{name}}}(w, g, \eta)"))


LOSS = {
    "values": ("ℓ[n] = loss(t[n], y[n])", r"\ell_n = \ell(t_n, y_n)"),
    "weights": ("w[n]: 1/N, or the sample weight over N", r"w_n = s_n / N"),
    "loss": ("L = Σₙ w[n] ℓ[n]", r"L = \sum_n w_n \ell_n"),
}


def _tex(name: str) -> str:
    return name.replace("_", r"\_")
