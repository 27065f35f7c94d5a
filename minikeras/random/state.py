"""The random state of the process: the seed, the stream, and the hand that deals out default seeds."""

from typing import Any

import numpy as np

STREAMS = ("tensorflow", "jax")

Pair = tuple[int, int]

_seed: int | None = None
_stream = "tensorflow"
_global_generator: "SeedGenerator | None" = None


def set_seed(seed: int, stream: str = "tensorflow") -> None:
    """What :func:`minikeras.utils.set_random_seed` does; documented there."""
    global _seed, _stream, _global_generator
    if not isinstance(seed, int):
        raise ValueError(f"Expected `seed` argument to be an integer. Received: seed={seed} (of type {type(seed)})")
    if stream not in STREAMS:
        raise ValueError(f"Unknown random stream: {stream!r}. Expected one of {STREAMS}.")
    import random as python_random

    np.random.seed(seed)
    python_random.seed(seed)
    _seed, _stream, _global_generator = seed, stream, None


def seed() -> int | None:
    """The seed that was set, or None."""
    return _seed


def stream() -> str:
    """The stream in use, "tensorflow" or "jax"."""
    return _stream


def make_default_seed() -> int:
    """The seed of what is made without one: an integer in [1, 10⁹] from Python's ``random``.

    >>> import minikeras as keras
    >>> keras.utils.set_random_seed(42)
    >>> make_default_seed(), make_default_seed()
    (686579304, 119540832)
    """
    import random as python_random

    return python_random.randint(1, int(1e9))


class SeedGenerator:
    """A seed pair (seed, counter) whose counter goes up by one at every draw, from 0.

    Args:
        seed: an integer; by default :func:`make_default_seed`.
        name: for display.

    Raises:
        ValueError: if the seed is not an integer.

    >>> generator = SeedGenerator(7)
    >>> generator.next(), generator.next()
    ((7, 0), (7, 1))
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, int):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed}")
        self.name = name or "seed_generator"
        self.state = np.array([seed, 0], np.int64)

    def next(self, ordered: bool = True) -> Pair:
        """The current pair; then the counter goes up by one.

        With ``ordered=False``, both numbers s move to (s + 1)·5387 mod 933199 instead.
        """
        pair = (int(self.state[0]), int(self.state[1]))
        if ordered:
            self.state[1] += 1
        else:
            self.state[:] = (self.state + 1) * 5387 % 933199
        return pair

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        return cls(**config)


def draw_pair(seed: "int | SeedGenerator | None") -> Pair:
    """The seed pair of one draw: (seed, 0), the next pair of a generator, or of the process's own generator.

    Raises:
        ValueError: for anything else.
    """
    global _global_generator
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, int):
        return (seed, 0)
    if seed is None:
        if _global_generator is None:
            _global_generator = SeedGenerator()
        return _global_generator.next(ordered=False)
    raise ValueError(
        "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
        f"Received: seed={seed} (of type {type(seed)})"
    )
