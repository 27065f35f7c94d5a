"""What the page knows of each kind of layer: the rules of its arrays, and arrays that are shown beside the traced ones.

A rule is written as in :mod:`.rules`. Arrays go by their names in the trace, those of several inputs as x0, x1, …
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..layers.attention.heads import HeadsAttention
from .rules import letters

Arrays = dict[str, np.ndarray]
Texts = dict[str, str]


def rules_of(layer: Any, a: Arrays) -> Texts:
    """The rules of a layer's arrays as text, by the arrays' names; of a kind that has none here, {}.

    Args:
        layer: what was called.
        a: its arrays, those of :func:`beside` included.
    """
    own = type(layer).__module__.startswith("minikeras.")
    found = RULES[type(layer).__name__](layer, a) if own and type(layer).__name__ in RULES else {}
    return {name: text for name, text in found.items() if name in a}


def beside(layer: Any, a: Arrays) -> dict[str, tuple[np.ndarray, str, str]]:
    """Further arrays of a layer, made from the traced ones: the array, its side, and what it is."""
    kind, found = type(layer).__name__, {}
    if "h_before" in a and "dz" in a:
        words = "‖dz‖ at each step: how strongly the step is corrected; where it fades, nothing is learned"
        found["norm_dz"] = (np.linalg.norm(a["dz"], axis=-1), "backward", words)
    if kind == "BatchNormalization" and "mean" in a:
        found["share"] = (_one(a, a["mean"].size / a["x"].size), "forward", "1/M: M numbers share a channel")
    if kind == "AveragePooling2D" and layer.padding == "valid":
        window = np.full(layer.pool_size, 1 / np.prod(layer.pool_size), a["x"].dtype)
        found["window"] = (window, "forward", "1/|w| for each entry of a window")
    if kind.startswith("GlobalAveragePooling"):
        found["share"] = (_one(a, a["y"].size / a["x"].size), "forward", "1/M: M numbers share a channel")
    if kind == "Dropout" and "keep" in a:
        found["scale"] = (_one(a, layer._scale), "forward", "1 / (1 − rate), so that the mean stays")
    if isinstance(layer, HeadsAttention) and a["q"].ndim == 4 and layer._repeats == 1:
        found["scale"] = (np.array(layer._scale, a["q"].dtype), "forward", "1/√H, with H features a head")
        scores = layer._scale * np.einsum("nthd,nshd->nhts", a["q"], a["k"])
        found["e"] = (scores.astype(a["q"].dtype), "forward", "scores: how well query t fits key s, one tile a head")
    return found


def _one(a: Arrays, value: float) -> np.ndarray:
    return np.array(value, a["x"].dtype)


def _dense(layer: Any, a: Arrays) -> Texts:
    r = letters(a["x"].ndim - 1)
    return {
        "z": f"z[{r},k] = x[{r},d] kernel[d,k]" + " + bias[k]" * ("bias" in a),
        "dkernel": f"dkernel[d,k] = x[{r},d] dz[{r},k]",
        "dbias": f"dbias[k] = dz[{r},k]",
        "dx": f"dx[{r},d] = dz[{r},k] kernel[d,k]",
    }


def _einsum_dense(layer: Any, a: Arrays) -> Texts:
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


def _conv2d(layer: Any, a: Arrays) -> Texts:
    if layer.groups != 1 or layer.data_format != "channels_last" or layer.padding not in ("valid", "same"):
        return {}
    (s, t), (e, f) = layer.strides, layer.dilation_rate
    p, q = (_padding(layer, a, axis) for axis in (0, 1))
    x = f"x[n,{s}i+{e}a-{p},{t}j+{f}b-{q},c]"
    return {
        "z": f"z[n,i,j,k] = {x} kernel[a,b,c,k]" + " + bias[k]" * ("bias" in a),
        "dkernel": f"dkernel[a,b,c,k] = {x} dz[n,i,j,k]",
        "dbias": "dbias[k] = dz[n,i,j,k]",
        "dx": f"dx[n,u,v,c] = kernel[a,b,c,k] dz[n,(u-{e}a+{p})/{s},(v-{f}b+{q})/{t},k]",
    }


def _padding(layer: Any, a: Arrays, axis: int) -> int:
    """Zeros before the first entry of an axis."""
    if layer.padding == "valid":
        return 0
    size, out = a["x"].shape[axis + 1], a["y"].shape[axis + 1]
    reach = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
    return max((out - 1) * layer.strides[axis] + reach - size, 0) // 2


def _average_pooling(layer: Any, a: Arrays) -> Texts:
    (s, t), last = layer.strides, layer.data_format == "channels_last"
    if not last or "window" not in a:
        return {}
    return {
        "y": f"y[n,i,j,c] = window[a,b] x[n,{s}i+a,{t}j+b,c]",
        "dx": f"dx[n,u,v,c] = window[a,b] dy[n,(u-a)/{s},(v-b)/{t},c]",
    }


def _global_average(layer: Any, a: Arrays) -> Texts:
    if layer.data_format != "channels_last" or layer.keepdims:
        return {}
    inside = letters(a["x"].ndim - 2, "ijl")
    return {"y": f"y[n,c] = share[] x[n,{inside},c]", "dx": f"dx[n,{inside},c] = share[] dy[n,c]"}


def _batch_normalization(layer: Any, a: Arrays) -> Texts:
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


def _plain(layer: Any, a: Arrays) -> bool:
    """True if each step of a sequence takes x, h′ and the weights as they are."""
    return not ({"mask", "keep", "drop"} & set(a) or layer.go_backwards) and "h_before" in a


def _sequence(layer: Any, a: Arrays, of_states: str = "dz") -> Texts:
    t = a["h"].shape[1]
    y = "y[n,t,k] = h[n,t,k]" if layer.return_sequences else f"y[n,k] = h[n,{t - 1},k]"
    return {
        "y": y,
        "dkernel": "dkernel[d,k] = x[n,t,d] dz[n,t,k]",
        "drecurrent_kernel": f"drecurrent_kernel[l,k] = h_before[n,t,l] {of_states}[n,t,k]",
        "dbias": "dbias[k] = dz[n,t,k]",
        "dx": "dx[n,t,d] = dz[n,t,k] kernel[d,k]",
    }


def _simple_rnn(layer: Any, a: Arrays) -> Texts:
    if not _plain(layer, a):
        return {}
    bias = " + bias[k]" * ("bias" in a)
    z = f"x[n,t,d] kernel[d,k] + h_before[n,t,l] recurrent_kernel[l,k]{bias}"
    return {**_sequence(layer, a), "h": f"h[n,t,k] = {layer.activation.__name__}({z})"}


def _lstm(layer: Any, a: Arrays) -> Texts:
    if not _plain(layer, a):
        return {}
    found, outer, gate = _sequence(layer, a), layer.activation.__name__, layer.recurrent_activation.__name__
    for number, name in enumerate("ifgo"):
        k = f"k+{number * layer.units}"
        bias = f" + bias[{k}]" * ("bias" in a)
        z = f"x[n,t,d] kernel[d,{k}] + h_before[n,t,l] recurrent_kernel[l,{k}]{bias}"
        found[name] = f"{name}[n,t,k] = {outer if name == 'g' else gate}({z})"
    found["c"] = "c[n,t,k] = f[n,t,k] c_before[n,t,k] + i[n,t,k] g[n,t,k]"
    found["tanh_c"] = f"tanh_c[n,t,k] = {outer}(c[n,t,k])"
    found["h"] = "h[n,t,k] = o[n,t,k] tanh_c[n,t,k]"
    return found


def _gru(layer: Any, a: Arrays) -> Texts:
    if not _plain(layer, a) or not layer.reset_after:
        return {}
    found, has_bias, last = _sequence(layer, a, "da"), "bias" in a, f"k+{2 * layer.units}"
    del found["dbias"]
    outer, gate = layer.activation.__name__, layer.recurrent_activation.__name__
    found["a"] = "a[n,t,k] = h_before[n,t,l] recurrent_kernel[l,k]" + " + bias[1,k]" * has_bias
    for number, name in enumerate("ur"):
        k = f"k+{number * layer.units}"
        z = f"x[n,t,d] kernel[d,{k}] + a[n,t,{k}]" + f" + bias[0,{k}]" * has_bias
        found[name] = f"{name}[n,t,k] = {gate}({z})"
    z = f"x[n,t,d] kernel[d,{last}] + r[n,t,k] a[n,t,{last}]" + f" + bias[0,{last}]" * has_bias
    found["n"] = f"n[n,t,k] = {outer}({z})"
    found["h"] = "h[n,t,k] = u[n,t,k] h_before[n,t,k] + n[n,t,k] - u[n,t,k] n[n,t,k]"
    return found


def _heads(layer: Any, a: Arrays) -> Texts:
    if "e" not in a or layer._drop is not None:
        return {}
    return {
        "e": "e[n,h,t,s] = scale[] q[n,t,h,d] k[n,s,h,d]",
        "y0": "y0[n,t,h,d] = p[n,h,t,s] v[n,s,h,d]",
        "y1": "y1[n,h,t,s] = p[n,h,t,s]",
        "dv": "dv[n,s,h,d] = p[n,h,t,s] dy0[n,t,h,d]",
    } | ({"p": "softmax e"} if layer._mask is None else {})


def _attention(layer: Any, a: Arrays) -> Texts:
    if layer.score_mode != "dot" or layer.dropout:
        return {}
    found = {"e": "e[n,t,s] = q[n,t,d] k[n,s,d]", "y": "y[n,t,d] = p[n,t,s] v[n,s,d]"}
    return found | ({"p": "softmax e"} if layer.scale is None and "m" not in a else {})


def _dropout(layer: Any, a: Arrays) -> Texts:
    r = letters(a["x"].ndim)
    return {d: f"{d}[{r}] = {of}[{r}] keep[{r}] scale[]" for d, of in (("y", "x"), ("dx", "dy"))} if "keep" in a else {}


def _inputs(a: Arrays) -> list[str]:
    return [name for name in a if name[0] == "x" and name[1:].isdigit()]


def _alike(a: Arrays) -> bool:
    return all(a[name].shape == a["y"].shape for name in _inputs(a))


def _add(layer: Any, a: Arrays, sign: str = "+") -> Texts:
    names, r = _inputs(a), letters(a["y"].ndim)
    if not _alike(a):
        return {}
    found = {"y": f"y[{r}] = " + f" {sign} ".join(f"{name}[{r}]" for name in names)}
    signs = ["", *[sign.replace("+", "")] * (len(names) - 1)]
    return found | {f"d{x}": f"d{x}[{r}] = {s} dy[{r}]" for x, s in zip(names, signs, strict=True)}


def _multiply(layer: Any, a: Arrays) -> Texts:
    names, r = _inputs(a), letters(a["y"].ndim)
    if not _alike(a):
        return {}

    def product(of: list[str]) -> str:
        return " ".join(f"{name}[{r}]" for name in of)

    found = {f"d{x}": f"d{x}[{r}] = dy[{r}] {product([o for o in names if o != x])}" for x in names}
    return {"y": f"y[{r}] = {product(names)}"} | found


def _concatenate(layer: Any, a: Arrays) -> Texts:
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


def _copied(layer: Any, a: Arrays) -> Texts:
    return {"y": "copy x", "dx": "copy dy"}


def _embedding(layer: Any, a: Arrays) -> Texts:
    return {"y": "row embeddings x", "dembeddings": "rows dy x"}


def _max_pooling(layer: Any, a: Arrays) -> Texts:
    if layer.data_format != "channels_last":
        return {}
    before = []
    for axis, (size, stride, window) in enumerate(zip(a["x"].shape[1:3], layer.strides, layer.pool_size, strict=True)):
        missing = (a["y"].shape[axis + 1] - 1) * stride + window - size
        before.append(max(missing, 0) // 2 if layer.padding == "same" else 0)
    geometry = " ".join(map(str, (*layer.pool_size, *layer.strides, *before)))
    return {"y": f"winner x winner {geometry}", "dx": f"won dy winner {geometry}"}


RULES: dict[str, Callable[[Any, Arrays], Texts]] = {
    "Add": _add,
    "Attention": _attention,
    "AveragePooling2D": _average_pooling,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Conv2D": _conv2d,
    "Dense": _dense,
    "Dropout": _dropout,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "Flatten": _copied,
    "GRU": _gru,
    "GlobalAveragePooling1D": _global_average,
    "GlobalAveragePooling2D": _global_average,
    "HeadsAttention": _heads,
    "LSTM": _lstm,
    "MaxPooling2D": _max_pooling,
    "Multiply": _multiply,
    "Reshape": _copied,
    "SimpleRNN": _simple_rnn,
    "Subtract": lambda layer, a: _add(layer, a, "-"),
}
