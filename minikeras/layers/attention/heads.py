"""Heads: what MultiHeadAttention and GroupQueryAttention share."""

import math
from typing import Any

import numpy as np

from ... import constraints, initializers, random, regularizers, threads
from ...kernels import select
from ...operation import Operation
from ..base import Layer
from ..core.einsum_dense import EinsumDense
from ..regularization import Dropout
from .dot_product import both, causal

#: How many scores one call works on.
SCORES = 1 << 16


class HeadsAttention(Operation):
    """Attention by head on projected q (B, …, N, H), k and v; returns the output and the weights.

    Args:
        axes: the axes of time.
        scale: a.
        mask: True where allowed, without the axis of heads; or None.
        drop: draws the dropout mask for weights of a shape and dtype, or None.
        empty: True gives zeros to a query that may look at nothing, False equal weights.
        repeats: how many heads of q share one of k and v.
    """

    quantities = {
        "p": ("p = softmax over s of q kᵀ / √H, by head", r"p = \mathrm{softmax}_s\Big(\frac{q k^\top}{\sqrt H}\Big)"),
        "y[0]": ("o = p v, by head", "o = p v"),
        "y[1]": ("the weights p", "p"),
        "dy[0]": ("do = ∂L/∂o", r"\d{o}"),
        "dq": ("dq = ∂L/∂q", r"\d{q}"),
        "dk": ("dk = ∂L/∂k", r"\d{k}"),
        "dv": ("dv = pᵀ do, by head", r"\d{v} = p^\top \d{o}"),
    }

    def __init__(self, axes: Any, scale: float, mask: Any, drop: Any, empty: bool, repeats: int = 1) -> None:
        super().__init__("attention")
        self._axes, self._scale, self._mask = axes, scale, mask
        self._drop, self._empty, self._repeats = drop, empty, repeats

    def call(self, q: np.ndarray, k: np.ndarray, v: np.ndarray) -> Any:
        shapes = (q.shape, k.shape, v.shape)
        batch, times, keys = self._sizes(q.shape, k.shape)
        q, k, v = self._flat_times(q), self._flat_times(self._shared(k)), self._flat_times(self._shared(v))
        heads = q.shape[2]
        p = self.buffer("p", (len(q), heads, q.shape[1], k.shape[1]), q.dtype)
        m = self._mask_by_head((*batch, heads), times, keys)
        d = None if self._drop is None else self._drop((*batch, heads, *times, *keys), p.real.dtype).reshape(p.shape)
        kept = p if d is None else self.buffer("_kept", p.shape, p.dtype)
        o = self.buffer("y", (*q.shape[:3], v.shape[-1]), q.dtype)
        attend = select(p.dtype).attend

        def rows(n: slice, _: int) -> None:
            attend(q[n], k[n], v[n], self._scale, part(m, n), part(d, n), self._empty, p[n], kept[n], o[n])

        in_pieces(rows, p)
        self.save(heads=(q, k, v, kept), m=m, p=p, d=d, shapes=shapes)
        return self._in_place(o, (*shapes[0][:-1], v.shape[-1])), p.reshape(*batch, heads, *times, *keys)

    def backward(self, dy: Any) -> Any:
        f = self.saved()
        (q, k, v, kept), m, p, d = f["heads"], f["m"], f["p"], f["d"]
        do, dweights = dy
        do = np.zeros((*f["shapes"][0][:-1], v.shape[-1]), p.dtype) if do is None else do
        do, dweights = self._flat_times(do), None if dweights is None else dweights.reshape(p.shape)
        dq, dk, dv = (self.buffer(name, a.shape, p.dtype) for name, a in (("dq", q), ("dk", k), ("dv", v)))
        ds = self.buffer("_work", (threads.workers(), *p.shape[2:]), p.dtype)
        attend_backward = select(p.dtype).attend_backward

        def rows(n: slice, worker: int) -> None:
            forward = (q[n], k[n], v[n], self._scale, part(m, n), part(d, n), p[n], kept[n])
            attend_backward(do[n], part(dweights, n), *forward, ds[worker], dq[n], dk[n], dv[n])

        in_pieces(rows, p)
        dq, dk, dv = (
            self._in_place(a, (*shape[:-2], a.shape[2], shape[-1]))
            for a, shape in zip((dq, dk, dv), f["shapes"], strict=True)
        )
        return dq, self._summed(dk), self._summed(dv)

    def _sizes(self, q: Any, k: Any) -> Any:
        """The sizes of the axes of the batch, of time, and of the keys' time."""
        batch = tuple(q[a] for a in range(len(q) - 2) if a not in self._axes)
        return batch, tuple(q[a] for a in self._axes), tuple(k[a] for a in self._axes)

    def _order(self, ndim: int) -> list[int]:
        """Axes in the order batch, time, heads, features."""
        return [*(a for a in range(ndim - 2) if a not in self._axes), *self._axes, ndim - 2, ndim - 1]

    def _flat_times(self, a: np.ndarray) -> np.ndarray:
        """(B, T, N, H), ``a`` itself where one axis is the batch and one is time."""
        times = math.prod(a.shape[axis] for axis in self._axes)
        return np.ascontiguousarray(a.transpose(self._order(a.ndim)).reshape(-1, times, *a.shape[-2:]))

    def _in_place(self, a: np.ndarray, shape: Any) -> np.ndarray:
        """An array (B, T, N, H) in the order of axes that ``shape`` has."""
        order = self._order(len(shape))
        return np.ascontiguousarray(a.reshape([shape[i] for i in order]).transpose(np.argsort(order)))

    def _shared(self, a: np.ndarray) -> np.ndarray:
        return np.repeat(a, self._repeats, axis=-2) if self._repeats > 1 else a

    def _summed(self, d: np.ndarray) -> np.ndarray:
        """Heads that share one of k and v add their gradients."""
        if self._repeats == 1:
            return d
        return d.reshape(*d.shape[:-2], -1, self._repeats, d.shape[-1]).sum(axis=-2)

    def _mask_by_head(self, batch: Any, times: Any, keys: Any) -> np.ndarray | None:
        """The mask (B, N, T, S)."""
        if self._mask is None:
            return None
        m, ends = np.asarray(self._mask, bool), (*times, *keys)
        while m.ndim < len(batch) + len(ends):
            m = np.expand_dims(m, -len(ends) - 1)
        full = np.ascontiguousarray(np.broadcast_to(m, (*batch, *ends)))
        return full.reshape(-1, batch[-1], math.prod(times), math.prod(keys))


