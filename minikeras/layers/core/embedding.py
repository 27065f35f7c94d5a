"""Embedding: a table with one row for each id.

=======  ==========  ====================================
x        (N, …)      ids, integers in [0, V)
E, dE    (V, K)      ``embeddings``, ∂L/∂E
y, dy    (N, …, K)   output, ∂L/∂y
=======  ==========  ====================================

Forward, and backward, where a row gets the sum of all dy that read it::

    (1)  y[n] = E[x[n]]
    (2)  dE[i] = Σ dy[n] over all n with x[n] = i

So few rows of dE are other than 0; only these, and those of the step before, are touched. ``embeddings.rows`` names
them. Ids have no derivative.
"""

from typing import Any

import numpy as np

from ... import constraints, initializers, kernels, regularizers
from ...parameter import Parameter
from ...running import running
from ..base import Layer, Shape


class Embedding(Layer):
    """Turns ids into rows of a trained table.

    Args (as in Keras):
        input_dim: V, the number of ids.
        output_dim: K, the length of a row.
        mask_zero: whether id 0 is padding, which layers above leave out.
        weights: the table to begin with.

    Raises:
        ValueError: for ids outside [0, V).

    Differs from Keras: an id out of range is an error on every machine, where TensorFlow on a GPU reads a row of zeros.
    An optimizer that squares the gradient, such as Adam, squares the sum over the places of an id; Keras on TensorFlow
    adds the squares of the summands, so that its steps are longer for an id that occurs several times in a batch.

    >>> layer = Embedding(3, 2, dtype="float64")
    >>> layer.build(None)
    >>> layer.set_weights([[[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]])
    >>> y = layer(np.array([[2, 1, 2]]), record=True)
    >>> y
    array([[[3., 4.], [1., 2.], [3., 4.]]])
    >>> _ = layer.backward(np.ones_like(y))
    >>> layer.embeddings.grad                              # id 2 was read twice
    array([[0., 0.], [1., 1.], [2., 2.]])
    """

    quantities = {
        "y": ("y[n,t] = E[x[n,t]], a row of the table", r"y_{nt} = E_{x_{nt}}"),
        "dembeddings": (
            "dE[i] = Σ dy of all places with id i",
            r"\d{E_i} = \sum_{x_{nt} = i} \d{y_{nt}}",
        ),
    }
    embeddings: Parameter

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ) -> None:
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value} (of type {type(value).__name__})."
                )
        kwargs.pop("input_length", None)
        unsupported = {
            "lora_rank": lora_rank,
            "lora_alpha": lora_alpha,
            "quantization_config": quantization_config,
        }
        for argument, value in unsupported.items():
            if value is not None:
                raise ValueError(f"Embedding does not support `{argument}` in minikeras. Received: {value!r}")
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.supports_masking = mask_zero
        if weights is not None:
            self.build(None)
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Shape | None = None) -> None:
        if self.built:
            return
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )

    def _cast(self, x: Any) -> np.ndarray:
        """Ids as integers, whatever they came as."""
        return np.ascontiguousarray(super()._cast(x), np.int64)

    def call(self, x: np.ndarray) -> np.ndarray:
        ids = x.reshape(-1)
        if ids.size and not (ids.min() >= 0 and ids.max() < self.input_dim):
            raise ValueError(
                f"Layer '{self.name}' (Embedding) has rows for the ids 0 to {self.input_dim - 1}. Received ids from "
                f"{ids.min()} to {ids.max()}; `input_dim` must be the largest id plus 1."
            )
        y = self.buffer("y", (len(ids), self.output_dim))
        kernels.select(y.dtype).gather(self.embeddings.value, ids, y)  # (1)
        self.save(ids=ids)
        return y.reshape(*x.shape, self.output_dim)

    def backward(self, dy: np.ndarray) -> None:
        self._rows_backward(self.saved()["ids"], dy)

    def _rows_backward(self, ids: np.ndarray, dy: np.ndarray) -> None:
        table = self.embeddings
        if table.rows is None or table.regularizer is not None:  # something may stand in any row
            table.grad[...] = 0
            table.rows = ids[:0]
        table.row_gradients = dy.reshape(-1, self.output_dim)
        kernels.select(dy.dtype).scatter_add(ids, table.row_gradients, table.rows, table.grad)  # (2)
        call = running()
        table.rows = None if call is not None and table in call.over.seen else ids  # two calls in one pass are added

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> np.ndarray | None:
        """Where the ids are not 0, with ``mask_zero``."""
        return np.asarray(inputs) != 0 if self.mask_zero else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
            "quantization_config": None,
        }
