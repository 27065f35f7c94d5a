"""Which entries of which arrays a number is made of, in a form that the page can evaluate.

A rule is a sum of products with letters for indices; a letter that is not on the left is summed over:

>>> made = rule("z[n,k] = x[n,d] kernel[d,k] + bias[k]")
>>> made["parts"][1]
{'sign': 1, 'factors': [{'array': 'bias', 'at': [{'k': 1, '+': 0, '/': 1}]}]}
>>> made["text"]
'Σ over d: x[n,d] · kernel[d,k] + bias[k]'

An index may be a sum of letters with whole factors, and a quotient that counts only where it is whole, as in a
convolution's dx.
"""

import re
from typing import Any

FACTOR = re.compile(r"([\w.]+)\[([^\]]*)\]")
PART = re.compile(r"([+-]?)\s*((?:[\w.]+\[[^\]]*\]\s*)+)")
LETTER = re.compile(r"([+-]?)(\d*)([a-z]?)")


def rule(text: str) -> dict[str, Any]:
    """A rule as a dictionary."""
    left, right = text.split(" = ", 1)
    out = [i for i in FACTOR.findall(left)[0][1].split(",") if i]
    parts, words = [], []
    for sign, part in PART.findall(right):
        factors = [{"array": a, "at": [_index(i) for i in at.split(",") if i]} for a, at in FACTOR.findall(part)]
        summed = {i: 0 for f in factors for at in f["at"] for i in at if i.isalpha() and i not in out}
        over = f"Σ over {', '.join(summed)}: " if summed else ""
        words.append(f"{sign} {over}{' · '.join(f'{a}[{at}]' if at else a for a, at in FACTOR.findall(part))}")
        parts.append({"sign": -1 if sign == "-" else 1, "factors": factors})
    return {"out": out, "parts": parts, "text": " ".join(words).strip().replace("- ", "− ")}


def _index(text: str) -> dict[str, int]:
    inside, _, divisor = text.strip("()").replace(")", "").partition("/")
    found = {"+": 0, "/": int(divisor or 1)}
    for sign, digits, letter in LETTER.findall(inside.replace(" ", "")):
        if digits or letter:
            value = int(digits or 1) * (-1 if sign == "-" else 1)
            found[letter or "+"] = found.get(letter or "+", 0) + value
    return {k: v for k, v in found.items() if k not in "+/"} | {"+": found["+"], "/": found["/"]}


DENSE = {
    "z": "z[{r},k] = x[{r},d] kernel[d,k]",
    "dkernel": "dkernel[d,k] = x[{r},d] dz[{r},k]",
    "dbias": "dbias[k] = dz[{r},k]",
    "dx": "dx[{r},d] = dz[{r},k] kernel[d,k]",
}
CONVOLUTION = {
    "z": "z[n,i,j,k] = x[n,{s}i+{e}a-{p},{t}j+{f}b-{q},c] kernel[a,b,c,k]",
    "dkernel": "dkernel[a,b,c,k] = x[n,{s}i+{e}a-{p},{t}j+{f}b-{q},c] dz[n,i,j,k]",
    "dbias": "dbias[k] = dz[n,i,j,k]",
    "dx": "dx[n,u,v,c] = kernel[a,b,c,k] dz[n,(u-{e}a+{p})/{s},(v-{f}b+{q})/{t},k]",
}
LOSS = {"loss": "loss[] = weights[n] values[n]"}
HEAD = "{d}[{r},k] = y[{r},k] weights[{r}] - t[{r},k] weights[{r}]"
UPDATE = "after[{i}] = before[{i}] - rate[] gradient[{i}]"


def of_layer(layer: Any, shapes: dict[str, tuple[int, ...]], bias: bool) -> dict[str, dict[str, Any]]:
    """The rules of a layer's arrays, by quantity; of kinds that have none here, nothing.

    Args:
        layer: the layer that was called.
        shapes: of its arrays, by quantity.
        bias: True if it adds one.
    """
    kind = type(layer).__name__
    texts: dict[str, str] = {}
    names: dict[str, Any] = {}
    if kind == "Dense" and type(layer).__module__.startswith("minikeras."):
        texts, names = DENSE, {"r": letters(len(shapes["x"]) - 1)}
    elif kind == "Conv2D" and type(layer).__module__.startswith("minikeras.") and _is_plain(layer):
        (s, t), (e, f) = layer.strides, layer.dilation_rate
        p, q = (_padding(layer, shapes, axis) for axis in (0, 1))
        texts, names = CONVOLUTION, dict(zip("stefpq", (s, t, e, f, p, q), strict=True))
    found = {}
    for quantity, text in texts.items():
        text = text.format(**names) + (" + bias[k]" if quantity == "z" and bias else "")
        if quantity in shapes:
            found[quantity] = rule(text)
    return found


def _is_plain(layer: Any) -> bool:
    return layer.groups == 1 and layer.data_format == "channels_last" and layer.padding in ("valid", "same")


def _padding(layer: Any, shapes: dict[str, tuple[int, ...]], axis: int) -> int:
    """Zeros before the first entry of an axis."""
    if layer.padding == "valid":
        return 0
    size, out = shapes["x"][axis + 1], shapes["y"][axis + 1]
    reach = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
    return max((out - 1) * layer.strides[axis] + reach - size, 0) // 2


def letters(count: int, of: str = "nmoqrs") -> str:
    """So many different letters with commas between them."""
    return ",".join(of[:count])
