"""IntegerLookup: integers to indices and back."""

from typing import Any

import numpy as np

from .index_lookup import IndexLookup


class IntegerLookup(IndexLookup):
    """Integers to indices by a vocabulary, or back with ``invert``; see :class:`IndexLookup`.

    Args (as in Keras): those of :class:`StringLookup` without ``encoding``, and
        oov_method: "floormod" shares integers out of vocabulary by their remainder, "farmhash" by the hash of their
            digits.

    Input: integers, as array or list; floats are cut to integers. Output: int64; floats for "tf_idf".

    >>> layer = IntegerLookup()
    >>> layer.adapt(np.array([7, 5, 7]))
    >>> layer.get_vocabulary(), layer([[5, 7, 1]])
    ([-1, 7, 5], array([[2, 1, 0]]))
    """

    vocabulary_dtype = "int64"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int | None = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ValueError(
                f"Only `vocabulary_dtype='int64'` is supported. Received: vocabulary_dtype={vocabulary_dtype}"
            )
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, oov_method, salt, name=name, **kwargs,
        )  # fmt: skip

    def _token(self, token: Any) -> int:
        return int(token)

    def _keys(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        if x.dtype.kind not in "iufb" or (x.dtype.kind == "f" and np.isnan(x).any()):
            raise ValueError(f"Layer '{self.name}' expects integers. Received: dtype={x.dtype}, or NaN among them")
        return x.astype(np.int64)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary_dtype": self.vocabulary_dtype}
