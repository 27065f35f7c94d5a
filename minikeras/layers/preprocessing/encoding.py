"""Encoding of indices: what the output modes "int", "one_hot", "multi_hot" and "count" mean."""

from typing import Any

import numpy as np


def encode(indices: np.ndarray, mode: str, depth: int, dtype: Any, weights: Any = None) -> np.ndarray:
    """Indices (…, T) as Keras's ``output_mode`` says; an index outside 0 … depth − 1 counts nowhere.

    ========  ==============  ===================================================
    int       (…, T)          the indices
    one_hot   (…, T, depth)   out[…, t, k] = 1 if i[…, t] = k; (…, depth) if T is 1
    multi_hot (…, depth)      out[…, k] = 1 if k is among the i[…, t]
    count     (…, depth)      out[…, k] = Σₜ weight[…, t] over i[…, t] = k
    ========  ==============  ===================================================

    >>> encode(np.array([[0, 2, 2]]), "count", 4, "float32")
    array([[1., 0., 2., 0.]], dtype=float32)
    """
    if mode == "int":
        return indices.astype(dtype)
    if indices.ndim == 0:
        indices = indices[None]
    if mode == "one_hot" and indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices[..., 0]
    hot = (indices[..., None] == np.arange(depth)).astype(dtype)
    if mode == "one_hot":
        return hot
    if mode == "multi_hot":
        return hot.max(axis=-2, initial=0)
    return (hot if weights is None else hot * np.asarray(weights, dtype)[..., None]).sum(axis=-2)


def encoded_shape(shape: tuple[int | None, ...], mode: str, depth: int) -> tuple[int | None, ...]:
    """The shape of what :func:`encode` gives for indices of that shape."""
    if mode == "int":
        return shape
    if mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1):
        return (*shape, depth)
    return (*shape[:-1], depth)


def check_mode(layer: str, mode: str, allowed: tuple[str, ...], sparse: bool) -> None:
    """Refuses an unknown output mode, and sparse outputs.

    Raises:
        ValueError: for either.
    """
    if mode not in allowed:
        raise ValueError(
            f"Invalid value for argument `output_mode` of {layer}. Expected one of {allowed}. "
            f"Received: output_mode={mode}"
        )
    if sparse:
        raise ValueError(f"{layer} does not support `sparse=True` in minikeras, which has no sparse arrays.")
