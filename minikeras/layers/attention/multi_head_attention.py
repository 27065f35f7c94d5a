"""MultiHeadAttention: projections, attention by head, one more projection.

With W_q, W_k, W_v, W_o the kernels of four EinsumDense layers, N heads and H = ``key_dim``::

    q = query W_q + b_q,   k = key W_k + b_k,   v = value W_v + b_v          each (B, T or S, N, H)
    o = attention by head, with scores q kᵀ / √H                              (:mod:`.dot_product`)
    y = o W_o + b_o

b_k adds the same number to all scores of a row, so its gradient is 0. The layer only calls others, so its derivative is
the chain rule over these calls.
"""

import math
from typing import Any

from ..core.einsum_dense import EinsumDense
from ..regularization import Dropout
from .heads import Heads


class MultiHeadAttention(Heads):
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

    Differs from Keras: 1 / √H has the precision of the layer; Keras on TensorFlow rounds it to float32.
    """

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

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
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

    @property
    def query_dense(self) -> Any:
        """The projection of the queries."""
        return self._query_dense

    @property
    def key_dense(self) -> Any:
        """The projection of the keys."""
        return self._key_dense

    @property
    def value_dense(self) -> Any:
        """The projection of the values."""
        return self._value_dense

    @property
    def output_dense(self) -> Any:
        """The projection of the outputs."""
        return self._output_dense

    def _axes(self, ndim: int) -> tuple[int, ...]:
        if self.attention_axes is None:
            return tuple(range(1, ndim - 2))
        return tuple(a if a >= 0 else ndim - 1 + a for a in self.attention_axes)

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:  # type: ignore[override]
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