def part(a: np.ndarray | None, n: slice) -> np.ndarray | None:
    """Some rows of an array, if there is one."""
    return None if a is None else a[n]


def in_pieces(work: Any, p: np.ndarray) -> None:
    """Calls work(slice, worker) for a few rows at a time; the cores share them out."""
    step = max(1, SCORES * len(p) // max(1, p.size))
    starts = range(0, len(p), step)
    among = min(threads.workers(), len(starts)) if p.size > 2 * SCORES else 1
    threads.share(lambda i, worker: work(slice(starts[i], starts[i] + step), worker), len(starts), among)


class Times(Operation):
    """y = a ⊙ b."""

    def call(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        self.save(a=a, b=b)
        return a * b

    def backward(self, dy: np.ndarray) -> Any:
        f = self.saved()
        return dy * f["b"], dy * f["a"]


class Heads(Layer):
    """Base of both layers: the arguments of the projections, the masks, the call."""

    supports_masking = True
    needs_floats = True
    takes_arrays = True

    use_bias: bool
    use_gate: bool
    sliding_window: int | None
    seed: int | None
    dropout: float

    _keeps = ("use_bias", "use_gate", "sliding_window", "seed", "dropout")
    _repeats = 1
    _scale: float
    _query_dense: EinsumDense
    _key_dense: EinsumDense
    _value_dense: EinsumDense
    _gate_dense: EinsumDense
    _output_dense: EinsumDense
    _dropout_layer: Dropout

    def _set_up(self, arguments: dict[str, Any]) -> None:
        """Keeps the constructor's arguments."""
        window = arguments["sliding_window"]
        if window is not None and (not isinstance(window, int) or window <= 0):
            raise ValueError(
                f"`sliding_window` must be `None` or a positive integer. Received: sliding_window={window}"
            )
        for name in self._keeps:
            setattr(self, name, arguments[name])
        self._activity_regularizer = regularizers.get(arguments["activity_regularizer"])
        for kind, module in (("initializer", initializers), ("regularizer", regularizers), ("constraint", constraints)):
            for what in ("kernel", "bias"):
                setattr(self, f"{what}_{kind}", module.get(arguments[f"{what}_{kind}"]))

    def _projection(self, name: str, equation: str, output: Any, bias: str, activation: Any = None) -> EinsumDense:
        common: dict[str, Any] = {}
        for kind in ("initializer", "regularizer", "constraint"):
            for what in ("kernel", "bias"):
                common[f"{what}_{kind}"] = getattr(self, f"{what}_{kind}")
        for what in ("kernel_initializer", "bias_initializer"):  # a new one draws a new seed
            common[what] = type(common[what]).from_config(common[what].get_config())
        axes = bias if self.use_bias else None
        common["activity_regularizer"] = self._activity_regularizer
        return EinsumDense(equation, output, activation, axes, dtype=self.dtype, name=name, **common)

    def _axes(self, ndim: int) -> tuple[int, ...]:
        """The axes of time of projections with ``ndim`` axes."""
        raise NotImplementedError(f"{type(self).__name__} does not define `_axes`.")

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        same = key is None
        key = value if same else key
        t, s = query.shape[1], value.shape[1]
        mask = None if attention_mask is None else np.asarray(attention_mask, bool)
        for given, axis in ((query_mask, -1), (value_mask, -2), (None if same else key_mask, -2)):
            mask = both(mask, None if given is None else np.expand_dims(np.asarray(given, bool), axis))
        if use_causal_mask:
            mask = both(mask, causal(t, s)[None])
        if self.sliding_window is not None:
            mask = both(mask, abs(np.arange(t)[:, None] - np.arange(s))[None] < self.sliding_window)
        gate = self._gate_dense(query) if self.use_gate else None
        q, k, v = self._query_dense(query), self._key_dense(key), self._value_dense(value)

        def drop(shape: Any, dtype: Any) -> np.ndarray:
            kept = random.dropout_mask(self._dropout_layer.seed_generator, shape, self.dropout, dtype)
            return kept / dtype.type(1 - self.dropout)

        empty = self.dropout > 0 or return_attention_scores or q.ndim != 4  # as in Keras
        dropping = drop if training and self.dropout > 0 else None
        attention = HeadsAttention(self._axes(q.ndim), self._scale, mask, dropping, empty, self._repeats)
        o, p = attention(q, k, v)
        y = self._output_dense(o if gate is None else Times("gate")(o, gate))
        return (y, p) if return_attention_scores else y

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The query's mask."""
        return previous_mask

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **{name: getattr(self, name) for name in self._keeps}}
        for kind, module in (("initializer", initializers), ("regularizer", regularizers), ("constraint", constraints)):
            for what in ("kernel", "bias"):
                config[f"{what}_{kind}"] = module.serialize(getattr(self, f"{what}_{kind}"))
        return {**config, "activity_regularizer": regularizers.serialize(self._activity_regularizer)}
