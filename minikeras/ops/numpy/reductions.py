"""Functions that take entries along axes together: sums, means, extremes, running sums.

With y reduced over some axes, dy is first stretched back along them, written dŷ below.
"""

from typing import Any

import numpy as np

from ..base import Op, normal_axes


class Reduction(Op):
    """What they share: the axes, and the way back to the shape of x."""

    axis: Any = None
    keepdims: bool = False

    @property
    def axes(self) -> Any:
        return tuple(self.axis) if isinstance(self.axis, list) else self.axis

    def over(self, x: np.ndarray) -> tuple[int, ...]:
        """The reduced axes, from 0."""
        return normal_axes(self.axis, x.ndim)

    def stretched(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """y as if its axes had been kept, so that it can be stretched to x."""
        return y if self.keepdims else np.expand_dims(y, self.over(x))

    def count(self, x: np.ndarray) -> int:
        """How many entries each result is made of."""
        return int(np.prod([x.shape[a] for a in self.over(x)]))


class Sum(Reduction):
    """y = Σ x;  dx = dŷ."""

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(x=x)
        return np.sum(x, self.axes, _sum_dtype(x), keepdims=self.keepdims)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self.saved()["x"]
        return np.broadcast_to(self.stretched(dy, x), x.shape)


class Mean(Reduction):
    """y = Σ x / n;  dx = dŷ / n."""

    needs_floats = True

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(x=x)
        return np.mean(x, self.axes, keepdims=self.keepdims)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self.saved()["x"]
        return np.broadcast_to(self.stretched(dy / self.count(x), x), x.shape)


class Var(Reduction):
    """y = Σ (x − μ)² / n, μ the mean;  dx = 2 (x − μ) dŷ / n."""

    needs_floats = True

    def call(self, x: np.ndarray) -> np.ndarray:
        centred = x - np.mean(x, self.axes, keepdims=True)
        self.save(centred=centred)
        return np.mean(centred * centred, self.axes, keepdims=self.keepdims)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        centred = self.saved()["centred"]
        return centred * self.stretched(2 * dy / self.count(centred), centred)


class Std(Reduction):
    """y = √(Σ (x − μ)² / n);  dx = (x − μ) dŷ / (n y)."""

    needs_floats = True

    def call(self, x: np.ndarray) -> np.ndarray:
        centred = x - np.mean(x, self.axes, keepdims=True)
        y = np.sqrt(np.mean(centred * centred, self.axes, keepdims=self.keepdims))
        self.save(centred=centred, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        centred = kept["centred"]
        return centred * self.stretched(dy / (self.count(centred) * kept["y"]), centred)


class Prod(Reduction):
    """y = Π x;  dx[i] = dŷ Π x over all others; right where entries are 0, too."""

    dtype: Any = None

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(x=x)
        return np.prod(x, self.axes, self.dtype or _sum_dtype(x), keepdims=self.keepdims)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self.saved()["x"]
        over = self.over(x)
        last = np.moveaxis(x, over, range(-len(over), 0))
        rows = last.reshape(*last.shape[: x.ndim - len(over)], -1)
        one = np.ones_like(rows[..., :1])
        before = np.cumprod(np.concatenate([one, rows[..., :-1]], -1), -1)
        after = np.cumprod(np.concatenate([one, rows[..., :0:-1]], -1), -1)[..., ::-1]
        others = np.moveaxis((before * after).reshape(last.shape), range(-len(over), 0), over)
        return others * self.stretched(dy, x)


class Max(Reduction):
    """y = max x;  dx = dŷ at the largest entries, divided among those that are equal (as in Keras on TensorFlow)."""

    initial: Any = None

    extreme: Any = staticmethod(np.max)

    def call(self, x: np.ndarray) -> np.ndarray:
        start = {} if self.initial is None else {"initial": self.initial}
        y = type(self).extreme(x, self.axes, keepdims=self.keepdims, **start)
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        x = kept["x"]
        best = x == self.stretched(kept["y"], x)
        number = np.maximum(best.sum(self.axes, keepdims=True), 1)
        return best * (self.stretched(dy, x) / number).astype(dy.dtype)


class Min(Max):
    """y = min x;  dx = dŷ at the smallest entries, divided among those that are equal (as in Keras on TensorFlow)."""

    extreme = staticmethod(np.min)


Max.arguments = Min.arguments = ("axis", "keepdims", "initial")


class Average(Op):
    """y = Σ w x / Σ w;  dx = w dŷ / Σ w, dw = (x − ŷ) dŷ / Σ w."""

    axis: Any = None
    needs_floats = True

    def call(self, x: np.ndarray, weights: Any) -> np.ndarray:
        w = np.ones_like(x) if weights is None else _along(weights, x, self.axis)
        total = np.sum(np.broadcast_to(w, x.shape), self.axis, keepdims=True)
        y = np.sum(x * w, self.axis, keepdims=True) / total
        self.save(x=x, w=w, total=total, y=y, weights=weights)
        return y.squeeze() if self.axis is None else y.squeeze(self.axis)

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, Any]:
        kept = self.saved()
        x, w, weights = kept["x"], kept["w"], kept["weights"]
        d = dy.reshape(kept["y"].shape) / kept["total"]
        if weights is None:
            return w * d, None
        dw = (x - kept["y"]) * d
        if weights.ndim < x.ndim:
            dw = dw.sum(tuple(a for a in range(x.ndim) if a != normal_axes(self.axis, x.ndim)[0]))
        return w * d, dw


def _along(weights: np.ndarray, x: np.ndarray, axis: Any) -> np.ndarray:
    """Weights of one axis in a shape that stretches to x."""
    if weights.ndim == x.ndim or axis is None:
        return weights
    return weights.reshape([-1 if a == normal_axes(axis, x.ndim)[0] else 1 for a in range(x.ndim)])


class Cumsum(Op):
    """y[i] = Σⱼ≤ᵢ x[j];  dx[j] = Σᵢ≥ⱼ dy[i]."""

    axis: Any = None
    dtype: Any = None

    def call(self, x: np.ndarray) -> np.ndarray:
        self.save(shape=x.shape)
        return np.cumsum(x, self.axis, self.dtype or _sum_dtype(x))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        axis = self.axis or 0
        return np.flip(np.cumsum(np.flip(dy, axis), axis), axis).reshape(self.saved()["shape"])


class Cumprod(Op):
    """y[i] = Πⱼ≤ᵢ x[j];  dx[j] = Σᵢ≥ⱼ dy[i] y[i] / x[j], summed without a division.

    With r[j] = dy[j] + x[j+1] r[j+1]:  dx[j] = y[j−1] r[j], y before the first being 1.
    """

    axis: Any = None
    dtype: Any = None

    def call(self, x: np.ndarray) -> np.ndarray:
        y = np.cumprod(x, self.axis, self.dtype or _sum_dtype(x))
        self.save(x=x, y=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        kept = self.saved()
        shape, axis = kept["x"].shape, self.axis if self.axis is not None else 0
        x, y, d = (np.moveaxis(a.reshape(dy.shape), axis, 0) for a in (kept["x"], kept["y"], dy))
        dx, r = np.empty_like(d), np.zeros_like(d[0])
        for j in reversed(range(len(x))):
            r = d[j] + (x[j + 1] * r if j + 1 < len(x) else 0)
            dx[j] = r * (y[j - 1] if j else 1)
        return np.moveaxis(dx, 0, axis).reshape(shape)


class Sort(Op):
    """The entries in ascending order along an axis;  dy goes back to where each came from."""

    axis: int = -1

    def call(self, x: np.ndarray) -> np.ndarray:
        order = np.argsort(x, self.axis, kind="stable")
        self.save(order=order)
        return np.take_along_axis(x, order, self.axis)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx = np.empty_like(dy)
        np.put_along_axis(dx, self.saved()["order"], dy, self.axis)
        return dx


class Quantile(Op):
    """The q-quantile of the sorted entries, between its neighbours a and b: y = a + (b − a) t;  dy is divided alike."""

    axis: Any = None
    method: str = "linear"
    keepdims: bool = False
    needs_floats = True

    def call(self, x: np.ndarray, q: Any) -> np.ndarray:
        if np.ndim(q) > 1:
            raise ValueError(f"`q` must be a number or a list of numbers. Received: q={q}")
        over = normal_axes(self.axis, x.ndim)
        last = np.moveaxis(x, over, range(-len(over), 0))
        rows = last.reshape(*last.shape[: x.ndim - len(over)], -1)
        order = np.argsort(rows, -1, kind="stable")
        place = np.asarray(q, np.float64).reshape(-1) * (rows.shape[-1] - 1)
        low, high, t = self._between(place)
        ordered = np.take_along_axis(rows, order, -1)
        a, b = ordered[..., low], ordered[..., high]
        t = t.astype(x.real.dtype)
        self.save(order=order, low=low, high=high, t=t, moved=last.shape, over=over, q=q)
        y = np.moveaxis(a + (b - a) * t, -1, 0)
        if self.keepdims:
            y = np.expand_dims(y, [o + 1 for o in over])
        return y if np.ndim(q) else y[0]

    def _between(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
        if self.method == "linear":
            return low, high, place - low
        rules: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}
        if self.method == "midpoint":
            return low, high, np.where(low == high, 0, 0.5)
        if self.method not in rules:
            raise ValueError(f"`method` must be linear, lower, higher, midpoint or nearest. Received: {self.method!r}")
        found = rules[self.method](place).astype(int)
        return found, found, np.zeros(len(place))

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, None]:
        kept = self.saved()
        order, over, moved = kept["order"], kept["over"], kept["moved"]
        d = dy if np.ndim(kept["q"]) else dy[None]
        d = np.moveaxis(d.reshape(-1, *order.shape[:-1]), 0, -1)
        ordered = np.zeros(order.shape, dy.dtype)
        for i, (low, high, t) in enumerate(zip(kept["low"], kept["high"], kept["t"], strict=True)):
            ordered[..., low] += d[..., i] * (1 - t)
            ordered[..., high] += d[..., i] * t
        rows = np.empty_like(ordered)
        np.put_along_axis(rows, order, ordered, -1)
        return np.moveaxis(rows.reshape(moved), range(-len(over), 0), over), None


def _sum_dtype(x: np.ndarray) -> Any:
    """Keras's dtype of sums: small integers become int32, others stay."""
    return np.int32 if x.dtype.kind == "b" or x.dtype in (np.int8, np.int16) else x.dtype


def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """Σ w x / Σ w over an axis; the mean without weights."""
    return _average(x, weights, axis)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The 0.5-quantile."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The q/100-quantile."""
    return quantile(x, np.asarray(q) / 100, axis, method, keepdims)


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """max x − min x."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


sum, mean, var, std, prod = (c.function() for c in (Sum, Mean, Var, Std, Prod))
max, min, _average, quantile = (c.function() for c in (Max, Min, Average, Quantile))
cumsum, cumprod, sort = (c.function() for c in (Cumsum, Cumprod, Sort))
amax, amin = max, min
