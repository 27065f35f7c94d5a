"""IndexLookup: tokens to indices and back, by a vocabulary that is given or learned."""

import os
from collections import Counter
from typing import Any, Self

import numpy as np

from ... import config
from ...errors import UnsupportedError
from ...tensor import KerasTensor
from ..base import Shape
from .base import IndexLayer, batches
from .encoding import check_mode, encode, encoded_shape
from .hashes import bucket, salt_pair

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_NOWHERE = np.iinfo(np.int64).max  # the index of masked tokens in modes that count: beyond every vocabulary


class IndexLookup(IndexLayer):
    """What :class:`StringLookup` and :class:`IntegerLookup` share.

    The vocabulary begins with the mask token (mode "int" only, if there is one) and ``num_oov_indices`` places for
    tokens out of vocabulary; then come the tokens. ``adapt`` sorts them by how often they came, ties by the later in
    the alphabet first. Mode "tf_idf" multiplies counts with the inverse document frequencies, of N documents of which
    d contain the token::

        idf = log(1 + N/(1 + d)),  for tokens out of vocabulary the mean of all
    """

    vocabulary_dtype: str

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        kind = type(self).__name__
        self._saved_size = kwargs.pop("vocabulary_size", None)  # of a vocabulary that a file has yet to bring
        for unused in ("dtype", "has_input_vocabulary"):
            kwargs.pop(unused, None)
        super().__init__(**kwargs)
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        check_mode(kind, output_mode, _MODES, sparse)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(
                f"If set, `max_tokens` of {kind} must be greater than 1. Received: max_tokens={max_tokens}"
            )
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens={max_tokens}")
        if num_oov_indices < 0:
            raise ValueError(
                f"`num_oov_indices` must be greater than or equal to 0. Received: num_oov_indices={num_oov_indices}"
            )
        if oov_method not in ("floormod", "farmhash"):
            raise ValueError(f"`oov_method` is 'floormod' or 'farmhash'. Received: oov_method={oov_method}")
        if invert and output_mode != "int":
            raise ValueError(
                f"`output_mode` must be `'int'` when `invert` is true. Received: output_mode={output_mode}"
            )
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(
                f"`idf_weights` should only be set if `output_mode` is `'tf_idf'`. Received: idf_weights={idf_weights} "
                f"and output_mode={output_mode}"
            )
        if salt is not None and self.vocabulary_dtype == "int64" and oov_method != "farmhash":
            raise ValueError(f"`salt` can only be used when `oov_method='farmhash'`. Received: oov_method={oov_method}")
        self.max_tokens, self.num_oov_indices, self.pad_to_max_tokens = max_tokens, num_oov_indices, pad_to_max_tokens
        self.mask_token, self.oov_token, self.oov_method = mask_token, oov_token, oov_method
        self.invert, self.output_mode, self.sparse = invert, output_mode, sparse
        self.salt = salt_pair(kind, salt)
        self.input_vocabulary = None if isinstance(vocabulary, str) else vocabulary
        self.input_idf_weights = idf_weights
        self.idf_weights: np.ndarray | None = None
        self._given = vocabulary is not None
        self._tokens: list[Any] = []
        self._index: dict[Any, int] = {}
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # The vocabulary.

    @property
    def _specials(self) -> list[Any]:
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return masks + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """All tokens, in the order of their indices."""
        return (self._specials if include_special_tokens else []) + self._tokens

    def vocabulary_size(self) -> int:
        """How many indices there are, those for mask and out of vocabulary included."""
        return len(self._specials) + len(self._tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes tokens from an array, a list or a text file with one token a line.

        Raises:
            ValueError: for an empty vocabulary, a token that comes twice, a reserved token in the middle, too many
                tokens, a missing file, or inverse document frequencies that do not fit.
        """
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise ValueError(
                f"`idf_weights` must be set if and only if output_mode is 'tf_idf'. "
                f"Received: output_mode={self.output_mode} and idf_weights={idf_weights}"
            )
        if isinstance(vocabulary, str | os.PathLike):
            vocabulary = self._read(vocabulary)
        given = [self._token(token) for token in np.asarray(vocabulary).tolist()]
        if not given:
            raise ValueError(f"Cannot set an empty vocabulary. Received: vocabulary={vocabulary}")
        specials = self._specials
        has_specials = bool(specials) and given[: len(specials)] == specials
        tokens = given[len(specials) :] if has_specials else given
        repeated = [token for token, count in Counter(tokens).items() if count > 1]
        if repeated:
            raise ValueError(
                f"The passed vocabulary has at least one repeated term. Please uniquify your dataset. "
                f"The repeated terms are: {repeated}"
            )
        reserved = {"mask": self.mask_token, "OOV": self.oov_token if self.invert else None}
        for what, token in reserved.items():
            if token is not None and token in tokens:
                raise ValueError(
                    f"Found reserved {what} token at unexpected location in `vocabulary`: {token!r}. Either remove all "
                    f"mask and OOV tokens, or include them only at the start, in precisely this order: {specials}."
                )
        size = len(specials) + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size is "
                f"{size}; `max_tokens` is {self.max_tokens}."
            )
        if idf_weights is not None:
            if len(given) != len(idf_weights):
                raise ValueError(
                    f"`idf_weights` must be the same length as vocabulary. len(idf_weights) is {len(idf_weights)}; "
                    f"len(vocabulary) is {len(given)}"
                )
            self._set_idf(np.asarray(idf_weights, np.float64), 0 if has_specials else len(specials))
        self._set_tokens(tokens)

    def _set_tokens(self, tokens: list[Any]) -> None:
        self._tokens = tokens
        self._index = {token: i for i, token in enumerate(tokens, len(self._specials))}

    def _set_idf(self, weights: np.ndarray, in_front: int) -> None:
        behind = self.max_tokens - in_front - len(weights) if self.pad_to_max_tokens and self.max_tokens else 0
        padded = np.concatenate((np.full(in_front, weights.mean()), weights, np.zeros(behind)))
        self.idf_weights = padded.astype(config.floatx())

    def _read(self, path: Any) -> list[str]:
        if not os.path.exists(path):
            raise ValueError(f"Vocabulary file {path} does not exist.")
        if self.output_mode == "tf_idf":
            raise ValueError("output_mode `'tf_idf'` does not support loading a vocabulary from file.")
        with open(path, encoding="utf-8") as file:
            return file.read().removesuffix("\n").split("\n")

    # Learning it.

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learns the vocabulary of an array, a list or an iterable of batches, in place of what was learned before.

        A row is a document, for "tf_idf"; of a one-dimensional array each entry, of a one-dimensional batch all.
        """
        if self._given:
            raise ValueError(
                f"Cannot adapt layer '{self.name}' after setting a static vocabulary via `vocabulary` argument or "
                f"`set_vocabulary()` method."
            )
        counts: Counter[Any] = Counter()
        documents: Counter[Any] = Counter()
        number = 0
        one = isinstance(data, np.ndarray | list | tuple) or hasattr(data, "__array__")
        for batch in batches(data, steps):
            x = self._keys(batch)
            rows = x.reshape(-1, 1) if x.ndim == 1 and one else x.reshape(1, -1) if x.ndim < 2 else x
            counts.update(rows.ravel().tolist())
            if self.output_mode == "tf_idf":
                number += len(rows)
                for row in rows:
                    documents.update(set(row.ravel().tolist()))
        for special in (self.mask_token, self.oov_token):
            counts.pop(special, None)
        if not counts:
            return
        tokens = [token for _, token in sorted(((n, token) for token, n in counts.items()), reverse=True)]
        if self.max_tokens:
            tokens = tokens[: self.max_tokens - len(self._specials)]
        self._set_tokens(tokens)
        if self.output_mode == "tf_idf":
            d = np.array([documents[token] for token in tokens], np.float64)
            self._set_idf(np.log(1 + number / (1 + d)), len(self._specials))

    # Using it.

    def call(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if not self._tokens and self._saved_size:
            raise RuntimeError(
                f"Layer '{self.name}' comes from a config of an adapted layer, without its vocabulary. Call "
                f"`load_assets(folder)`, `set_vocabulary(vocabulary)` or `adapt(data)` before you call it."
            )
        if self.output_mode != "int" and not self._tokens and not self.pad_to_max_tokens:
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, you must set the layer's "
                f"vocabulary before calling it. Either pass a `vocabulary` argument to the layer, or call `adapt` with "
                f"some sample data."
            )
        if self.invert:
            return self._back(x)
        keys = self._keys(x)
        unique, places = np.unique(keys, return_inverse=True)
        indices = np.array([self._find(token) for token in unique.tolist()], np.int64)[places].reshape(keys.shape)
        if self.output_mode == "tf_idf":
            weights = self.idf_weights
            if weights is None:
                raise ValueError("When `output_mode` is `'tf_idf'`, `idf_weights` must be provided.")
            return encode(indices, "count", self._depth, weights.dtype) * weights
        return encode(indices, self.output_mode, self._depth, np.int64)

    def _find(self, token: Any) -> int:
        if self.mask_token is not None and token == self.mask_token:
            return 0 if self.output_mode == "int" else _NOWHERE
        index = self._index.get(token)
        if index is not None:
            return index
        if self.num_oov_indices == 0:
            raise ValueError(
                f"Layer '{self.name}': when `num_oov_indices=0` all inputs should be in vocabulary, found OOV value "
                f"{token!r}, consider setting `num_oov_indices=1`."
            )
        return len(self._specials) - self.num_oov_indices + self._bucket(token)

    def _bucket(self, token: Any) -> int:
        """Which of the places for tokens out of vocabulary is this token's."""
        if self.num_oov_indices == 1:
            return 0
        if isinstance(token, int) and self.oov_method == "floormod":
            return token % self.num_oov_indices
        return bucket(str(token).encode(), self.num_oov_indices, self.salt)

    def _back(self, x: np.ndarray) -> np.ndarray:
        if x.dtype.kind not in "iu":
            raise ValueError(f"Layer '{self.name}' with invert=True expects integers. Received: dtype={x.dtype}")
        if self.oov_token is None:
            raise ValueError(f"Layer '{self.name}' with invert=True needs an `oov_token`.")
        vocabulary = np.array([*self.get_vocabulary(), self.oov_token])
        last = len(vocabulary) - 1
        return vocabulary[np.where((x >= 0) & (x < last), x, last)]

    @property
    def _depth(self) -> int:
        if self.pad_to_max_tokens and self.max_tokens:
            return self.max_tokens
        return self.vocabulary_size() if self._tokens else self._saved_size or self.vocabulary_size()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encoded_shape(input_shape, mode, self._depth)

    def compute_output_spec(self, x: Any, training: bool = False) -> Any:
        """A symbol of the outputs; the vocabulary may come later."""
        return KerasTensor(self.compute_output_shape(x.shape), self.dtype if self.output_mode == "tf_idf" else "int64")

    def _token(self, token: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must override `_token(token)`.")

    def _keys(self, x: Any) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} must override `_keys(x)`.")

    # Configs and files.

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "idf_weights": _plain(self.input_idf_weights),
            "vocabulary": _plain(self.input_vocabulary),
            "vocabulary_size": self.vocabulary_size() if self._tokens else self._saved_size,
            "oov_method": self.oov_method,
            "salt": self.salt,
        }

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        """The layer of a config, which may come from a file of a stranger: it must not name another file to read.

        Raises:
            UnsupportedError: for a vocabulary by path or address.
        """
        cls._refuse_paths(layer_config, cls.__name__)
        return cls(**layer_config)

    @staticmethod
    def _refuse_paths(layer_config: dict[str, Any], kind: str) -> None:
        vocabulary = layer_config.get("vocabulary")
        if vocabulary is not None and not isinstance(vocabulary, list | tuple | np.ndarray):
            raise UnsupportedError(
                f"The config of a {kind} names a vocabulary file, {vocabulary!r}. Only a program reads files: "
                f"{kind}(vocabulary=path), or layer.set_vocabulary(path)."
            )

    def save_assets(self, folder: Any) -> None:
        """Writes ``vocabulary.txt`` as Keras does, unless the config has the vocabulary."""
        if self.input_vocabulary is None:
            with open(os.path.join(folder, "vocabulary.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(map(str, self.get_vocabulary())))

    def load_assets(self, folder: Any) -> None:
        """Reads what :meth:`save_assets` wrote."""
        if self.input_vocabulary is None:
            with open(os.path.join(folder, "vocabulary.txt"), encoding="utf-8") as file:
                self.set_vocabulary(file.read().rstrip("\n").split("\n"), self.idf_weights)

    def save_own_variables(self, store: Any) -> None:
        """Writes the inverse document frequencies, under Keras's name."""
        if self.output_mode == "tf_idf":
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store: Any) -> None:
        """Reads what :meth:`save_own_variables` wrote."""
        if self.output_mode == "tf_idf":
            self.idf_weights = np.asarray(store["idf_weights"])


def _plain(values: Any) -> Any:
    return None if values is None else np.asarray(values).tolist()
