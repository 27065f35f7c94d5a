"""Convolutions and pooling: sums over a window.

With tap t of the window at position o on entry o·s + t·d − b of an axis (stride s, dilation d, b zeros before)::

    z[n,o,k] = Σ x[n,o·s+t·d−b,c] W[t,c,k] + b[k]        dW[t,c,k] = Σ x[n,o·s+t·d−b,c] dz[n,o,k]
    dx[n,i,c] = Σ W[t,c,k] dz[n,(i−t·d+b)/s,k]           over the taps for which (i − t·d + b) / s is a whole number

for one to three axes; the letters of the positions are i, j, l, of the taps a, b, e, of the pixels u, v, w.
"""

from typing import Any

import numpy as np

from ..rules import Arrays, Beside, Texts, letters

POSITIONS, TAPS, PIXELS = "ijl", "abe", "uvw"


def convolution(layer: Any, a: Arrays) -> Texts:
    if layer.groups != 1 or layer.data_format != "channels_last":
        return {}
    before = [_zeros_before(layer, a, axis) for axis in range(layer.rank)]
    taps, at, place = letters(layer.rank, TAPS), letters(layer.rank, POSITIONS), letters(layer.rank, PIXELS)
    axes = list(zip(taps.split(","), at.split(","), layer.strides, layer.dilation_rate, before, strict=True))
    x = f"x[n,{','.join(f'{s}{i}+{d}{t}-{b}' for t, i, s, d, b in axes)},c]"
    back = ",".join(f"({u}-{d}{t}+{b})/{s}" for u, (t, _, s, d, b) in zip(place.split(","), axes, strict=True))
    return {
        "z": f"z[n,{at},k] = {x} kernel[{taps},c,k]" + " + bias[k]" * ("bias" in a),
        "dkernel": f"dkernel[{taps},c,k] = {x} dz[n,{at},k]",
        "dbias": f"dbias[k] = dz[n,{at},k]",
        "dx": f"dx[n,{place},c] = kernel[{taps},c,k] dz[n,{back},k]",
    }


def _zeros_before(layer: Any, a: Arrays, axis: int) -> int:
    """Zeros before the first entry of an axis."""
    reach = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
    if layer.padding == "causal":
        return int(reach - 1)
    if layer.padding == "valid":
        return 0
    size, out = a["x"].shape[axis + 1], a["y"].shape[axis + 1]
    return int(max((out - 1) * layer.strides[axis] + reach - size, 0) // 2)


def average_window(layer: Any, a: Arrays) -> Beside:
    if layer.padding != "valid":
        return {}
    window = np.full(layer.pool_size, 1 / np.prod(layer.pool_size), a["x"].dtype)
    return {"window": (window, "forward", "1/|w| for each entry of a window")}


def average_pooling(layer: Any, a: Arrays) -> Texts:
    if layer.data_format != "channels_last" or "window" not in a:
        return {}
    rank = a["window"].ndim
    taps, at, place = letters(rank, TAPS), letters(rank, POSITIONS), letters(rank, PIXELS)
    axes = list(zip(place.split(","), taps.split(","), at.split(","), layer.strides, strict=True))
    entries = ",".join(f"{s}{i}+{t}" for _, t, i, s in axes)
    back = ",".join(f"({u}-{t})/{s}" for u, t, _, s in axes)
    return {
        "y": f"y[n,{at},c] = window[{taps}] x[n,{entries},c]",
        "dx": f"dx[n,{place},c] = window[{taps}] dy[n,{back},c]",
    }


def global_share(layer: Any, a: Arrays) -> Beside:
    share = np.array(a["y"].size / a["x"].size, a["x"].dtype)
    return {"share": (share, "forward", "1/M: M numbers share a channel")}


def global_average(layer: Any, a: Arrays) -> Texts:
    if layer.data_format != "channels_last" or layer.keepdims:
        return {}
    inside = letters(a["x"].ndim - 2, POSITIONS)
    return {"y": f"y[n,c] = share[] x[n,{inside},c]", "dx": f"dx[n,{inside},c] = share[] dy[n,c]"}


def max_pooling(layer: Any, a: Arrays) -> Texts:
    if layer.data_format != "channels_last":
        return {}
    before = []
    for axis, (size, stride, window) in enumerate(zip(a["x"].shape[1:-1], layer.strides, layer.pool_size, strict=True)):
        missing = (a["y"].shape[axis + 1] - 1) * stride + window - size
        before.append(max(missing, 0) // 2 if layer.padding == "same" else 0)
    geometry = " ".join(map(str, (*layer.pool_size, *layer.strides, *before)))
    return {"y": f"winner x winner {geometry}", "dx": f"won dy winner {geometry}"}
