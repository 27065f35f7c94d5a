"""BatchNormalization: h = (x − μ) r and y = γ h + β, multiplied out::

    h = r x − r μ                                    μ = Σ x / M
    dx = γ r dy − γ r dβ / M − γ r h dγ / M          dβ = Σ dy,  dγ = Σ dy h

with M entries of a channel. The three terms of dx are often much larger than their sum: dx has no part along a constant
or along h, and the last two terms take it away. A sum in float32 then keeps fewer digits than its terms.
"""

from typing import Any

import numpy as np

from ..rules import Arrays, Beside, Texts, letters


def batch_share(layer: Any, a: Arrays) -> Beside:
    if "mean" not in a:
        return {}
    share = np.array(a["mean"].size / a["x"].size, a["x"].dtype)
    return {"share": (share, "forward", "1/M: M numbers share a channel")}


def batch_normalization(layer: Any, a: Arrays) -> Texts:
    if layer.axis not in (-1, a["x"].ndim - 1):
        return {}
    r, gamma, beta = letters(a["x"].ndim - 1), "gamma[c] " * ("gamma" in a), " + beta[c]" * ("beta" in a)
    back = f"{gamma}r[c]"
    found = {
        "mean": f"mean[c] = share[] x[{r},c]",
        "h": f"h[{r},c] = r[c] x[{r},c] - r[c] mean[c]",
        "y": f"y[{r},c] = {gamma}h[{r},c]{beta}",
        "dh": f"dh[{r},c] = {gamma}dy[{r},c]",
        "dgamma": f"dgamma[c] = dy[{r},c] h[{r},c]",
        "dbeta": f"dbeta[c] = dy[{r},c]",
    }
    if {"gamma", "beta", "share"} <= set(a) and not {"penalty.gamma", "penalty.beta"} & set(a):
        minus = f"- {back} share[] dbeta[c] - {back} h[{r},c] share[] dgamma[c]"
        found["dx"] = f"dx[{r},c] = {back} dy[{r},c] {minus}"
    return found if "share" in a else {name: found[name] for name in ("y", "dh", "dgamma", "dbeta")}
