"""CategoryEncoding: integer categories as one-hot, multi-hot or counted rows."""

from typing import Any

import numpy as np

from ..base import Shape
from .base import IndexLayer
from .encoding import check_mode, encode, encoded_shape


class CategoryEncoding(IndexLayer):
    """Codes of integers from 0 to num_tokens − 1; see :func:`~minikeras.layers.preprocessing.encoding.encode`.

    Args (as in Keras):
        num_tokens: how many categories there are.
        output_mode: "multi_hot", "one_hot" or "count".
        sparse: only False.

    Raises:
        ValueError: for anything else; from the call for categories out of range, and for ``count_weights`` without
            "count".

    Differs from Keras: a category out of range is an error; Keras on TensorFlow leaves it out.

    >>> CategoryEncoding(num_tokens=4, output_mode="count")(np.array([[0, 1, 1]]))
    array([[1., 2., 0., 0.]], dtype=float32)
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        output_mode = "multi_hot" if output_mode == "binary" else output_mode
        check_mode("CategoryEncoding", output_mode, ("count", "one_hot", "multi_hot"), sparse)
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer. If the number of tokens is not known beforehand, "
                "use the IntegerLookup layer instead."
            )
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens, self.output_mode, self.sparse = num_tokens, output_mode, sparse

    def call(self, x: np.ndarray, count_weights: Any = None) -> np.ndarray:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                f"`count_weights` is not used when `output_mode` is not `'count'`. "
                f"Received `count_weights={count_weights}`."
            )
        low, high = (int(x.min()), int(x.max())) if x.size else (0, 0)
        if low < 0 or high >= self.num_tokens:
            raise ValueError(
                f"Layer '{self.name}' (CategoryEncoding) expects values from 0 to {self.num_tokens - 1}, as "
                f"num_tokens={self.num_tokens}. Received values from {low} to {high}."
            )
        return encode(x.astype(np.int64), self.output_mode, self.num_tokens, self.dtype, count_weights)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}
