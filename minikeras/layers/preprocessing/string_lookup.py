"""StringLookup: strings to indices and back."""

from typing import Any

import numpy as np

from .index_lookup import IndexLookup
from .strings import as_strings


class StringLookup(IndexLookup):
    """Strings to indices by a vocabulary, or back with ``invert``; see :class:`IndexLookup`.

    Args (as in Keras):
        max_tokens: the largest size of the vocabulary, special tokens included.
        num_oov_indices: how many indices share the strings out of vocabulary, by their hash; 0 makes them an error.
        mask_token: the string of index 0, which counts nowhere in the other modes.
        oov_token: what ``invert`` gives for an index out of vocabulary.
        vocabulary: strings, or the path of a file with one a line; else ``adapt`` learns it.
        idf_weights: inverse document frequencies of the vocabulary, for "tf_idf".
        invert: from indices to strings.
        output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".
        pad_to_max_tokens: makes codes ``max_tokens`` wide, however many tokens there are.
        sparse: only False.
        encoding: of bytes.
        salt: one or two integers for another hash.

    Input: str or bytes, as array or list. Output: int64; floats for "tf_idf"; str for ``invert``.

    >>> layer = StringLookup()
    >>> layer.adapt(["b", "a", "b"])
    >>> layer.get_vocabulary()
    ['[UNK]', 'b', 'a']
    >>> layer(np.array([["a", "b", "z"]]))
    array([[2, 1, 0]])
    >>> StringLookup(vocabulary=["b", "a"], invert=True)(np.array([2, 1, 0]))
    array(['a', 'b', '[UNK]'], dtype='<U5')
    """

    vocabulary_dtype = "string"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str | None = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, salt=salt, name=name, **kwargs,
        )  # fmt: skip

    def _token(self, token: Any) -> str:
        return token.decode(self.encoding) if isinstance(token, bytes) else str(token)

    def _keys(self, x: Any) -> np.ndarray:
        return as_strings(x, self.name, self.encoding)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoding": self.encoding}
