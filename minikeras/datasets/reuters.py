"""Reuters: 11,228 newswires as numbers of words, in 46 topics.

Source: Reuters-21578, D. Lewis, 1987.

>>> len(get_label_names()), get_label_names()[3]
(46, 'earn')
"""

from . import words
from .sources import Arrays
from .tables import check_split

NPZ = "reuters.npz"
SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORD_INDEX = "reuters_word_index.json"
WORD_INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"

_TOPICS = """
cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass
crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi
iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
"""


def load_data(
    path: str = NPZ,
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Arrays:
    """Reuters from Keras's cache, minikeras's, or a verified download.

    Args (as in Keras):
        path, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from: as in
            :func:`minikeras.datasets.imdb.load_data`.
        test_split: share of the newswires for testing, the last ones.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: object arrays of lists, and int64; 8,982 and 2,246.

    Raises:
        ValueError: if ``test_split`` isn't in [0, 1), or no newswire is shorter than ``maxlen``.
        DataError: if the file is to be had nowhere; names every place and what helps.
    """
    check_split(test_split)
    file = words.fetch("Reuters", path, SHA256)
    texts, labels = words.shuffled(file["x"], file["y"], seed)
    texts, labels = words.shorter(maxlen, words.shift(texts, start_char, index_from), labels)
    if not texts:
        raise ValueError(f"No newswire is shorter than maxlen={maxlen}. Increase maxlen.")
    x = words.limit(texts, num_words, skip_top, oov_char, max(max(text) for text in texts))
    n = int(len(x) * (1 - test_split))
    return (x[:n], labels[:n]), (x[n:], labels[n:])


def get_word_index(path: str = WORD_INDEX) -> dict[str, int]:
    """Number of each word, from 1; ``load_data`` adds ``index_from`` to it."""
    return words.word_index("Reuters", path, WORD_INDEX_MD5)


def get_label_names() -> tuple[str, ...]:
    """The topics, in the order of the labels."""
    return tuple(_TOPICS.split())
