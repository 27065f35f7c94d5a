"""Attention: scores, their softmax, the weighted sum of the values; and back, as in the layers' docstring::

    e = q kᵀ,  p = softmax over s of a e,  o = p v
    dv = pᵀ do,  dp = do vᵀ,  ds = p ⊙ (dp − Σ dp ⊙ p),  dq = a ds k,  dk = a dsᵀ q

dp and ds are made here from the traced p, v and do. By head where there are heads: query t, key s, head h, feature d.
"""

from typing import Any

import numpy as np

from ...layers.attention.dot_product import softmax_where, softmax_where_backward, swapped
from ..rules import Arrays, Beside, Texts

DP = "how much L changes with each weight p"
DS = "how much L changes with each score, which is what goes into the softmax"
ALLOWED = "1 where query t may look at key s"


def beside_heads(layer: Any, a: Arrays) -> Beside:
    if a["q"].ndim != 4 or layer._repeats != 1 or layer._drop is not None:
        return {}
    q, k, v = (layer._flat_times(a[name]).swapaxes(1, 2) for name in "qkv")
    scores, m = layer._scale * (q @ swapped(k)), a.get("m")
    found: Beside = {
        "scale": (np.array(layer._scale, q.dtype), "forward", "1/√H, with H features a head"),
        "e": (scores.astype(q.dtype), "forward", "scores: how well query t fits key s, one tile a head"),
    }
    backward = _back(layer._flat_times(a["dy0"]).swapaxes(1, 2), a["p"], v, m) if "dy0" in a and "dy1" not in a else {}
    return found | _allowed(m, a["p"]) | backward


def heads(layer: Any, a: Arrays) -> Texts:
    if "e" not in a:
        return {}
    return {
        "e": "e[n,h,t,s] = scale[] q[n,t,h,d] k[n,s,h,d]",
        "y0": "y0[n,t,h,d] = p[n,h,t,s] v[n,s,h,d]",
        "y1": "y1[n,h,t,s] = p[n,h,t,s]",
        "dv": "dv[n,s,h,d] = p[n,h,t,s] dy0[n,t,h,d]",
        "dp": "dp[n,h,t,s] = dy0[n,t,h,d] v[n,s,h,d]",
        "ds": "softmax_back p dp",
        "dq": "dq[n,t,h,d] = scale[] ds[n,h,t,s] k[n,s,h,d]",
        "dk": "dk[n,s,h,d] = scale[] ds[n,h,t,s] q[n,t,h,d]",
    } | _softmax(a)


def beside(layer: Any, a: Arrays) -> Beside:
    if layer.score_mode != "dot" or layer.dropout or "dy" not in a:
        return {}
    return _allowed(a.get("m"), a["p"]) | _back(a["dy"], a["p"], a["v"], a.get("m"))


def attention(layer: Any, a: Arrays) -> Texts:
    if layer.score_mode != "dot" or layer.dropout:
        return {}
    found = {"e": "e[n,t,s] = q[n,t,d] k[n,s,d]", "y": "y[n,t,d] = p[n,t,s] v[n,s,d]"}
    found |= _softmax(a) if layer.scale is None else {}
    if "ds" not in a:
        return found
    alpha = "scale[] " * (layer.scale is not None)
    dk, dv = f"{alpha}ds[n,t,s] q[n,t,d]", "p[n,t,s] dy[n,t,d]"
    found |= {"dp": "dp[n,t,s] = dy[n,t,d] v[n,s,d]", "ds": "softmax_back p dp"}
    found |= {"dscale": "dscale[] = ds[n,t,s] e[n,t,s]", "dx0": f"dx0[n,t,d] = {alpha}ds[n,t,s] k[n,s,d]"}
    if "x2" in a:
        return found | {"dx1": f"dx1[n,s,d] = {dv}", "dx2": f"dx2[n,s,d] = {dk}"}
    return found | {"dx1": f"dx1[n,s,d] = {dv} + {dk}"}


def _softmax(a: Arrays) -> Texts:
    """The rule of p; none if it is no softmax of the scores alone, as where a query may look at nothing."""
    if "allowed" in a:
        return {"p": "softmax e allowed"}
    return {"p": "softmax e"} if np.allclose(softmax_where(a["e"], None, False), a["p"], atol=1e-6) else {}


def _allowed(m: Any, p: np.ndarray) -> Beside:
    """The mask, unless some query may look at nothing: its weights are then no softmax."""
    if m is None or not m.any(axis=-1).all():
        return {}
    return {"allowed": (np.broadcast_to(m, p.shape), "forward", ALLOWED)}


def _back(do: np.ndarray, p: np.ndarray, v: np.ndarray, m: Any) -> Beside:
    """dp and ds, computed as the layer does, so that they are its own numbers."""
    dp = do @ swapped(v)
    return {"dp": (dp, "between", DP), "ds": (softmax_where_backward(dp, p, m), "between", DS)}
