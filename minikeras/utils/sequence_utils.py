"""Sequences of several lengths in one array."""

from typing import Any

import numpy as np


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences cut and filled up to one length.

    Args (as in Keras):
        sequences: N sequences of vectors or numbers.
        maxlen: T; by default that of the longest.
        dtype: of the result; ``object`` for strings of several lengths.
        padding: "pre" or "post": where a short sequence is filled up.
        truncating: "pre" or "post": where a long sequence loses its rest.
        value: what fills up.

    Returns:
        (N, T, …).

    Raises:
        ValueError: if the sequences are none or their shapes differ, or an argument is unknown.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    for name, side in (("Truncating", truncating), ("Padding", padding)):
        if side not in ("pre", "post"):
            raise ValueError(f'{name} type "{side}" not understood')
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {sequence}")
    strings = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and not strings:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: {type(value)}\n"
            "You should set `dtype=object` for variable length strings."
        )
    shape = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    if maxlen is None:
        maxlen = max(len(sequence) for sequence in sequences)
    out = np.full((len(sequences), maxlen, *shape), value, dtype=dtype)
    for position, sequence in enumerate(sequences):
        if not len(sequence):
            continue
        kept = np.asarray(sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen], dtype=dtype)
        if kept.shape[1:] != shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {position} is different from "
                f"expected shape {shape}"
            )
        if padding == "post":
            out[position, : len(kept)] = kept
        else:
            out[position, maxlen - len(kept) :] = kept
    return out
