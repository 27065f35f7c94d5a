"""ReversibleEmbedding: a table that turns ids into rows, and rows into a score for each id.

Forward with ``reverse=True``, and backward; V is the table E transposed, or a weight of its own::

    (1)  z = x V,   y = z, or c tanh(z / c) with ``logit_soft_cap`` c
    (2)  dz = (1 − (y / c)²) dy,   dV = xᵀ dz (so dE = dzᵀ x),   dx = dz Vᵀ
"""

from typing import Any

import numpy as np

from ...parameter import Parameter
from ...running import running
from .embedding import Embedding


class ReversibleEmbedding(Embedding):
    """An Embedding that also goes back from vectors to scores: (N, …, K) → (N, …, V) with ``reverse=True``.

    Args (as in Keras):
        tie_weights: True uses one table both ways; False trains ``reverse_embeddings`` (K, V).
        reverse_dtype: None; scores have the layer's dtype.
        logit_soft_cap: c, which bounds the scores.

    The other arguments are those of Embedding.

    Source: Press & Wolf, "Using the output embedding to improve language models", EACL 2017.
    """

    reverse_embeddings: Parameter

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        if reverse_dtype is not None:
            raise ValueError(
                f"ReversibleEmbedding does not support `reverse_dtype` in minikeras. Received: {reverse_dtype!r}"
            )
        self.tie_weights, self.logit_soft_cap = tie_weights, logit_soft_cap
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights:
            shape = (self.output_dim, self.input_dim)
            self.reverse_embeddings = self.add_weight(shape, self.embeddings_initializer, name="reverse_embeddings")

    @property
    def own_parameters(self) -> list[Parameter]:  # type: ignore[override]
        call = running()
        used = call is not None and call.saved.get("reverse")
        table = self.reverse_embeddings if used and not self.tie_weights else self.embeddings
        return [table] if table.trainable else []

    def _cast(self, x: Any) -> Any:
        """Vectors in the layer's dtype, ids as integers."""
        return super(Embedding, self)._cast(x) if np.asarray(x).dtype.kind in "fc" else super()._cast(x)

    def call(self, inputs: np.ndarray, reverse: bool = False) -> np.ndarray:
        self.save(reverse=reverse)
        if not reverse:
            return super().call(np.ascontiguousarray(inputs, np.int64))
        z = inputs @ self._reverse_table()  # (1)
        c = self.logit_soft_cap
        y = z if c is None else c * np.tanh(z / c)
        self.save(x=inputs, y=y)
        return y

    def backward(self, dy: np.ndarray) -> Any:
        frame = self.saved()
        if not frame["reverse"]:
            self._rows_backward(frame["ids"], dy)
            return None
        dz = dy if self.logit_soft_cap is None else (1 - (frame["y"] / self.logit_soft_cap) ** 2) * dy  # (2)
        rows, drows = frame["x"].reshape(-1, self.output_dim), dz.reshape(-1, self.input_dim)
        if self.tie_weights:
            self.embeddings.grad[...] = drows.T @ rows
            self.embeddings.rows = None
        else:
            self.reverse_embeddings.grad[...] = rows.T @ drows
        return dz @ self._reverse_table().T

    def _reverse_table(self) -> np.ndarray:
        return self.embeddings.value.T if self.tie_weights else self.reverse_embeddings.value

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> np.ndarray | None:
        """Where ids are not 0, with ``mask_zero``; vectors have no mask."""
        return super().compute_mask(inputs) if np.asarray(inputs).dtype.kind in "iu" else None

    def compute_output_shape(self, input_shape: Any, reverse: bool = False) -> Any:
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        own = {"tie_weights": self.tie_weights, "reverse_dtype": None, "logit_soft_cap": self.logit_soft_cap}
        return {**super().get_config(), **own}
