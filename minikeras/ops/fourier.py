"""Discrete Fourier transforms. A complex array is the pair of its real and its imaginary part, as in Keras.

F is the matrix with F[k, t] = exp(−2πi kt/n), which is symmetric, and F̄ its conjugate; for a pair, ∂L/∂y is a pair too.
All are linear, so each derivative is the adjoint; that of F is F̄::

    fft:   y = F x               dx = F̄ dy              real part: rfft takes a real x and gives half of y,
    ifft2: y = F̄ x / n           dx = F dy / n           since y[n − k] is the conjugate of y[k]

>>> fft((np.array([1.0, 2.0]), np.array([0.0, 0.0])))
(array([ 3., -1.]), array([0., 0.]))
>>> irfft(rfft(np.array([1.0, 2.0, 5.0, 4.0])))
array([1., 2., 5., 4.])
"""

from typing import Any

import numpy as np

from .. import config
from .base import Op
from .numpy.indexing import take
from .numpy.shapes import pad

Pair = tuple[np.ndarray, np.ndarray]


class Fft(Op):
    """y = F x along the last axis;  dx = F̄ dy."""

    takes_structures = True

    def call(self, x: Pair) -> Pair:
        return _transformed(x, (-1,))

    def backward(self, dy: Any) -> Pair:
        return _transformed(_both(dy), (-1,), conjugate=True)


class Fft2(Op):
    """y = F x F along the last two axes;  dx = F̄ dy F̄."""

    takes_structures = True

    def call(self, x: Pair) -> Pair:
        return _transformed(x, (-2, -1))

    def backward(self, dy: Any) -> Pair:
        return _transformed(_both(dy), (-2, -1), conjugate=True)


class Ifft2(Op):
    """y = F̄ x F̄ / n along the last two axes, n being the number of entries;  dx = F dy F / n."""

    takes_structures = True

    def call(self, x: Pair) -> Pair:
        n = x[0].shape[-2] * x[0].shape[-1]
        real, imaginary = _transformed(x, (-2, -1), conjugate=True)
        return real / n, imaginary / n

    def backward(self, dy: Any) -> Pair:
        dy = _both(dy)
        n = dy[0].shape[-2] * dy[0].shape[-1]
        real, imaginary = _transformed(dy, (-2, -1))
        return real / n, imaginary / n


