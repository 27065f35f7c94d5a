"""Words of texts as numbers, as in Keras's legacy module.

>>> tokenizer = Tokenizer(num_words=4)
>>> tokenizer.fit_on_texts(["The cat sat.", "The dog sat on the cat!"])
>>> tokenizer.word_index
{'the': 1, 'cat': 2, 'sat': 3, 'dog': 4, 'on': 5}
>>> tokenizer.texts_to_sequences(["The dog and the cat"])
[[1, 1, 2]]
"""

import hashlib
import json
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    >>> text_to_word_sequence("A cat, a mat.")
    ['a', 'cat', 'a', 'mat']
    """
    text = input_text.lower() if lower else input_text
    spaces = {ord(character): split for character in filters}
    return [word for word in text.translate(spaces).split(split) if word]


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Any] | None = None,
) -> list[int]:
    """hash(word) mod (n − 1) + 1 of each word.

    Args (as in Keras):
        hash_function: "md5", a function, or None for Python's ``hash``, which differs from process to process.

    >>> hashing_trick("a cat", 100, "md5")
    [92, 3]
    """
    function: Callable[[str], int] = hash_function or hash
    if hash_function == "md5":

        def function(word: str) -> int:
            return int(hashlib.md5(word.encode()).hexdigest(), 16)

    words = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    return [function(word) % (n - 1) + 1 for word in words]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Any] | None = None,
) -> list[int]:
    """:func:`hashing_trick` with Python's ``hash``."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


class Tokenizer:
    """Numbers for words, the most frequent word first; 0 stands for none.

    Args (as in Keras):
        num_words: the words numbered below it are kept.
        filters, lower, split: as in :func:`text_to_word_sequence`.
        char_level: True: every character is a word.
        oov_token: the word that stands for an unknown one; it gets number 1.
        analyzer: a function from a text to its words.
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Any] | None = None,
        document_count: int = 0,
    ) -> None:
        self.num_words = num_words
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.document_count = document_count
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> Any:
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            return [word.lower() for word in text] if isinstance(text, list) else text.lower()
        if self.analyzer:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words of texts, or of lists of words, and numbers them anew."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        by_count = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        vocabulary = [] if self.oov_token is None else [self.oov_token]
        self.word_index = {word: number for number, word in enumerate([*vocabulary, *by_count], 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Counts in how many sequences each number occurs, for "tfidf"."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """The numbers of the words of each text; an unknown word becomes that of ``oov_token``, or nothing."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """:meth:`texts_to_sequences`, one text after the other."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            numbers = []
            for word in self._words(text):
                number = self.word_index.get(word)
                if number is None or (self.num_words and number >= self.num_words):
                    number = unknown
                if number is not None:
                    numbers.append(number)
            yield numbers

    def sequences_to_texts(self, sequences: Iterable[Any]) -> list[str]:
        """The words of each sequence of numbers, with spaces between them."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Any]) -> Iterator[str]:
        """:meth:`sequences_to_texts`, one sequence after the other."""
        for sequence in sequences:
            words = []
            for number in sequence:
                word = self.index_word.get(number)
                if word is None or (self.num_words and number >= self.num_words):
                    word = self.oov_token
                if word is not None:
                    words.append(word)
            yield " ".join(words)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """:meth:`sequences_to_matrix` of the texts' sequences."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        """One row a sequence, one column a number.

        Of a number that occurs c times in a sequence of length L, in d of D documents:

        "binary": 1     "count": c     "freq": c / L     "tfidf": (1 + log c)·log(1 + D / (1 + d))

        Raises:
            ValueError: without ``num_words`` and words, without documents for "tfidf", or for another mode.
        """
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError(f"Unknown vectorization mode: {mode}")
        if not self.num_words and not self.word_index:
            raise ValueError("Specify a dimension (`num_words` argument), or fit on some text data first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        columns = self.num_words or len(self.word_index) + 1
        out = np.zeros((len(sequences), columns))
        for row, sequence in zip(out, sequences, strict=True):
            for number, c in Counter(sequence).items():
                if number >= columns:
                    continue
                if mode == "tfidf":
                    documents = 1 + self.index_docs.get(number, 0)
                    row[number] = (1 + np.log(c)) * np.log(1 + self.document_count / documents)
                else:
                    row[number] = {"binary": 1, "count": c, "freq": c / len(sequence)}[mode]
        return out

    def get_config(self) -> dict[str, Any]:
        """The arguments, and the counts and numbers as JSON."""
        arguments = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        counts = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {name: getattr(self, name) for name in arguments} | {
            name: json.dumps(getattr(self, name)) for name in counts
        }

    def to_json(self, **kwargs: Any) -> str:
        """The config as JSON, for :func:`tokenizer_from_json`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that :meth:`Tokenizer.to_json` wrote."""
    config = json.loads(json_string)["config"]
    names = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    tables = {name: json.loads(config.pop(name)) for name in names}
    tokenizer = Tokenizer(**config)
    for name, table in tables.items():
        if name.startswith("index"):
            table = {int(number): value for number, value in table.items()}
        kind = type(getattr(tokenizer, name))
        setattr(tokenizer, name, defaultdict(int, table) if kind is defaultdict else kind(table))
    return tokenizer
