"""Heads: what MultiHeadAttention and GroupQueryAttention share."""

from typing import Any

import numpy as np

from ... import constraints, initializers, random, regularizers
from ...operation import Operation
from ..base import Layer
from ..core.einsum_dense import EinsumDense
from ..regularization import Dropout
from .dot_product import both, causal, softmax_where, softmax_where_backward, swapped, weigh, weigh_backward


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
        times = q.shape[1:-2] if len(self._axes) == q.ndim - 3 else tuple(q.shape[a] for a in self._axes)
        keys = tuple(k.shape[a] for a in self._axes)
        heads, shape = [self._by_head(a) for a in (q, self._shared(k), self._shared(v))], q.shape
        s = self._scale * (heads[0] @ swapped(heads[1]))
        m = self._mask_by_head(s, times, keys)
        p = softmax_where(s, m, self._empty)
        d = None if self._drop is None else self._drop((*p.shape[:-2], *times, *keys), p.real.dtype).reshape(p.shape)
        self.save(heads=heads, m=m, p=p, d=d, shapes=(shape, k.shape, v.shape))
        o = self._back_in_place(weigh(p, d, heads[2]), (*shape[:-1], v.shape[-1]))
        return o, p.reshape(*p.shape[:-2], *times, *keys)

    def backward(self, dy: Any) -> Any:
        f = self.saved()
        (q, k, v), p, d, (q_shape, k_shape, v_shape) = f["heads"], f["p"], f["d"], f["shapes"]
        do, dweights = dy
        dp, dv = np.zeros_like(p), np.zeros_like(v)
        if do is not None:
            dp, dv = weigh_backward(self._by_head(do), p, d, v)
        if dweights is not None:
            dp = dp + dweights.reshape(p.shape)
        ds = self._scale * softmax_where_backward(dp, p, f["m"])
        dq = self._back_in_place(ds @ k, q_shape)
        dk, dv = (
            self._summed(self._back_in_place(d, (*shape[:-2], q_shape[-2], shape[-1])))
            for d, shape in ((swapped(ds) @ q, k_shape), (dv, v_shape))
        )
        return dq, dk, dv

    def _order(self, ndim: int) -> list[int]:
        """Axes in the order batch, heads, time, features."""
        batch = [a for a in range(ndim - 2) if a not in self._axes]
        return [*batch, ndim - 2, *self._axes, ndim - 1]

    def _by_head(self, a: np.ndarray) -> np.ndarray:
        """(batch, N, T, H)."""
        moved = a.transpose(self._order(a.ndim))
        return moved.reshape(*moved.shape[: moved.ndim - 1 - len(self._axes)], -1, moved.shape[-1])

    def _back_in_place(self, a: np.ndarray, shape: Any) -> np.ndarray:
        """An array by head in the order of axes that ``shape`` has."""
        order = self._order(len(shape))
        return np.ascontiguousarray(a.reshape([shape[i] for i in order]).transpose(np.argsort(order)))

    def _shared(self, a: np.ndarray) -> np.ndarray:
        return np.repeat(a, self._repeats, axis=-2) if self._repeats > 1 else a

    def _summed(self, d: np.ndarray) -> np.ndarray:
        """Heads that share one of k and v add their gradients."""
        if self._repeats == 1:
            return d
        return d.reshape(*d.shape[:-2], -1, self._repeats, d.shape[-1]).sum(axis=-2)

    def _mask_by_head(self, s: np.ndarray, times: Any, keys: Any) -> np.ndarray | None:
        if self._mask is None:
            return None
        m, ends = np.asarray(self._mask, bool), (*times, *keys)
        while m.ndim < s.ndim - 2 + len(ends):
            m = np.expand_dims(m, -len(ends) - 1)
        m = np.broadcast_to(m, (*m.shape[: -len(ends)], *ends))
        return m.reshape(*m.shape[: -len(ends)], *s.shape[-2:])


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
