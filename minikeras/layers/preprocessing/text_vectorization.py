"""TextVectorization: raw strings to indices of words, or to counts of them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from ...tensor import KerasTensor
from ..base import Shape
from .base import IndexLayer, batches
from .string_lookup import StringLookup
from .strings import as_strings

_CAPITALS = {ord(a): ord(a) + 32 for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}  # ASCII only, as in Keras
_PUNCTUATION = dict.fromkeys(map(ord, "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"))
_SPACE = re.compile(r"[ \t\n\v\f\r]+")

Rows = list[list[str]]


class TextVectorization(IndexLayer):
    """Texts to numbers: standardize, split into tokens, join neighbours to n-grams, look up in a vocabulary.

    "The cat! The DOG" becomes "the cat the dog" (standardize), [the, cat, the, dog] (split) and, with ``ngrams=2``,
    [the, cat, the, dog, the cat, cat the, the dog]. :class:`StringLookup` turns the tokens into indices: 0 is padding,
    1 stands for tokens out of vocabulary, the others follow by how often they came in ``adapt``.

    Args (as in Keras):
        max_tokens: the largest size of the vocabulary, special tokens included.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function of an array of
            strings. Letters outside ASCII keep their case.
        split: "whitespace", "character", None (each entry is a token), or a function of an array (N,) of strings that
            gives N lists of tokens.
        ngrams: an integer n for 1 … n neighbours, or a tuple of numbers of neighbours.
        output_mode: "int", "multi_hot", "count", "tf_idf"; see :func:`~.encoding.encode`.
        output_sequence_length: how many indices each row has, by cutting and padding at the end ("int" only); without
            it, as many as the longest row of the batch.
        pad_to_max_tokens: makes codes ``max_tokens`` wide, however many tokens there are.
        vocabulary, idf_weights: as in StringLookup, in place of ``adapt``.
        sparse, ragged: only False.
        encoding: of bytes.

    Input: strings (N,) or (N, 1), as array or list; (N, T) too if ``split`` is None. Output: int64 (N, T) for "int",
    else codes (N, vocabulary size), int64 or floats ("tf_idf").

    Raises:
        ValueError: for arguments other than these, and for texts with a last axis other than 1 that shall be split.

    Differs from Keras: functions for ``standardize`` and ``split`` get NumPy arrays, as on Keras's JAX backend. A model
    that begins with this layer takes strings when it is called; ``fit``, ``evaluate``, ``predict`` and
    ``train_on_batch`` take no strings, as on JAX. On TensorFlow they take 1-D arrays of objects, tensors and tf.data.

    >>> layer = TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["The cat sat.", "The dog!"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'the', 'sat', 'dog', 'cat']
    >>> layer(["the DOG sat", "a cat"])
    array([[2, 4, 3, 0],
           [1, 5, 0, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | Callable[..., Any] | None = "lower_and_strip_punctuation",
        split: str | Callable[..., Any] | None = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        of_lookup = {key: kwargs.pop(key) for key in ("has_input_vocabulary", "vocabulary_size") if key in kwargs}
        kwargs.pop("dtype", None)  # "string" in Keras's configs
        super().__init__(name=name, **kwargs)
        _check("standardize", standardize, ("lower_and_strip_punctuation", "lower", "strip_punctuation"))
        _check("split", split, ("whitespace", "character"))
        if not (
            ngrams is None
            or isinstance(ngrams, int)
            or (isinstance(ngrams, tuple) and all(isinstance(n, int) for n in ngrams))
        ):
            raise ValueError(f"`ngrams` must be None, an integer, or a tuple of integers. Received: ngrams={ngrams}")
        if output_sequence_length is not None and (output_mode != "int" or not isinstance(output_sequence_length, int)):
            raise ValueError(
                f"`output_sequence_length` is an integer or None, and must not be set if `output_mode` is not 'int'. "
                f"Received: output_sequence_length={output_sequence_length} and output_mode={output_mode}"
            )
        if ragged:
            raise ValueError(
                "TextVectorization does not support `ragged=True` in minikeras, which has no ragged arrays. Rows are "
                "padded with 0; set `output_sequence_length` for a fixed length."
            )
        self._standardize, self._split, self._ngrams = standardize, split, ngrams
        self._widths = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams
        self._output_mode, self._length, self._encoding = output_mode, output_sequence_length, encoding
        self._lookup_layer = StringLookup(
            max_tokens, mask_token="", vocabulary=vocabulary, idf_weights=idf_weights, output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens, sparse=sparse, encoding=encoding, **of_lookup,
        )  # fmt: skip

    # The vocabulary.

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learns the vocabulary of an array, a list or an iterable of batches, in place of what was learned before.

        Args:
            data: texts (N,) or (N, 1), or an iterable of such batches, such as ``minikeras.utils.Dataset``.
            batch_size: has no effect, as in Keras.
            steps: how many batches are read.
        """
        one = isinstance(data, np.ndarray | list | tuple) or hasattr(data, "__array__")

        def tokens() -> Iterator[np.ndarray]:
            for x in batches(data, steps):
                yield self._tokens(x[:, None] if one and np.ndim(x) == 1 else x)

        self._lookup_layer.adapt(tokens())

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """All tokens, in the order of their indices; the first two are padding and [UNK]."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """How many indices there are, those for padding and out of vocabulary included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes tokens from an array, a list or a text file with one token a line; see StringLookup."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # Using it.

    def call(self, inputs: np.ndarray) -> np.ndarray:
        y = self._lookup_layer.call(self._tokens(inputs))
        if self._length is None:
            return y
        padding = [(0, 0)] * (y.ndim - 1) + [(0, max(0, self._length - y.shape[-1]))]
        return np.pad(y[..., : self._length], padding)

    def _tokens(self, texts: Any) -> np.ndarray:
        """The tokens of texts, short rows filled with "", which is padding."""
        x = as_strings(texts, self.name, self._encoding)
        x = self._standardized(x)
        if self._split is None:
            return x if self._widths is None else _filled([self._joined(row) for row in np.atleast_2d(x).tolist()])
        if x.ndim > 1 and x.shape[-1] != 1:
            raise ValueError(
                f"When using `TextVectorization` to tokenize strings, the input rank must be 1 or the last shape "
                f"dimension must be 1. Received at layer '{self.name}': inputs.shape={x.shape} with rank={x.ndim}"
            )
        x = x[..., 0] if x.ndim > 1 else x
        rows = self._pieces(x.ravel())
        return _filled([self._joined(row) for row in rows]).reshape(*x.shape, -1)

    def _standardized(self, x: np.ndarray) -> np.ndarray:
        if callable(self._standardize):
            made = self._standardize(x)
            return as_strings(made, self.name, self._encoding)
        table = {}
        if self._standardize in ("lower", "lower_and_strip_punctuation"):
            table.update(_CAPITALS)
        if self._standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
            table.update(_PUNCTUATION)  # type: ignore[arg-type]
        return np.array([s.translate(table) for s in x.ravel().tolist()], np.str_).reshape(x.shape) if table else x

    def _pieces(self, x: np.ndarray) -> Rows:
        if callable(self._split):
            made = self._split(x)
            rows = made.to_list() if hasattr(made, "to_list") else made  # to_list: TensorFlow's ragged tensors
            return [as_strings(list(row), self.name, self._encoding).tolist() if len(row) else [] for row in rows]
        if self._split == "character":
            return [list(s) for s in x.tolist()]
        return [[piece for piece in _SPACE.split(s) if piece] for s in x.tolist()]

    def _joined(self, row: list[str]) -> list[str]:
        """The n-grams of a row: those of the first width, then those of the next one."""
        if self._widths is None:
            return row
        return [" ".join(row[i : i + n]) for n in self._widths for i in range(len(row) - n + 1)]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self._split is None and self._widths is None:
            tokens = tuple(input_shape)
        else:
            tokens = (input_shape[0], None)
        if self._output_mode != "int":
            return self._lookup_layer.compute_output_shape(tokens)
        return tokens if self._length is None else (*tokens[:-1], self._length)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        dtype = self.dtype if self._output_mode == "tf_idf" else "int64"
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype)

    # Configs and files.

    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer.get_config()
        return {
            **super().get_config(),
            "max_tokens": lookup["max_tokens"],
            "standardize": self._standardize,
            "split": self._split,
            "ngrams": self._ngrams,
            "output_mode": self._output_mode,
            "output_sequence_length": self._length,
            "pad_to_max_tokens": lookup["pad_to_max_tokens"],
            "sparse": False,
            "ragged": False,
            "vocabulary": lookup["vocabulary"],
            "idf_weights": lookup["idf_weights"],
            "encoding": self._encoding,
            "vocabulary_size": lookup["vocabulary_size"],
        }

    @classmethod
    def from_config(cls, layer_config: dict[str, Any]) -> Self:
        if isinstance(layer_config.get("ngrams"), list):
            layer_config = {**layer_config, "ngrams": tuple(layer_config["ngrams"])}
        StringLookup._refuse_paths(layer_config, cls.__name__)
        return cls(**layer_config)

    def save_assets(self, folder: Any) -> None:
        """Writes the vocabulary, as StringLookup does."""
        self._lookup_layer.save_assets(folder)

    def load_assets(self, folder: Any) -> None:
        """Reads what :meth:`save_assets` wrote."""
        self._lookup_layer.load_assets(folder)

    def save_own_variables(self, store: Any) -> None:
        """Writes the inverse document frequencies, as StringLookup does."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        """Reads what :meth:`save_own_variables` wrote."""
        self._lookup_layer.load_own_variables(store)


def _filled(rows: Rows) -> np.ndarray:
    """Rows of different lengths as one array, filled with "" at their ends."""
    longest = max(map(len, rows), default=0)
    return np.array([row + [""] * (longest - len(row)) for row in rows], np.str_).reshape(len(rows), longest)


def _check(argument: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value is not None and not callable(value) and value not in allowed:
        raise ValueError(
            f"Unknown value for `{argument}` argument of layer TextVectorization. Expected one of {allowed}, None or a "
            f"function. Received: {argument}={value!r}"
        )