class Rfft(Op):
    """y = the first n/2 + 1 entries of F x;  dx = the real part of F̄ dy.

    x is real, and is cut or filled with zeros to ``fft_length`` n entries, by default as many as it has.
    """

    needs_floats = True
    fft_length: Any = None

    def call(self, x: np.ndarray) -> Pair:
        n = self.fft_length or x.shape[-1]
        self.save(n=n, length=x.shape[-1])
        x = _resized(x, n)
        real, imaginary = _transformed((x, np.zeros_like(x)), (-1,))
        return real[..., : n // 2 + 1], imaginary[..., : n // 2 + 1]

    def backward(self, dy: Any) -> np.ndarray:
        n, length = self.saved()["n"], self.saved()["length"]
        real, imaginary = _both(dy)
        return _resized(_transformed((_resized(real, n), _resized(imaginary, n)), (-1,), conjugate=True)[0], length)


class Irfft(Op):
    """y = the real part of F̄ (w x) / n;  dx = w (F dy) / n, its first entries.

    x are the first n/2 + 1 entries of a transform, of ``fft_length`` n numbers, by default 2 (len x − 1). w is 2 for
    those whose conjugate is not among them, and 1 for the first and, of an even n, the last one.
    """

    takes_structures = True
    fft_length: Any = None

    def call(self, x: Pair) -> np.ndarray:
        n = self.fft_length or 2 * (x[0].shape[-1] - 1)
        w = _weights(n, x[0].dtype)
        self.save(n=n, w=w, length=x[0].shape[-1])
        real, imaginary = (_resized(_resized(a, len(w)) * w, n) for a in x)
        return _transformed((real, imaginary), (-1,), conjugate=True)[0]

    def backward(self, dy: np.ndarray) -> Pair:
        w, length = self.saved()["w"], self.saved()["length"]
        real, imaginary = _transformed((dy, np.zeros_like(dy)), (-1,))
        return _resized(real[..., : len(w)] * w, length), _resized(imaginary[..., : len(w)] * w, length)


fft, fft2, ifft2, rfft, irfft = (op.function() for op in (Fft, Fft2, Ifft2, Rfft, Irfft))


def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> Any:
    """The transforms of windows that slide along the last axis: a pair of shape (…, windows, fft_length/2 + 1).

    Args (as in Keras):
        sequence_length, fft_length: of a window, and of the entries that are transformed, with the window in their
            middle.
        sequence_stride: how far the window moves.
        window: "hann", "hamming", an array of ``sequence_length`` weights, or None for ones everywhere.
        center: True puts the middle of the first window on the first entry; x is reflected at its ends.

    Differs from Keras: windows of odd lengths are periodic too, as with Keras on JAX; on TensorFlow they are symmetric.
    """
    if fft_length < sequence_length:
        raise ValueError(
            f"`fft_length` must be at least `sequence_length`. Received: sequence_length={sequence_length}, "
            f"fft_length={fft_length}"
        )
    before = (fft_length - sequence_length) // 2
    weights = np.ones(fft_length)
    if window is not None:
        weights = np.pad(_window(window, sequence_length), (before, fft_length - sequence_length - before))
    if center:
        x = pad(x, ((0, 0),) * (len(x.shape) - 1) + ((fft_length // 2,) * 2,), mode="reflect")
    starts = np.arange(0, x.shape[-1] - fft_length + 1, sequence_stride)
    frames = take(x, starts[:, None] + np.arange(fft_length), axis=-1)
    return rfft(frames * weights.astype(frames.dtype), fft_length=fft_length)


class OverlapAdd(Op):
    """y[…, k s + j] = the sum of x[…, k, j] over frames k and their entries j;  dx[…, k, j] = dy[…, k s + j].

    Args:
        stride: s, from one frame to the next.
    """

    stride: int

    def call(self, x: np.ndarray) -> np.ndarray:
        at = self._at(*x.shape[-2:])
        self.save(at=at)
        y = np.zeros((*x.shape[:-2], int(at[-1, -1]) + 1), x.dtype)
        index: Any = (..., at)
        np.add.at(y, index, x)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy[..., self.saved()["at"]]

    def _at(self, frames: int, size: int) -> np.ndarray:
        return np.arange(frames)[:, None] * self.stride + np.arange(size)


_overlap_add = OverlapAdd.function()


def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The signal whose :func:`stft` is x: the frames w · irfft(x) added at their places, divided by the sum of the w².

    Args (as in Keras):
        x: the pair (…, windows, fft_length/2 + 1).
        length: of the result; by default all of it that the windows cover.
        sequence_length, sequence_stride, fft_length, window, center: those of :func:`stft`.

    Differs from Keras: on TensorFlow, Keras divides by a sum in which windows in front of the first one count too.
    """
    before = (fft_length - sequence_length) // 2
    weights = np.ones(fft_length)
    if window is not None:
        weights = np.pad(_window(window, sequence_length), (before, fft_length - sequence_length - before))
    frames = irfft(x, fft_length=fft_length)
    squares = np.broadcast_to(weights**2, frames.shape[-2:])
    total = np.asarray(_overlap_add(squares, sequence_stride))
    total = np.where(total > 1e-10, total, 1)
    kind = frames.dtype
    y = _overlap_add(frames * weights.astype(kind), sequence_stride) / total.astype(kind)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else len(total) - start
    return y[..., start:end]


def _window(window: Any, n: int) -> np.ndarray:
    """Weights of a window, of the periodic form."""
    if not isinstance(window, str):
        if np.shape(window) != (n,):
            raise ValueError(f"`window` needs the shape ({n},). Received: {np.shape(window)}")
        return np.asarray(window)
    if window not in ("hann", "hamming"):
        raise ValueError(f"`window` must be 'hann', 'hamming', an array or None. Received: window={window!r}")
    share = 0.5 if window == "hann" else 0.54
    return share - (1 - share) * np.cos(2 * np.pi * np.arange(n) / n)


def _transformed(x: Any, axes: tuple[int, ...], conjugate: bool = False) -> Pair:
    """The pair of F (a + ib), or F̄ (a + ib), from the pair (a, b)."""
    a, b = (v if v.dtype.kind in "fc" else v.astype(config.floatx()) for v in x)
    if a.dtype.kind == "c" or b.dtype.kind == "c":  # the complex step: a and b are what moves, and F is linear
        at, moved = (_transformed(part, axes, conjugate) for part in ((a.real, b.real), (a.imag, b.imag)))
        return at[0] + 1j * moved[0], at[1] + 1j * moved[1]
    z = a + 1j * b
    z = np.fft.ifftn(z, axes=axes, norm="forward") if conjugate else np.fft.fftn(z, axes=axes)
    return z.real.astype(a.dtype), z.imag.astype(a.dtype)


def _both(dy: Any) -> Pair:
    """∂L/∂y as a pair; None, of a part that L does not depend on, as zeros."""
    real, imaginary = dy
    return np.zeros_like(imaginary) if real is None else real, np.zeros_like(real) if imaginary is None else imaginary


def _resized(x: np.ndarray, n: int) -> np.ndarray:
    """The last axis cut, or filled with zeros, to n entries."""
    missing = n - x.shape[-1]
    return x[..., :n] if missing <= 0 else np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)])


def _weights(n: int, dtype: Any) -> np.ndarray:
    """w / n of :class:`Irfft`."""
    w = np.full(n // 2 + 1, 2 / n, np.float64 if dtype.kind == "c" else dtype)
    w[0] = 1 / n
    if n % 2 == 0:
        w[-1] = 1 / n
    return w
