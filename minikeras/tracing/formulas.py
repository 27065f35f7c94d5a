"""What each quantity of a step is, as text and as LaTeX.

The letters are those of the layers' docstrings: N batch, D inputs, K units or classes; a leading d means ∂L/∂.
"""

from typing import Any

from ..layers import Dense, Dropout, Flatten

Formula = tuple[str, str]


def of_layer(layer: Any, fused: bool) -> dict[str, Formula]:
    """Formulas of a layer's quantities, by quantity.

    Args:
        fused: whether the loss took this layer's activation into itself.
    """
    if isinstance(layer, Dense):
        f = layer.activation.__name__
        plus_b, tex_b = (" + b", " + b") if layer.bias is not None else ("", "")
        return {
            "x": ("x", "x"),
            "z": (f"z = x W{plus_b}", f"z = xW{tex_b}"),
            "y": (f"y = {f}(z)", rf"y = \mathrm{{{_tex(f)}}}(z)"),
            "dy": ("dy = ∂L/∂y", r"\frac{\partial L}{\partial y}"),
            "dz": _at_the_logits() if fused else _through(f),
            "dkernel": _penalized(
                layer.kernel_regularizer,
                "W",
                ("dW = xᵀ dz", r"\frac{\partial L}{\partial W} = x^\top \frac{\partial L}{\partial z}"),
            ),
            "dbias": _penalized(
                layer.bias_regularizer,
                "b",
                ("db = Σₙ dz[n]", r"\frac{\partial L}{\partial b} = \sum_n \frac{\partial L}{\partial z_n}"),
            ),
            "dx": ("dx = dz Wᵀ", r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} W^\top"),
        }
    if isinstance(layer, Flatten):
        forward: Formula = ("y[n] = x[n].ravel()", r"y_n = \mathrm{vec}(x_n)")
        backward: Formula = (
            "dx = dy, in the shape of x",
            r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}",
        )
    elif isinstance(layer, Dropout):
        forward = ("y = x ⊙ m / (1 − rate)", r"y = x \odot m / (1 - r)")
        backward = (
            "dx = dy ⊙ m / (1 − rate)",
            r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \odot m / (1 - r)",
        )
    else:
        f = getattr(getattr(layer, "activation", None), "__name__", "f")
        forward = (f"y = {f}(x)", rf"y = \mathrm{{{_tex(f)}}}(x)")
        backward = _at_the_logits("dx") if fused else _through(f, "dx", "x")
    return {
        "x": ("x", "x"),
        "keep": ("m: 1 where an entry is kept", "m"),
        "y": forward,
        "dy": ("dy = ∂L/∂y", r"\frac{\partial L}{\partial y}"),
        "dx": backward,
    }


def _penalized(regularizer: Any, w: str, formula: Formula) -> Formula:
    if regularizer is None:
        return formula
    return f"{formula[0]} + ∂R/∂{w}", rf"{formula[1]} + \frac{{\partial R}}{{\partial {w}}}"


def _through(f: str, d: str = "dz", at: str = "z") -> Formula:
    if f == "softmax":
        return (
            f"{d}[n,k] = y[n,k] (dy[n,k] − Σⱼ dy[n,j] y[n,j])",
            rf"\frac{{\partial L}}{{\partial {at}_{{nk}}}} = y_{{nk}}\Big(\frac{{\partial L}}{{\partial y_{{nk}}}}"
            r" - \sum_j \frac{\partial L}{\partial y_{nj}} y_{nj}\Big)",
        )
    return (
        f"{d} = {f}′({at}) ⊙ dy",
        rf"\frac{{\partial L}}{{\partial {at}}} = \mathrm{{{_tex(f)}}}'({at}) \odot \frac{{\partial L}}{{\partial y}}",
    )


def _at_the_logits(d: str = "dz") -> Formula:
    return f"{d} = (p − t) · w", r"\frac{\partial L}{\partial z_n} = (p_n - t_n)\, w_n"


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
