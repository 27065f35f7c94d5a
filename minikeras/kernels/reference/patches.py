"""The windows that slide over an image: its patches, and the way back.

==========  ===================  ===================================================================
x, dx       (N, S…, C)           images of one to three spatial axes with sizes S
p, dp       (N, O…, T…, C)       patches: for each position of the window, what each tap of it meets
w, dw       (T…, C, M)           one kernel for each channel, with M outputs
z, dz       (N, O…, C, M)        what these give
strides     one for each axis s  how far the window moves
dilation    one for each axis d  how far its taps are apart
before      one for each axis b  zeros before the first pixel
==========  ===================  ===================================================================

Tap t of the window at position o meets pixel o·s + t·d − b of each axis, or a zero where x has no such pixel. The loops
run over the taps, of which there are few; what one tap meets at all positions is a view of x, every s-th pixel.
"""

import numpy as np

Sizes = tuple[int, ...]
Slices = tuple[slice, ...]


def tap(
    t: Sizes, sizes: Sizes, positions: Sizes, strides: Sizes, dilation: Sizes, before: Sizes
) -> tuple[Slices, Slices]:
    """The positions at which tap t meets a pixel, and the pixels that it meets there, as indices of p and of x.

    >>> tap((0,), (5,), (5,), (1,), (1,), (1,))    # the first of three taps, one zero before: position 0 meets none
    ((slice(None, None, None), slice(1, 5, None)), (slice(None, None, None), slice(0, 4, 1)))
    """
    where, met = [slice(None)], [slice(None)]
    for i, size, outputs, s, d, b in zip(t, sizes, positions, strides, dilation, before, strict=True):
        shift = i * d - b
        first = max(0, -(shift // s))
        last = max(first, min(outputs, (size - 1 - shift) // s + 1))
        where.append(slice(first, last))
        met.append(slice(first * s + shift, max((last - 1) * s + shift + 1, 0), s))
    return tuple(where), tuple(met)


def patches(x: np.ndarray, p: np.ndarray, strides: Sizes, dilation: Sizes, before: Sizes) -> None:
    """p[n, o, t, c] = x[n, o·s + t·d − b, c]. Writes p."""
    rank = len(strides)
    sizes, positions, taps = x.shape[1:-1], p.shape[1 : rank + 1], p.shape[rank + 1 : -1]
    p[...] = 0
    for t in np.ndindex(taps):
        where, met = tap(t, sizes, positions, strides, dilation, before)
        p[(*where, *t)] = x[met]


def patches_backward(dp: np.ndarray, dx: np.ndarray, strides: Sizes, dilation: Sizes, before: Sizes) -> None:
    """dx[n, o·s + t·d − b, c] = Σ dp[n, o, t, c]: the adjoint of :func:`patches`. Writes dx."""
    rank = len(strides)
    sizes, positions, taps = dx.shape[1:-1], dp.shape[1 : rank + 1], dp.shape[rank + 1 : -1]
    dx[...] = 0
    for t in np.ndindex(taps):
        where, met = tap(t, sizes, positions, strides, dilation, before)
        dx[met] += dp[(*where, *t)]


def depthwise(x: np.ndarray, w: np.ndarray, z: np.ndarray, strides: Sizes, dilation: Sizes, before: Sizes) -> None:
    """z[n, o, c, m] = Σₜ p[n, o, t, c] w[t, c, m], p being the patches of x. Writes z."""
    z[...] = 0
    for t in np.ndindex(w.shape[:-2]):
        where, met = tap(t, x.shape[1:-1], z.shape[1:-2], strides, dilation, before)
        z[where] += x[met][..., None] * w[t]


def depthwise_backward_kernel(
    x: np.ndarray, dz: np.ndarray, dw: np.ndarray, strides: Sizes, dilation: Sizes, before: Sizes
) -> None:
    """dw[t, c, m] = Σₙₒ p[n, o, t, c] dz[n, o, c, m]. Writes dw."""
    for t in np.ndindex(dw.shape[:-2]):
        where, met = tap(t, x.shape[1:-1], dz.shape[1:-2], strides, dilation, before)
        columns = x[met].reshape(-1, dw.shape[-2])
        dw[t] = np.einsum("pc,pcm->cm", columns, dz[where].reshape(-1, *dw.shape[-2:]))


def depthwise_backward(
    dz: np.ndarray, w: np.ndarray, dx: np.ndarray, strides: Sizes, dilation: Sizes, before: Sizes
) -> None:
    """dx[n, o·s + t·d − b, c] = Σₘ dz[n, o, c, m] w[t, c, m]. Writes dx."""
    dx[...] = 0
    for t in np.ndindex(w.shape[:-2]):
        where, met = tap(t, dx.shape[1:-1], dz.shape[1:-2], strides, dilation, before)
        dx[met] += (dz[where] * w[t]).sum(axis=-1)
