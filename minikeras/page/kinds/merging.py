"""Layers that merge or move: each entry of y is a sum or product of entries of x, and dx likewise of dy."""

from typing import Any

from ..rules import Arrays, Texts, letters


def _inputs(a: Arrays) -> list[str]:
    return [name for name in a if name[0] == "x" and name[1:].isdigit()]


def _alike(a: Arrays) -> bool:
    return all(a[name].shape == a["y"].shape for name in _inputs(a))


def add(layer: Any, a: Arrays, sign: str = "+") -> Texts:
    names, r = _inputs(a), letters(a["y"].ndim)
    if not _alike(a):
        return {}
    found = {"y": f"y[{r}] = " + f" {sign} ".join(f"{name}[{r}]" for name in names)}
    signs = ["", *[sign.replace("+", "")] * (len(names) - 1)]
    return found | {f"d{x}": f"d{x}[{r}] = {s} dy[{r}]" for x, s in zip(names, signs, strict=True)}


def subtract(layer: Any, a: Arrays) -> Texts:
    return add(layer, a, "-")


def multiply(layer: Any, a: Arrays) -> Texts:
    names, r = _inputs(a), letters(a["y"].ndim)
    if not _alike(a):
        return {}

    def product(of: list[str]) -> str:
        return " ".join(f"{name}[{r}]" for name in of)

    found = {f"d{x}": f"d{x}[{r}] = dy[{r}] {product([o for o in names if o != x])}" for x in names}
    return {"y": f"y[{r}] = {product(names)}"} | found


def concatenate(layer: Any, a: Arrays) -> Texts:
    rank = a["y"].ndim
    axis, found, start, parts = layer.axis % rank, {}, 0, []
    for name in _inputs(a):
        r = letters(rank).split(",")
        k, r[axis] = r[axis], f"{r[axis]}-{start}"
        parts.append(f"{name}[{','.join(r)}]")  # a term outside its array is none
        r[axis] = f"{k}+{start}"
        found[f"d{name}"] = f"d{name}[{letters(rank)}] = dy[{','.join(r)}]"
        start += a[name].shape[axis]
    return {"y": f"y[{letters(rank)}] = " + " + ".join(parts), **found}


def copied(layer: Any, a: Arrays) -> Texts:
    return {"y": "copy x", "dx": "copy dy"}
