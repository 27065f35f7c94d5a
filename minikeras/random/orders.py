"""In which order ``fit(shuffle=True)`` visits the rows.

Keras's weights are the same from version to version, its orders are not. So :data:`ORDERS` names them by backend and
Keras version. Another version's orders go in beside these, as a function (seed, n, first) → permutation of 0 … n−1
under their own name; :data:`KERAS` says whose are in use.
"""

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import numpy as np

from . import state, tensorflow_stream

_unbuilt: WeakSet[Any] = WeakSet()
_entropy: np.random.Generator | None = None


class _Anyone:
    """The owner of orders asked for without naming a model."""


_anyone = _Anyone()


def _owner(owner: Any) -> Any:
    return _anyone if owner is None else owner


def _tensorflow_3_15(seed: int, n: int, first: bool) -> np.ndarray:
    """The same in every epoch and every fit: each epoch's iterator starts the seeded shuffle over."""
    return tensorflow_stream.order(seed, n)


def _jax_3_15(seed: int, n: int, first: bool) -> np.ndarray:
    """The next permutation of NumPy's global generator; one is spent on building the model, in its first fit."""
    if first:
        np.random.permutation(n)
    return np.random.permutation(n)


ORDERS: dict[tuple[str, str], Callable[[int, int, bool], np.ndarray]] = {
    ("tensorflow", "3.15"): _tensorflow_3_15,
    ("jax", "3.15"): _jax_3_15,
}
"""(stream, Keras version): a function of the seed, the number of rows, and whether it is the first order since the
model was compiled."""

KERAS = "3.15"
"""The version whose orders are in use."""


def entropy() -> np.random.Generator:
    """The generator of orders without a seed; begun from the system's entropy when first needed."""
    global _entropy
    if _entropy is None:
        _entropy = np.random.default_rng()
    return _entropy


def on_compile(owner: Any = None) -> None:
    """Tells the streams that a model was compiled; on the JAX stream its next :func:`order` spends one draw.

    Args:
        owner: the model, if several are trained in turn.
    """
    _unbuilt.add(_owner(owner))


def on_build(owner: Any = None) -> None:
    """Tells the streams that ``evaluate`` or ``train_on_batch`` came before ``fit``: no draw is spent."""
    _unbuilt.discard(_owner(owner))


def order(n: int, owner: Any = None) -> np.ndarray:
    """The order of the next training epoch over n rows, an int64 permutation of 0 … n−1.

    * No seed set: a new order from the system's entropy at every call.
    * TensorFlow stream: **the same order in every epoch and every fit**, as Keras 3.15 on TensorFlow has
      it: each epoch makes a new iterator, whose seeded shuffle starts over.
    * JAX stream: the next ``numpy.random.permutation(n)`` of NumPy's global generator, which
      ``set_random_seed`` seeds and Keras draws from as well. The first one after ``compile`` is spent, as
      Keras spends it on building.

    >>> import minikeras as keras
    >>> keras.utils.set_random_seed(42)
    >>> order(8)
    array([3, 2, 5, 1, 7, 0, 6, 4])
    >>> bool((order(8) == order(8)).all())
    True
    """
    owner = _owner(owner)
    first = owner in _unbuilt
    _unbuilt.discard(owner)
    seed = state.seed()
    if seed is None:
        return entropy().permutation(n)
    return ORDERS[state.stream(), KERAS](seed, n, first)


def batch_order(batch_size: int, k: int, n: int | None = None, owner: Any = None) -> np.ndarray:
    """The order within the k-th batch (from 0) of an epoch with ``shuffle="batch"``.

    Ask for the batches in turn: on the JAX stream and without a seed, this is the next permutation.

    Args:
        batch_size: the rows in every full batch.
        k: the number of the batch.
        n: the rows in this one, if it is a shorter last batch.
        owner: the model, as for :func:`order`.
    """
    rows = batch_size if n is None else n
    seed = state.seed()
    if seed is not None and state.stream() == "tensorflow":
        return tensorflow_stream.order(seed, rows, first_block=k * -(-batch_size // 4))
    return order(rows, owner)
