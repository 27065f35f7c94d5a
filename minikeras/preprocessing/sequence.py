"""Sequences: padding, windows of time series, and pairs of words, as in Keras's legacy module."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..utils.sequence_utils import pad_sequences

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]


class TimeseriesGenerator:
    """Batches of windows of a time series, each with the target of the step after it.

    x = data[r − length], …, data[r − 1] with every ``sampling_rate``-th kept,   y = targets[r]

    Args (as in Keras):
        data, targets: of one length.
        length: steps of a window.
        sampling_rate, stride: steps from one entry of a window, and from one window, to the next.
        start_index, end_index: the part of the series to use.
        shuffle: True: windows at random places, from NumPy's global generator.
        reverse: True: the last step first.
        batch_size: windows in a batch.

    Raises:
        ValueError: if the lengths differ, or the series is too short.

    >>> batches = TimeseriesGenerator(np.arange(6), np.arange(6), length=2, batch_size=3)
    >>> len(batches), batches[0]
    (2, (array([[0, 1],
           [1, 2],
           [2, 3]]), array([2, 3, 4])))
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        if len(data) != len(targets):
            raise ValueError(
                f"Data and targets have to be of same length. Data length is {len(data)} while target length is "
                f"{len(targets)}"
            )
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride, self.batch_size = sampling_rate, stride, batch_size
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is disallowed, as no part of "
                "the sequence would be left to be used as current step."
            )

    def __len__(self) -> int:
        rows = self.batch_size * self.stride
        return (self.end_index - self.start_index + rows) // rows

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        x = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        return x[:, ::-1] if self.reverse else x, np.array([self.targets[row] for row in rows])

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return (self[i] for i in range(len(self)))


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """Probability of keeping each word in training of word vectors, by its rank.

    f(r) = r·(log r + γ) + ½ − 1/(12·r)     p(r) = min(1, √(sampling_factor·f(r)))

    Source: Mikolov et al., 2013; the frequency 1/f of a word of rank r follows Zipf's law.
    """
    rank = np.maximum(np.arange(size), 1)
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1 / (12 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * inverse))


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of words of one window (label 1), and as many of a word and a random one (label 0).

    Args (as in Keras):
        sequence: numbers of words; 0 is skipped.
        vocabulary_size: the largest number + 1.
        window_size: words to each side.
        negative_samples: random pairs for each true one.
        shuffle: True mixes both kinds, with Python's ``random`` as Keras does.
        categorical: True: labels [0, 1] and [1, 0].
        sampling_table: as from :func:`make_sampling_table`.
        seed: of the shuffling.
    """
    true, false = ([0, 1], [1, 0]) if categorical else (1, 0)
    couples: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        near = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        couples += [[word, sequence[j]] for j in near if j != i and sequence[j]]
    labels: list[Any] = [true] * len(couples)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [couple[0] for couple in couples]
        random.shuffle(words)
        couples += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)]
        labels += [false] * count
    if shuffle:
        seed = random.randint(0, 10**7) if seed is None else seed
        for part in (couples, labels):
            random.seed(seed)
            random.shuffle(part)
    return couples, labels
