"""A convolution with bias and relu, and the way back: a Dense layer on patches.

==========  ==============  ======================================================
x, dx       (N, S…, C)      images, ∂L/∂x
w, dw       (T…, C, K)      kernel, ∂L/∂w
b, db       (K,)            bias, ∂L/∂b
y, dy       (N, O…, K)      output, ∂L/∂y
p           (L, O, T…, C)   memory for the patches of L lines of positions, O on each
dz          (L, O, K)       memory for their ∂L/∂z
==========  ==============  ======================================================

P(x) are the patches of :mod:`minikeras.kernels.reference.patches`. The memory is for the compiled twins, which do some
lines at a time; the functions here do all at once. A b, dx, dw or db without entries is left out.
"""

import numpy as np

from .patches import Sizes, patches, patches_backward


def convolve(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    y: np.ndarray,
    p: np.ndarray,
    relu: bool,
    strides: Sizes,
    dilation: Sizes,
    before: Sizes,
) -> None:
    """y = P(x) w + b, and with ``relu`` max(that, 0). Writes y and p."""
    columns = w.reshape(-1, w.shape[-1])
    made = np.empty((*y.shape[:-1], *w.shape[:-1]), x.dtype)
    patches(x, made, strides, dilation, before)
    y[...] = (made.reshape(-1, len(columns)) @ columns).reshape(y.shape)
    if len(b):
        y += b
    if relu:
        y[y.real <= 0] = 0


def convolve_backward(
    x: np.ndarray,
    w: np.ndarray,
    dy: np.ndarray,
    y: np.ndarray,
    dx: np.ndarray,
    dw: np.ndarray,
    db: np.ndarray,
    p: np.ndarray,
    dz: np.ndarray,
    relu: bool,
    strides: Sizes,
    dilation: Sizes,
    before: Sizes,
) -> None:
    """dz = dy, with ``relu`` where y > 0;  db = Σ dz;  dw = P(x)ᵀ dz;  dx = Pᵀ(dz wᵀ). Writes dx, dw, db, p and dz."""
    columns = w.reshape(-1, w.shape[-1])
    rows = (np.where(y.real > 0, dy, 0) if relu else dy).reshape(-1, dy.shape[-1])
    made = np.empty((*y.shape[:-1], *w.shape[:-1]), x.dtype)
    if len(db):
        db[...] = rows.sum(axis=0)
    if len(dw):
        patches(x, made, strides, dilation, before)
        dw[...] = (made.reshape(-1, len(columns)).T @ rows).reshape(dw.shape)
    if len(dx):
        made[...] = (rows @ columns.T).reshape(made.shape)
        patches_backward(made, dx, strides, dilation, before)
