"""GroupQueryAttention: MultiHeadAttention in which several heads of queries share one head of keys and values."""

import math
from typing import Any

from ..core.einsum_dense import EinsumDense
from ..dropout import Dropout
from .heads import Heads


class GroupQueryAttention(Heads):
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

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        u, v, h = self.num_query_heads, self.num_key_value_heads, self.head_dim

        def made(name: str, shape: Any, equation: str, output: Any, bias: str, activation: Any = None) -> EinsumDense:
            layer = self._projection(name, equation, output, bias, activation)
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

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:  # type: ignore[override]
        return query_shape

    def get_config(self) -> dict[str, Any]:
        own = ("head_dim", "num_query_heads", "num_key_value_heads")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
