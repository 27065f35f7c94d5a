"""Arrays of strings: what NumPy, pandas and lists bring, as one dtype."""

from typing import Any

import numpy as np


def as_strings(x: Any, layer: str, encoding: str = "utf-8") -> np.ndarray:
    """An array of str from arrays and lists of str or bytes.

    Raises:
        ValueError: for anything else; names the layer.

    >>> as_strings([b"a", "b"], "lookup")
    array(['a', 'b'], dtype='<U1')
    """
    x = np.asarray(x)
    if x.dtype.kind == "U":
        return x
    if x.dtype.kind == "S":
        return np.char.decode(x, encoding)
    if x.dtype.kind == "T" or (x.dtype.kind == "O" and all(isinstance(v, str | bytes) for v in x.flat)):
        texts = [v.decode(encoding) if isinstance(v, bytes) else str(v) for v in x.flat]
        return np.array(texts, dtype=np.str_).reshape(x.shape)
    raise ValueError(f"Layer '{layer}' expects strings. Received: dtype={x.dtype} of shape {x.shape}")
