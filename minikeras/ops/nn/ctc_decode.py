"""Reading the labels out of the outputs of a model that was trained with CTC."""

from typing import Any

import numpy as np

from ..base import constant
from .ctc import _log_softmax

Prefix = tuple[int, ...]


@constant
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    /,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int | None = 0,
) -> Any:
    """Labels and their scores, from logits.

    Args (as in Keras):
        inputs: logits (N, T, C).
        sequence_lengths: how many of the T steps count, (N,).
        strategy: "greedy" takes the best class of every step; "beam_search" adds up all ways of reading a label
            sequence, and keeps the ``beam_width`` best sequences after every step.
        top_paths: how many sequences a beam search gives.
        merge_repeated: False keeps repetitions that no blank separates, in the greedy strategy.
        mask_index: the class of the blank; None means the last one.

    Returns:
        The labels (paths, N, T), filled with −1; and the scores: of the greedy strategy minus the sum of the best
        logits, (N, 1), of a beam search the logarithms of the probabilities, (N, top_paths).

    >>> logits = np.log([[[0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1]]])
    >>> ctc_decode(logits, [3])[0]
    array([[[ 1, -1, -1]]], dtype=int32)
    """
    z, lengths = np.asarray(inputs), np.asarray(sequence_lengths, int)
    blank = z.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _greedy(z, lengths, blank, merge_repeated)
    if strategy == "beam_search":
        return _beams(_log_softmax(z), lengths, blank, beam_width, top_paths)
    raise ValueError(f"Invalid strategy {strategy}. Supported values are 'greedy' and 'beam_search'.")


def _greedy(z: np.ndarray, lengths: np.ndarray, blank: int, merge: bool) -> Any:
    paths = np.full((1, *z.shape[:2]), -1, np.int32)
    scores = np.zeros((len(z), 1), z.dtype)
    for n, length in enumerate(lengths):
        best = z[n, :length].argmax(axis=-1)
        again = np.concatenate([[False], best[1:] == best[:-1]]) if merge else np.zeros(length, bool)
        kept = best[(best != blank) & ~again]
        paths[0, n, : len(kept)] = kept
        scores[n] = -z[n, :length].max(axis=-1).sum()
    return paths, scores


def _beams(logs: np.ndarray, lengths: np.ndarray, blank: int, width: int, top: int) -> Any:
    paths = np.full((top, *logs.shape[:2]), -1, np.int32)
    scores = np.full((len(logs), top), -np.inf, logs.dtype)
    for n, length in enumerate(lengths):
        best = _search(logs[n, :length], blank, width)
        for k, (prefix, score) in enumerate(best[:top]):
            paths[k, n, : len(prefix)] = prefix
            scores[n, k] = score
    return paths, scores


def _search(logs: np.ndarray, blank: int, width: int) -> list[tuple[Prefix, float]]:
    """The best label sequences of one row with their log probabilities, best first.

    For every sequence two numbers are kept: the log probabilities of all ways to it that end with a blank, and that
    end with its last label; the same label again extends the sequence only after a blank.
    """
    beams: dict[Prefix, tuple[float, float]] = {(): (0.0, -np.inf)}
    for step in logs:
        found: dict[Prefix, tuple[float, float]] = {}

        def add(prefix: Prefix, at_blank: float, at_label: float, found: Any = found) -> None:
            before = found.get(prefix, (-np.inf, -np.inf))
            found[prefix] = (np.logaddexp(before[0], at_blank), np.logaddexp(before[1], at_label))

        for prefix, (at_blank, at_label) in beams.items():
            total = np.logaddexp(at_blank, at_label)
            add(prefix, total + step[blank], -np.inf)
            for label in range(len(step)):
                if label == blank:
                    continue
                if prefix and prefix[-1] == label:
                    add(prefix, -np.inf, at_label + step[label])
                    add((*prefix, label), -np.inf, at_blank + step[label])
                else:
                    add((*prefix, label), -np.inf, total + step[label])
        beams = dict(sorted(found.items(), key=lambda item: -np.logaddexp(*item[1]))[:width])
    return [(prefix, float(np.logaddexp(*both))) for prefix, both in beams.items()]
