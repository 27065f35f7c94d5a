"""Which entries of which arrays a number is made of, in a form that the page can evaluate.

A rule is a sum of products with letters for indices; a letter that is not on the left is summed over. A function may
stand around the sum.

>>> made = rule("z[n,k] = x[n,d] kernel[d,k] + bias[k]")
>>> made["parts"][1]
{'sign': 1, 'factors': [{'array': 'bias', 'at': [{'k': 1, '+': 0, '/': 1}]}], 'text': '+ bias[k]'}
>>> made["parts"][0]["text"]
'Σ over d: x[n,d] · kernel[d,k]'
>>> rule("h[n,k] = tanh(x[n,k])")["function"], rule("copy x")
('tanh', {'kind': 'copy', 'of': ['x'], 'numbers': []})

An index may be a sum of letters with whole factors, and a quotient that counts only where it is whole, as in a
convolution's dx. A term whose index lies outside its array is none. A part may be limited to one value of a letter, or
to the values below one. A factor tanh'h[n,k] is the slope of tanh where it gives h[n,k].

>>> part = rule("d[n,t,k] = dy[n,k]{t=4} + e[n,t,k] tanh'h[n,t,k]")["parts"]
>>> part[0]["only"], part[1]["factors"][1]["slope"], part[1]["text"]
(['t', '=', 4], 'tanh', '+ e[n,t,k] · tanh′(h[n,t,k])')

What is no sum of products is named instead: "copy x", "softmax z", "row table ids", with numbers behind if it needs
some.
"""

import re
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Texts = dict[str, str]
Beside = dict[str, tuple[np.ndarray, str, str]]

FACTOR = re.compile(r"(?:(\w+)')?([\w.]+)\[([^\]]*)\]")
PART = re.compile(r"([+-]?)\s*((?:(?:\w+')?[\w.]+\[[^\]]*\]\s*)+)(?:\{([a-z])([<=])(\d+)\})?")
LETTER = re.compile(r"([+-]?)(\d*)([a-z]?)")
AROUND = re.compile(r"([a-z_]+)\((.*)\)")


def rule(text: str) -> dict[str, Any]:
    """A rule as a dictionary."""
    if " = " not in text:
        kind, *words = text.split()
        names = [word for word in words if not word.isdigit()]
        return {"kind": kind, "of": names, "numbers": [int(word) for word in words if word.isdigit()]}
    left, right = text.split(" = ", 1)
    around = AROUND.fullmatch(right)
    right = around[2] if around else right
    out = [i for i in FACTOR.findall(left)[0][2].split(",") if i]
    parts: list[dict[str, Any]] = []
    for sign, product, *only in PART.findall(right):
        factors: list[dict[str, Any]] = []
        words = []
        for slope, name, at in FACTOR.findall(product):
            factors.append({"array": name, "at": [_index(i) for i in at.split(",") if i]})
            entry = f"{name}[{_plain(at)}]" if at else name
            if slope:
                factors[-1]["slope"] = slope
            words.append(f"{slope}′({entry})" if slope else entry)
        summed = {i: 0 for f in factors for at in f["at"] for i in at if i.isalpha() and i not in out}
        over = f"Σ over {', '.join(summed)}: " if summed else ""
        text = f"{sign.replace('-', '−')} {over}{' · '.join(words)}".strip()
        parts.append({"sign": -1 if sign == "-" else 1, "factors": factors, "text": text})
        if only[0]:
            parts[-1] |= {"only": [only[0], only[1], int(only[2])], "text": f"{text} where {' '.join(only)}"}
    return {"out": out, "parts": parts} | ({"function": around[1]} if around else {})


def arrays_of(made: dict[str, Any]) -> set[str]:
    """The names of the arrays that a rule needs."""
    return {f["array"] for part in made["parts"] for f in part["factors"]} if "parts" in made else set(made["of"])


def numbered(made: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """The same rule with the arrays' numbers in place of their names."""
    if "parts" not in made:
        return made | {"of": [numbers[name] for name in made["of"]]}
    for part in made["parts"]:
        for f in part["factors"]:
            f["array"] = numbers[f["array"]]
    return made


def _plain(indices: str) -> str:
    """Indices without factors and quotients of 1 and sums with 0.

    >>> _plain("n,2i+1a-0,(v-1b+0)/1")
    'n,2i+a,v-b'
    """
    indices = re.sub(r"(?<!\d)1([a-z])", r"\1", re.sub(r"(?<=\w)[+-]0(?!\d)", "", indices))
    return re.sub(r"\(([^)]*)\)/1(?!\d)", r"\1", indices)


def _index(text: str) -> dict[str, int]:
    inside, _, divisor = text.strip("()").replace(")", "").partition("/")
    found = {"+": 0, "/": int(divisor or 1)}
    for sign, digits, letter in LETTER.findall(inside.replace(" ", "")):
        if digits or letter:
            value = int(digits or 1) * (-1 if sign == "-" else 1)
            found[letter or "+"] = found.get(letter or "+", 0) + value
    return {k: v for k, v in found.items() if k not in "+/"} | {"+": found["+"], "/": found["/"]}


LOSS = "loss[] = weights[n] values[n]"
HEAD = "{d}[{r},k] = y[{r},k] weights[{r}] - t[{r},k] weights[{r}]"


def letters(count: int, of: str = "nmoqrs") -> str:
    """So many different letters with commas between them."""
    return ",".join(of[:count])


def alias(name: str) -> str:
    """The name of an array in a rule: x[0] is x0."""
    return name.replace("[", "").replace("]", "")
