"""Functions of mathematics: log-sum-exp, the error function, sums over segments, the largest entries."""

from typing import Any

import numpy as np

from .base import Elementwise, Op, constant
from .numpy.indexing import take
from .numpy.reductions import Reduction


class Logsumexp(Reduction):
    """y = ln Σ exp x;  dx = exp(x − ŷ) dŷ."""

    needs_floats = True

    def call(self, x: np.ndarray) -> np.ndarray:
        top = np.max(x.real, self.axes, keepdims=True)
        top = np.where(np.isfinite(top), top, 0)
        y = np.log(np.sum(np.exp(x - top), self.axes, keepdims=True)) + top
        self.save(x=x, y=y)
        return y if self.keepdims else y.squeeze(self.over(x))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        return np.exp(kept["x"] - kept["y"]) * self.stretched(dy, kept["x"])


class Erf(Elementwise):
    """y = 2/√π ∫₀ˣ exp(−t²) dt;  dx = 2/√π exp(−x²) dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return _erf(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x.dtype.type(2 / np.sqrt(np.pi)) * np.exp(-x * x)


class Erfc(Elementwise):
    """y = 1 − erf x;  dx = −2/√π exp(−x²) dy."""

    def f(self, x: np.ndarray) -> np.ndarray:
        return 1 - _erf(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x.dtype.type(-2 / np.sqrt(np.pi)) * np.exp(-x * x)


class SegmentSum(Op):
    """y[s] = Σ data[i] over the i with segment_ids[i] = s;  ddata[i] = dy[segment_ids[i]].

    Rows whose number is not in [0, num_segments) are left out.
    """

    num_segments: Any = None
    sorted: bool = False

    def call(self, data: np.ndarray, segment_ids: Any) -> np.ndarray:
        ids = np.asarray(segment_ids, np.int64)
        n = int(ids.max(initial=-1)) + 1 if self.num_segments is None else self.num_segments
        inside = (ids >= 0) & (ids < n)
        y = np.zeros((n, *data.shape[1:]), data.dtype)
        np.add.at(y, ids[inside], data[inside])
        self.save(ids=ids, inside=inside, shape=data.shape)
        return y

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        d = np.zeros(kept["shape"], dy.dtype)
        d[kept["inside"]] = dy[kept["ids"][kept["inside"]]]
        return d, None


class SegmentMax(Op):
    """y[s] = max data[i] over the i with segment_ids[i] = s, −∞ if there is none;  dy is divided among the largest."""

    num_segments: Any = None
    sorted: bool = False

    def call(self, data: np.ndarray, segment_ids: Any) -> np.ndarray:
        ids = np.asarray(segment_ids, np.int64)
        n = int(ids.max(initial=-1)) + 1 if self.num_segments is None else self.num_segments
        inside = (ids >= 0) & (ids < n)
        y = np.full((n, *data.shape[1:]), -np.inf if data.dtype.kind in "fc" else np.iinfo(data.dtype).min, data.dtype)
        np.maximum.at(y, ids[inside], data[inside])
        self.save(ids=ids, inside=inside, data=data, y=y)
        return y

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        ids, inside, data, y = kept["ids"], kept["inside"], kept["data"], kept["y"]
        best = data[inside] == y[ids[inside]]
        number = np.zeros(y.shape)
        np.add.at(number, ids[inside], best)
        d = np.zeros(data.shape, dy.dtype)
        d[inside] = best * (dy / np.maximum(number, 1))[ids[inside]]
        return d, None


class TopK(Op):
    """The k largest entries of the last axis in descending order, and their positions;  dx holds dy there."""

    k: int
    sorted: bool = True

    def call(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(-x.real, -1, kind="stable")[..., : self.k]
        self.save(shape=x.shape, order=order)
        return np.take_along_axis(x, order, -1), order.astype(np.int32)

    def backward(self, dy: Any) -> np.ndarray:
        kept = self.saved()
        dx = np.zeros(kept["shape"], dy[0].dtype)
        np.put_along_axis(dx, kept["order"], dy[0], -1)
        return dx


@constant
def in_top_k(targets: Any, predictions: Any, /, k: int) -> Any:
    """True where the target's prediction is among the k largest; equal ones count as in."""
    rows = np.arange(len(predictions))
    own = predictions[rows, np.asarray(targets, np.int64)]
    return (predictions > own[:, None]).sum(1) < k


@constant
def erfinv(x: Any, /) -> Any:
    """The inverse of erf."""
    from ..random.erfinv import erfinv as inverse

    return inverse(x)


def _erf(x: np.ndarray) -> np.ndarray:
    """erf, of complex numbers by the first step from the real part, which the complex step needs."""
    from math import erf as exact

    if x.dtype.kind == "c":
        return _erf(x.real) + 2j / np.sqrt(np.pi) * np.exp(-x.real * x.real) * x.imag
    return np.vectorize(exact, otypes=[np.float64])(x).astype(x.dtype) if x.size else x.copy()


logsumexp, erf, erfc = Logsumexp.function(), Erf.function(), Erfc.function()
segment_sum, segment_max, top_k = SegmentSum.function(), SegmentMax.function(), TopK.function()


def segment_min(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Any:
    """min data[i] over the i with segment_ids[i] = s, ∞ if there is none."""
    return -segment_max(-data, segment_ids, num_segments, sorted)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Windows of some length that slide along the last axis: (…, windows, sequence_length)."""
    starts = np.arange(0, x.shape[-1] - sequence_length + 1, sequence_stride)
    return take(x, starts[:, None] + np.arange(sequence_length), axis=-1)
