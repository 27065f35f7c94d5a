"""MultiHeadAttention and GroupQueryAttention: projections, attention by head, one more projection.

With W_q, W_k, W_v, W_o the kernels of four EinsumDense layers, N heads and H = ``key_dim``::

    q = query W_q + b_q,   k = key W_k + b_k,   v = value W_v + b_v          each (B, T or S, N, H)
    o = attention by head, with scores q kᵀ / √H                              (:mod:`.dot_product`)
    y = o W_o + b_o

b_k adds the same number to all scores of a row, so its gradient is 0. Both layers only call others, so their derivative
is the chain rule over these calls.
"""

import math
from typing import Any

import numpy as np

from ... import constraints, initializers, random, regularizers
from ...operation import Operation
from ..base import Layer
from ..core.einsum_dense import EinsumDense
from ..dropout import Dropout
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


class _Heads(Layer):
    """What both layers share: the arguments of the projections, the masks, the call."""

    supports_masking = True
    needs_floats = True
    takes_arrays = True

    _keeps = (
        "use_bias",
        "use_gate",
        "sliding_window",
        "seed",
        "dropout",
    )

    def _set_up(self, arguments: dict[str, Any]) -> None:
        """Keeps the constructor's arguments."""
        window, activity = arguments["sliding_window"], arguments["activity_regularizer"]
        if activity is not None:
            raise ValueError(
                f"{type(self).__name__} does not support `activity_regularizer` in minikeras. Received: {activity!r}"
            )
        if window is not None and (not isinstance(window, int) or window <= 0):
            raise ValueError(
                f"`sliding_window` must be `None` or a positive integer. Received: sliding_window={window}"
            )
        for name in self._keeps:
            setattr(self, name, arguments[name])
        for kind, module in (("initializer", initializers), ("regularizer", regularizers), ("constraint", constraints)):
            for what in ("kernel", "bias"):
                setattr(self, f"{what}_{kind}", module.get(arguments[f"{what}_{kind}"]))

    def _projection(self, name: str, equation: str, output: Any, bias: str, activation: Any = None) -> EinsumDense:
        def again(initializer: Any) -> Any:
            return type(initializer).from_config(initializer.get_config())

        return EinsumDense(
            equation,
            output,
            activation=activation,
            bias_axes=bias if self.use_bias else None,
            kernel_initializer=again(self.kernel_initializer),
            bias_initializer=again(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype,
            name=name,
        )

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
        return {**config, "activity_regularizer": None}


class MultiHeadAttention(_Heads):
    """Attention with several heads: query (B, T, D), value (B, S, D), key (B, S, D) → (B, T, D).

    Args (as in Keras):
        num_heads: N.
        key_dim: H, the size of each head's queries and keys.
        value_dim: the size of each head's values; by default H.
        dropout: rate for the weights.
        output_shape: sizes of y after the time axes; by default the query's last one.
        attention_axes: the axes of time; by default all between batch and features.
        sliding_window: a query may look at keys nearer than that.
        use_gate: True multiplies o by a sigmoid of a projection of the query.
        flash_attention: no effect.

    Call arguments: ``attention_mask`` (B, T, S), ``use_causal_mask``, ``return_attention_scores``.

    Differs from Keras: 1 / √H has the layer's precision, where Keras on TensorFlow rounds it to float32 as soon as scores
    are returned or dropped.
    """

    _repeats = 1

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        for name, size in (("num_heads", num_heads), ("key_dim", key_dim), ("value_dim", value_dim or 1)):
            if not isinstance(size, int) or size <= 0:
                raise ValueError(
                    f"Received an invalid value for argument `{name}`, expected a positive integer. "
                    f"Received: {name}={size}"
                )
        super().__init__(**kwargs)
        self._set_up(locals())
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.output_shape_argument = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.attention_axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self._scale = 1 / math.sqrt(key_dim)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise ValueError(
                "All dimensions of `value` and `key`, except the last one, must be equal. Received: "
                f"value_shape={value_shape} and key_shape={key_shape}"
            )

        def project(name: str, shape: Any, sizes: Any, bound: int = 1, activation: Any = None) -> EinsumDense:
            letters = "abcdefghijklmnopqrstuvwxyz"
            free, last = letters[: len(shape) - bound], letters[len(shape) - bound : len(shape)]
            out = letters[len(shape) : len(shape) + len(sizes)]
            output = (*[None] * (len(free) - 1), *sizes)
            made = self._projection(name, f"{free}{last},{last}{out}->{free}{out}", output, out, activation)
            made._ensure_built(shape)
            return made

        n = self.num_heads
        self._query_dense = project("query", query_shape, (n, self.key_dim))
        self._key_dense = project("key", key_shape, (n, self.key_dim))
        if self.use_gate:
            self._gate_dense = project("gate", query_shape, (n, self.value_dim), activation="sigmoid")
        self._value_dense = project("value", value_shape, (n, self.value_dim))
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype)
        sizes = tuple(self.output_shape_argument or query_shape[-1:])
        self._output_dense = project("attention_output", (*query_shape[:-1], n, self.value_dim), sizes, bound=2)

    def _axes(self, ndim: int) -> tuple[int, ...]:
        if self.attention_axes is None:
            return tuple(range(1, ndim - 2))
        return tuple(a if a >= 0 else ndim - 1 + a for a in self.attention_axes)

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:
        return (*query_shape[:-1], *(self.output_shape_argument or query_shape[-1:]))

    def get_config(self) -> dict[str, Any]:
        axes = self._axes(len(self._query_dense._build_shape) + 1) if self.built else self.attention_axes
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "output_shape": self.output_shape_argument,
            "attention_axes": axes,
        }


