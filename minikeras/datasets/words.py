"""Texts as lists of the numbers of their words, the most frequent word first."""

import json
from typing import Any

import numpy as np

from . import pickles, sources


def shuffled(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[Any, np.ndarray]:
    """Texts and labels in Keras's order of that seed."""
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    return x[order], y[order]


def shift(texts: Any, start_char: int | None, index_from: int) -> list[list[int]]:
    """Every number raised by ``index_from``, with ``start_char`` in front."""
    first = [] if start_char is None else [start_char]
    return [[*first, *(word + (index_from or 0) for word in text)] for text in texts]


def shorter(maxlen: int | None, texts: list[list[int]], labels: np.ndarray) -> tuple[list[list[int]], np.ndarray]:
    """The texts of fewer than ``maxlen`` words, with their labels."""
    if not maxlen:
        return texts, labels
    kept = [i for i, text in enumerate(texts) if len(text) < maxlen]
    return [texts[i] for i in kept], labels[kept]


def limit(
    texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None, largest: int
) -> np.ndarray:
    """The numbers in [skip_top, num_words), with ``oov_char``, or nothing, in place of the others.

    >>> limit([[1, 7], [2, 3, 9]], 8, 2, None, 9).tolist()
    [[7], [2, 3]]
    """
    top = num_words or largest
    out = np.empty(len(texts), object)
    for i, text in enumerate(texts):
        if oov_char is None:
            out[i] = [word for word in text if skip_top <= word < top]
        else:
            out[i] = [word if skip_top <= word < top else oov_char for word in text]
    return out


def fetch(title: str, name: str, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of the verified ``.npz``."""
    return pickles.load_npz(sources.fetch(title, [name], sources.KERAS_BUCKET + name, sha256))


def word_index(title: str, name: str, md5: str) -> dict[str, int]:
    """Number of each word, from 1."""
    path = sources.fetch(f"{title}'s word index", [name], sources.KERAS_BUCKET + name, md5)
    return json.loads(path.read_text(encoding="utf-8"))
