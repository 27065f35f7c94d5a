"""IMDB: 50,000 film reviews as numbers of words; label 1 is praise, 0 is not.

Source: A. Maas et al., "Learning Word Vectors for Sentiment Analysis", 2011.
"""

import numpy as np

from . import words
from .sources import Arrays

NPZ = "imdb.npz"
SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORD_INDEX = "imdb_word_index.json"
WORD_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = NPZ,
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Arrays:
    """IMDB from Keras's cache, minikeras's, or a verified download.

    Args (as in Keras):
        path: the name in the cache.
        num_words: words numbered from it on are rare; None keeps all but the rarest.
        skip_top: words numbered below it are frequent.
        maxlen: reviews of so many words are left out.
        seed: of the order.
        start_char: the number in front of every review, or None.
        oov_char: the number in place of a rare or frequent word; None drops the word.
        index_from: added to every number: 0 pads, 1 starts, 2 stands for what was left out.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: object arrays of lists, and int64; 25,000 each.

    Raises:
        ValueError: if no review is shorter than ``maxlen``.
        DataError: if the file is to be had nowhere; names every place and what helps.
    """
    file = words.fetch("IMDB", path, SHA256)
    parts = []
    for part in ("train", "test"):
        x, y = words.shuffled(file[f"x_{part}"], file[f"y_{part}"], seed)
        parts.append(words.shorter(maxlen, words.shift(x, start_char, index_from), y))
        if not parts[-1][0]:
            raise ValueError(
                f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen."
            )
    largest = max(max(text) for texts, _ in parts for text in texts)
    train, test = ((words.limit(x, num_words, skip_top, oov_char, largest), np.asarray(y)) for x, y in parts)
    return train, test


def get_word_index(path: str = WORD_INDEX) -> dict[str, int]:
    """Number of each word, from 1; ``load_data`` adds ``index_from`` to it."""
    return words.word_index("IMDB", path, WORD_INDEX_MD5)
