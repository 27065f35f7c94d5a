"""Layers that multiply x by a weight: z = x W + b, so dW = xᵀ dz, db = Σ dz, dx = dz Wᵀ; and Dropout's mask."""

from typing import Any

import numpy as np

from ..rules import Arrays, Beside, Texts, letters


def dense(layer: Any, a: Arrays) -> Texts:
    r = letters(a["x"].ndim - 1)
    return {
        "z": f"z[{r},k] = x[{r},d] kernel[d,k]" + " + bias[k]" * ("bias" in a),
        "dkernel": f"dkernel[d,k] = x[{r},d] dz[{r},k]",
        "dbias": f"dbias[k] = dz[{r},k]",
        "dx": f"dx[{r},d] = dz[{r},k] kernel[d,k]",
    }


def einsum_dense(layer: Any, a: Arrays) -> Texts:
    x, w, y, _ = (",".join(part) for part in layer._letters(a["x"].shape))
    b = ",".join(layer.bias_axes or "")
    if not f"{x}{w}{y}".replace(",", "").islower() or ("bias" in a and not y.endswith(b)):
        return {}
    return {
        "z": f"z[{y}] = x[{x}] kernel[{w}]" + f" + bias[{b}]" * ("bias" in a),
        "dkernel": f"dkernel[{w}] = x[{x}] dz[{y}]",
        "dbias": f"dbias[{b}] = dz[{y}]",
        "dx": f"dx[{x}] = dz[{y}] kernel[{w}]",
    }


def embedding(layer: Any, a: Arrays) -> Texts:
    return {"y": "row embeddings x", "dembeddings": "rows dy x"}


def dropout_scale(layer: Any, a: Arrays) -> Beside:
    if "keep" not in a:
        return {}
    return {"scale": (np.array(layer._scale, a["x"].dtype), "forward", "1 / (1 − rate), so that the mean stays")}


def dropout(layer: Any, a: Arrays) -> Texts:
    r = letters(a["x"].ndim)
    return {d: f"{d}[{r}] = {of}[{r}] keep[{r}] scale[]" for d, of in (("y", "x"), ("dx", "dy"))} if "keep" in a else {}