class GroupQueryAttention(_Heads):
    """Attention in which several heads of queries share one head of keys and values: (B, T, D), (B, S, D) → (B, T, D).

    Args (as in Keras):
        head_dim: H.
        num_query_heads, num_key_value_heads: heads; the first a multiple of the second.

    The other arguments are those of MultiHeadAttention.

    Source: Ainslie et al., "GQA: training generalized multi-query transformer models from multi-head checkpoints",
    EMNLP 2023.
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_query_heads % num_key_value_heads != 0:
            raise ValueError("`num_query_heads` must be divisible by `num_key_value_heads`.")
        self._set_up(locals())
        self.head_dim, self.num_query_heads, self.num_key_value_heads = head_dim, num_query_heads, num_key_value_heads
        self._repeats = num_query_heads // num_key_value_heads
        self._scale = 1 / math.sqrt(head_dim)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        u, v, h = self.num_query_heads, self.num_key_value_heads, self.head_dim

        def made(name: str, shape: Any, *arguments: Any, activation: Any = None) -> EinsumDense:
            layer = self._projection(name, *arguments, activation=activation)
            layer._ensure_built(shape)
            return layer

        self._query_dense = made("query", query_shape, "bqm,muh->bquh", (None, u, h), "uh")
        self._key_dense = made("key", key_shape or value_shape, "bkm,mvh->bkvh", (None, v, h), "vh")
        if self.use_gate:
            self._gate_dense = made("gate", query_shape, "bqm,muh->bquh", (None, u, h), "uh", activation="sigmoid")
        self._value_dense = made("value", value_shape, "bkm,mvh->bkvh", (None, v, h), "vh")
        self._dropout_layer = Dropout(self.dropout, seed=self.seed, dtype=self.dtype)
        output = (None, query_shape[-1])
        self._output_dense = made("attention_output", (None, None, u, h), "bquh,uhm->bqm", output, "m")

    def _axes(self, ndim: int) -> tuple[int, ...]:
        return (1,)

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:
        return query_shape

    def get_config(self) -> dict[str, Any]:
        own = ("head_dim", "num_query_heads", "num_key_value_heads")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
