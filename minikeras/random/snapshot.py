"""The random state of the whole process, taken out and put back."""

from typing import Any

import numpy as np

from . import orders, state


def take(owner: Any = None) -> dict[str, Any]:
    """All that the next random numbers depend on, in plain numbers, strings and arrays.

    The seed and the stream, Python's ``random``, NumPy's global generator, the generator of draws without a seed,
    and that of orders without a seed. A :class:`~minikeras.random.SeedGenerator` that someone holds has its own
    ``state``.

    Args:
        owner: the model whose orders are meant, as for :func:`~minikeras.random.order`.

    >>> import minikeras as keras
    >>> keras.utils.set_random_seed(42, stream="jax")
    >>> before = take()
    >>> first = orders.order(5)
    >>> put_back(before)
    >>> bool((orders.order(5) == first).all())
    True
    """
    import random as python_random

    version, words, gauss = python_random.getstate()
    undirected = state._global_generator
    return {
        "seed": state._seed,
        "stream": state._stream,
        "python": {"version": version, "words": np.array(words, np.uint32), "gauss": gauss},
        "numpy": np.random.get_state(legacy=False),
        "draws": None if undirected is None else undirected.state.copy(),
        "orders": orders.entropy().bit_generator.state,
        "spends": orders._owner(owner) in orders._unbuilt,
    }


def put_back(snapshot: dict[str, Any], owner: Any = None) -> None:
    """Makes the next random numbers those that followed :func:`take`."""
    import random as python_random

    state._seed, state._stream = snapshot["seed"], snapshot["stream"]
    python = snapshot["python"]
    python_random.setstate((python["version"], tuple(map(int, python["words"])), python["gauss"]))
    np.random.set_state(snapshot["numpy"])
    state._global_generator = None
    if snapshot["draws"] is not None:
        state._global_generator = state.SeedGenerator(0)
        state._global_generator.state[:] = snapshot["draws"]
    orders.entropy().bit_generator.state = snapshot["orders"]
    (orders.on_compile if snapshot["spends"] else orders.on_build)(owner)
